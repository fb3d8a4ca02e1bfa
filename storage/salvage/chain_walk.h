#pragma once
// The way of a salvage through the chain, from the tip down to the genesis block: which blocks are
// the right ones, and what is missing. Pure: where the blocks come from is the caller's business.

#include <functional>
#include <optional>
#include <vector>

#include "common/block.h"
#include "replica/effects.h"
#include "storage/ledger/schema.h"

namespace cairn::storage {

/// Slots below a hole that are not believed without a hash.
inline constexpr Slot kDoubtfulSlots = 16;

class ChainWalk {
 public:
  /// The block of the slot with that hash, or any that verifies by itself; null if there is none.
  using Find = std::function<BlockPtr(Slot slot, const std::optional<Hash>& hash)>;

  ChainWalk(const HeadRecord& record, BlockPtr genesis, Find find);

  /// The next block down that belongs into the salvaged ledger, the genesis block last; null when
  /// all is done.
  [[nodiscard]] BlockPtr Next();

  // When all is done.
  [[nodiscard]] const std::vector<replica::Hole>& holes() const { return holes_; }
  [[nodiscard]] std::uint64_t missing() const { return missing_; }
  /// An undecided block that is missing: the walk ended there.
  [[nodiscard]] const std::optional<Slot>& undecided_missing() const { return undecided_missing_; }

 private:
  BlockPtr Take(Slot slot);
  void Miss(Slot slot);
  void CloseHole(Slot first);

  HeadRecord record_;
  BlockPtr genesis_;
  Find find_;
  Slot slot_;  // the next one, if not done
  bool done_ = false;
  std::optional<Hash> expected_;       // its hash, where known
  std::optional<replica::Hole> hole_;  // the one that is open; its first is not yet known
  Slot linked_ = 0;                    // blocks below it that stand on each other, so far
  std::vector<replica::Hole> holes_;
  std::uint64_t missing_ = 0;
  std::optional<Slot> undecided_missing_;
};

}  // namespace cairn::storage
