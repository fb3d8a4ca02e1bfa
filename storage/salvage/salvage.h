#pragma once
// The salvage of a damaged ledger: what can still be read of it (fragments.h) becomes a new one, in
// which nothing stands that does not verify, and the old one goes to quarantine/ as it is.
//
// From the head down, each block is the one that the block above it names by its hash. So it does
// not matter which files are damaged, nor what a damaged manifest makes of the others: a block is
// right or it is missing. A missing one that is decided is a hole, and the other nodes have it. If
// anything else is missing (the head, a block that is not decided, or what the guard remembers),
// this node can't say what it has promised and accepted: it has forgotten, and nothing is changed
// here; open_or_salvage.h makes it somebody new (R7).
//
// Below a hole no hash says which block is right, and what stands there may be a block that was
// once accepted, never decided, and replaced by one that is lost. But a leader has no more than
// kMaxSlotsInFlight blocks in flight beyond what is decided, so a run of such blocks is no longer
// than that. The kDoubtfulSlots below a hole, which are more, are kept, and count as part of it;
// when it is filled they are known by hash again, and whatever fits is not fetched
// (Ledger::Commit).
//
// The steps, each durable before the next one begins, and what a crash before it leaves:
//
//   1 build the new ledger in ledger.salvage     the old one as it was: all is done again
//   2 rename it to ledger.salvaged               the same
//   3 move ledger to quarantine/ledger-N         the same
//   4 rename ledger.salvaged to ledger           no ledger: FinishSalvage goes on here, because a
//                                                ledger.salvaged is complete
//   5 delete the file salvage, if it is there    a sound ledger that is salvaged once more

#include <functional>
#include <string>
#include <vector>

#include "common/block.h"
#include "common/status.h"
#include "replica/effects.h"
#include "storage/ledger/ledger.h"

namespace cairn::storage {

/// Called before each step with its name: tests look at what a crash would leave there.
using AtStep = std::function<void(const std::string& step)>;

struct Salvaged {
  /// Not empty: this node has forgotten, and this sentence says why. Nothing was changed.
  std::string forgotten;
  std::vector<replica::Hole> holes;
  std::uint64_t missing = 0;  ///< Blocks that can't be read; the other ones in holes are in doubt.
  std::vector<std::string> damaged;  ///< Files (absolute) with the reason.
  std::string quarantined;           ///< Where the old ledger is now.
};

/// Requires: nothing has the directory's ledger open; options.node and .incarnation are those of
/// the identity. Usage if the ledger is another node's, another cluster's, or of another format
/// version; Other if there is no room for the new one (about the size of the old), or for any
/// failure of the disk while writing.
Result<Salvaged> Salvage(const std::string& directory, const BlockPtr& genesis,
                         const Ledger::Options& options, const AtStep& at_step);

/// Brings a salvage that a crash cut short to its end, or takes back what it had begun.
Status FinishSalvage(const std::string& directory);

}  // namespace cairn::storage
