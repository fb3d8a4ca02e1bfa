#pragma once
// A node's log in memory: the newest decided blocks and every undecided one. The log is the
// chain: block s names the hash of block s-1, there are no gaps, and a decided block never
// changes (R5). Older blocks are on the disk only.
//
//    0 … | first … decided | decided+1 … tip
//        | recent decided  | undecided: may be cut and replaced by a newer leader (R3)

#include <deque>
#include <map>
#include <vector>

#include "common/block.h"
#include "common/roster.h"
#include "common/types.h"

namespace cairn::paxos {

class Log {
 public:
  /// `blocks`: contiguous, not empty, from at most `decided` up to the tip. `incarnations`: who
  /// is who by the chain up to `decided` (R7).
  Log(const std::vector<BlockPtr>& blocks, Slot decided, Incarnations incarnations);

  [[nodiscard]] Slot first() const { return blocks_.front()->slot(); }
  [[nodiscard]] Slot tip() const { return blocks_.back()->slot(); }
  [[nodiscard]] Slot decided() const { return decided_; }
  [[nodiscard]] const Hash& tip_hash() const { return blocks_.back()->hash; }
  [[nodiscard]] const Block& tip_block() const { return *blocks_.back(); }
  /// Null if the slot is not in memory.
  [[nodiscard]] BlockPtr At(Slot slot) const;
  /// The block at the slot is in memory and has this hash.
  [[nodiscard]] bool Has(Slot slot, const Hash& hash) const;
  /// Blocks from `slot` to the tip. Requires: slot >= first().
  [[nodiscard]] std::vector<BlockPtr> From(Slot slot) const;
  /// Decided blocks from `slot` on, at least one, within the limits. Requires: in memory.
  [[nodiscard]] std::vector<BlockPtr> DecidedFrom(Slot slot, std::size_t max_blocks,
                                                  std::size_t max_bytes) const;
  /// The same up to `last`, decided or not. Requires: slot <= last <= tip().
  [[nodiscard]] std::vector<BlockPtr> Part(Slot slot, Slot last, std::size_t max_blocks,
                                           std::size_t max_bytes) const;

  /// Requires: the block stands on the tip.
  void Append(BlockPtr block);
  /// Removes the blocks above `slot`. Requires: slot >= decided().
  void CutTo(Slot slot);
  /// Requires: slot <= tip(). Never goes back: a lower slot changes nothing. True if a block that
  /// is decided now says who is who (R7).
  bool Decide(Slot slot);
  /// Forgets old decided blocks (from memory only), beyond the limits for recent ones; keeps
  /// everything from `keep` on.
  void Trim(Slot keep, std::size_t max_blocks, std::size_t max_bytes);

  /// Who is who by the chain up to and with `slot` (R7). Requires: slot >= decided() or no
  /// incarnation changed since.
  [[nodiscard]] Incarnations IncarnationsAt(Slot slot) const;

 private:
  std::deque<BlockPtr> blocks_;
  Slot decided_ = 0;
  std::size_t decided_bytes_ = 0;            // encoded, from first() + 1 to decided()
  Incarnations base_;                        // by the chain below the statements
  std::map<Slot, Incarnations> statements_;  // what blocks in memory said, by slot
};

}  // namespace cairn::paxos
