#include "paxos/candidate.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace cairn::paxos {
namespace {

bool WellFormed(const Promise& promise) {
  if (promise.accepted >= promise.ballot || promise.decided > promise.tip) {
    return false;
  }
  for (std::size_t i = 0; i + 1 < promise.blocks.size(); ++i) {
    if (promise.blocks[i + 1]->slot() != promise.blocks[i]->slot() + 1 ||
        promise.blocks[i + 1]->header.parent != promise.blocks[i]->hash) {
      return false;
    }
  }
  return promise.blocks.empty() || promise.blocks.back()->slot() == promise.tip;
}

/// Puts the undecided blocks that both logs have, and that were left out, before the promise's.
void Complete(Promise* promise, const Log& own) {
  const bool empty = promise->blocks.empty();
  const Slot last = empty ? promise->tip : promise->blocks.front()->slot() - 1;
  const Hash& hash = empty ? promise->tip_hash : promise->blocks.front()->header.parent;
  if (last > own.decided() && own.Has(last, hash)) {
    constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
    std::vector<BlockPtr> blocks = own.Part(own.decided() + 1, last, kAll, kAll);
    blocks.insert(blocks.end(), promise->blocks.begin(), promise->blocks.end());
    promise->blocks = std::move(blocks);
  }
}

/// Is `node` with `incarnation` who `who` says, or unknown to it?
bool Matches(const Incarnations& who, NodeId node, Incarnation incarnation) {
  const auto known = who.find(node);
  return known == who.end() || known->second == incarnation;
}

/// Who is who by the log that `best` describes, up to `slot`.
Incarnations IncarnationsOf(const Acceptor& own, const Promise& best, bool is_own, Slot slot) {
  if (is_own) {
    return own.log().IncarnationsAt(slot);
  }
  Incarnations who = own.log().IncarnationsAt(own.log().decided());
  for (const BlockPtr& block : best.blocks) {
    if (block->slot() > own.log().decided() && block->slot() <= slot) {
      for (const auto& [node, incarnation] : IncarnationsIn(*block)) {
        who[node] = incarnation;
      }
    }
  }
  return who;
}

}  // namespace

void Candidate::OnPromise(NodeId from, Incarnation incarnation, Promise promise, const Log& own) {
  if (promise.ballot == ballot_ && WellFormed(promise)) {
    Complete(&promise, own);
    promises_[from] = std::move(promise);
    incarnations_[from] = incarnation;
  }
}

NodeId Candidate::Best(NodeId self) const {
  NodeId best = self;
  for (const auto& [node, promise] : promises_) {
    const Promise& other = promises_.at(best);
    if (std::tie(promise.accepted, promise.tip) > std::tie(other.accepted, other.tip)) {
      best = node;
    }
  }
  return best;
}

bool Candidate::HoldsDecided(const Log& log, const Promise& best) {
  const Slot decided = log.decided();
  if (best.tip < decided) {
    return false;
  }
  if (best.blocks.empty()) {
    return true;  // as long as what is decided, and nothing else was said of it
  }
  const Slot first = best.blocks.front()->slot();
  const Hash& there = first == decided + 1 ? best.blocks.front()->header.parent
                                           : best.blocks[decided - first]->hash;
  return log.Has(decided, there);
}

std::size_t Candidate::CountGood(const Acceptor& own, const Promise& best) const {
  // R7: a readmission in the adopted log, even undecided, voids the old self; only a decided one
  // admits the new.
  Slot decided = 0;
  for (const auto& [node, promise] : promises_) {
    decided = std::max(decided, promise.decided);
  }
  const bool is_own = &best == &promises_.at(ballot_.node);
  const Incarnations now = IncarnationsOf(own, best, is_own, best.tip);
  const Incarnations then = IncarnationsOf(own, best, is_own, std::min(decided, best.tip));
  std::size_t good = 0;
  for (const auto& [node, incarnation] : incarnations_) {
    good += Matches(now, node, incarnation) && Matches(then, node, incarnation) ? 1U : 0U;
  }
  return good;
}

Candidate::Decision Candidate::Decide(const Acceptor& own) const {
  using Kind = Decision::Kind;
  if (!promises_.contains(ballot_.node) || promises_.size() < QuorumOf(cluster_size_)) {
    return {Kind::kWait, 0};
  }
  const NodeId node = Best(ballot_.node);
  const Promise& best = promises_.at(node);
  if (node != ballot_.node) {
    const Slot known = own.log().decided();
    const bool reaches =
        best.blocks.empty() ? best.tip <= known : best.blocks.front()->slot() <= known + 1;
    if (!reaches) {
      return {Kind::kFetch, node};
    }
    if (!HoldsDecided(own.log(), best)) {
      return {Kind::kGiveUp, 0};
    }
  }
  if (CountGood(own, best) < QuorumOf(cluster_size_)) {
    return {Kind::kWait, 0};
  }
  return {Kind::kAdopt, node};
}

}  // namespace cairn::paxos
