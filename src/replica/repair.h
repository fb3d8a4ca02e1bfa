#pragma once
// Decided blocks that this node's disk has lost, and how they come back. Nobody's word is taken
// for them: a block fits a hole if its hash is the one that the block above the hole names, and
// what lies below it is fixed by the links between the blocks.

#include <optional>
#include <vector>

#include "common/block.h"
#include "replica/effects.h"

namespace cairn::replica {

class Repair {
 public:
  /// `holes`: ascending, apart from each other.
  explicit Repair(std::vector<Hole> holes) : holes_(std::move(holes)) {}

  [[nodiscard]] bool whole() const { return holes_.empty(); }
  [[nodiscard]] const std::vector<Hole>& holes() const { return holes_; }
  /// Blocks that are missing.
  [[nodiscard]] Slot missing() const;

  /// Slots first..last, decided at any node that has come so far.
  struct Range {
    Slot first = 0;
    Slot last = 0;
  };
  /// What to ask a peer for. Requires: !whole().
  [[nodiscard]] Range Next() const;
  /// A peer's blocks, in slot order, each on the one before: those of them that fill holes. They
  /// are missing no longer.
  std::vector<BlockPtr> Take(const std::vector<BlockPtr>& blocks);

 private:
  std::vector<BlockPtr> Fill(Hole* hole, const std::vector<BlockPtr>& blocks);

  std::vector<Hole> holes_;
  Slot chunk_ = kLargestChunk;  // as many as a peer seems to send at a time
  static constexpr Slot kLargestChunk = 256;
};

}  // namespace cairn::replica
