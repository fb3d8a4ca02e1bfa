#pragma once
// The disk of one simulated node: what a ledger keeps, and nothing of what was not synced.

#include <map>
#include <vector>

#include "common/block.h"
#include "replica/effects.h"
#include "replica/replica.h"

namespace cairn::sim {

class Disk {
 public:
  Disk(const BlockPtr& genesis, Incarnation incarnation) : incarnation_(incarnation) {
    blocks_[0] = genesis;
  }

  /// One synced batch: all of it, or, if a crash comes first, nothing.
  void Commit(const replica::LedgerWrite& write) {
    for (const BlockPtr& block : write.blocks) {
      blocks_[block->slot()] = block;
    }
    for (const BlockPtr& block : write.repaired) {
      if (block->slot() == rotten_) {
        rotten_ = 0;
      }
    }
    head_ = write.head;
    member_ = member_ || head_.decided >= 1;
    ++commits_;
    blocks_.erase(blocks_.upper_bound(head_.tip), blocks_.end());
  }

  /// The node has become somebody new (R7): its blocks stay, its promises are nobody's any more.
  void BeginAnew(Incarnation incarnation) {
    incarnation_ = incarnation;
    head_.promised = head_.accepted = {};
    ++commits_;
  }

  /// The ledger is lost, and what lies beside it still says whether the node was a member.
  void LoseLedger(Incarnation incarnation) {
    incarnation_ = incarnation;
    head_ = {};
    commits_ = 0;
    blocks_.erase(blocks_.upper_bound(0), blocks_.end());
    rotten_ = 0;
  }
  /// The cluster that the node belongs to had formed.
  [[nodiscard]] bool member() const { return member_; }

  /// The block at the slot can't be verified any more, whoever reads it, until a sound one is put
  /// in its place.
  void Rot(Slot slot) { rotten_ = slot; }
  [[nodiscard]] bool rotten() const { return rotten_ != 0; }
  [[nodiscard]] bool IsRotten(Slot slot) const { return rotten() && slot == rotten_; }

  [[nodiscard]] const replica::LedgerHead& head() const { return head_; }
  [[nodiscard]] Incarnation incarnation() const { return incarnation_; }
  [[nodiscard]] std::uint64_t commits() const { return commits_; }
  /// Null above the tip.
  [[nodiscard]] BlockPtr Read(Slot slot) const {
    const auto found = blocks_.find(slot);
    return found == blocks_.end() ? nullptr : found->second;
  }
  [[nodiscard]] replica::Recovered Recover() const {
    replica::Recovered recovered{head_, {}, {}, commits_};
    if (rotten()) {
      recovered.holes.push_back({rotten_, rotten_, blocks_.at(rotten_)->hash});
    }
    for (Slot slot = head_.decided; slot <= head_.tip; ++slot) {
      recovered.blocks.push_back(blocks_.at(slot));
    }
    return recovered;
  }

 private:
  Incarnation incarnation_;
  replica::LedgerHead head_;
  std::uint64_t commits_ = 0;
  std::map<Slot, BlockPtr> blocks_;
  Slot rotten_ = 0;  // 0: none
  bool member_ = false;
};

}  // namespace cairn::sim
