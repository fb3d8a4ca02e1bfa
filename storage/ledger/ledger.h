#pragma once
// The ledger: promise, accepted ballot and blocks, in RocksDB. The truth. Every commit is one
// WriteBatch with sync; keys and records in schema.h. A failed commit ends the process (R6).
//
// The order of a commit, and what a crash between its steps leaves:
//
//   1 the batch (blocks, head) is written and synced     ledger behind nothing
//   2 the guard is written, synced if a promise rests on it   ledger ahead of the guard: normal
//   3 Commit returns; only now may anything leave that rests on it
//
// So a guard that is ahead of its ledger has one meaning: the ledger lost what was synced. Open
// then refuses, because a node that has forgotten must not vote (R7).
//
// Decided blocks may be missing: they are the same at every node, and come back from the others.
// Such holes are known by slots and by the hash of their last block, and are part of the ledger.
//
// The creation is a commit like any other (genesis and a first head, commit 1, guard synced). Cut
// short, it leaves no guard and at most commit 1, and the next Open finishes it.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/block.h"
#include "common/status.h"
#include "replica/effects.h"

namespace rocksdb {
class Env;
}

namespace cairn::storage {

class Ledger {
 public:
  struct Options {
    rocksdb::Env* env = nullptr;  ///< Null: the real one. Tests give one that forgets or fails.
    bool read_only = false;       ///< For verify: changes nothing.
    /// For verify, with read_only: opens a ledger that Open would refuse for its blocks, its guard
    /// or its owner, as long as it has a head.
    bool unjudged = false;
    /// Whose ledger it must be; 0 (read-only alone): anybody's.
    NodeId node = 0;
    Incarnation incarnation = 0;
    /// What is newly written is kept in memory, beside the log, up to this; then it becomes a
    /// table.
    std::size_t write_buffer_bytes = std::size_t{32} << 20;
    /// Told that a commit has met damage; the next start salvages. Must not return; the process is
    /// stopped if it does. Null: StopNow.
    std::function<void(const Status&)> on_damage = {};
  };
  /// Opens `directory`/ledger and `directory`/guard, making them (with `genesis` at slot 0) if the
  /// directory holds neither. `genesis` may be null with read_only: then whatever is there counts.
  ///
  /// Integrity, naming the file, if the ledger is damaged, is behind its guard (both heads are
  /// named), is of another life of its directory, or if one of its undecided blocks or its tip is
  /// not the one that the head names by hash: open_or_salvage.h knows what to do about all of these.
  /// Usage if it is another node's or begins with another genesis block, or has another format version;
  /// NotFound if read_only and there is none; Other for all that is the environment (files.h). All
  /// is judged before anything is written: a directory that is refused is left as it was found.
  ///
  /// With read_only, the end of a write that a power loss tore is not looked at (torn_tail.h): what
  /// is read is what the node itself reads at its next start.
  static Result<std::unique_ptr<Ledger>> Open(const std::string& directory, const BlockPtr& genesis,
                                              const Options& options);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// The head as last committed.
  [[nodiscard]] const replica::LedgerHead& head() const;
  [[nodiscard]] const Hash& tip_hash() const;
  /// Commits so far, over all lives of the directory; its creation is the first.
  [[nodiscard]] std::uint64_t commits() const;
  /// Decided blocks that this ledger has lost: ascending, apart from each other, durable. A salvage
  /// finds them (salvage.h), and Commit fills them. May be called from any thread.
  [[nodiscard]] std::vector<replica::Hole> holes() const;
  /// For read_only: what was not looked at, a sentence each.
  [[nodiscard]] const std::vector<std::string>& torn() const;

  /// One synced batch: the blocks, the head; blocks above head.tip are deleted; `repaired` goes
  /// into its holes; then the guard. When it returns, all is durable (the guard: if write.promise).
  /// Does nothing unless write.needed. On any error the process ends (StopNow); if it was damage,
  /// the next start salvages. Requires: promised, accepted and decided don't go down, accepted <=
  /// promised, no gap below the tip, the lowest new block stands on the old tip if it is above it;
  /// a repaired block is already there, or is the uppermost missing one of its hole.
  void Commit(const replica::LedgerWrite& write);

  /// This ledger is that of somebody new (R7): the blocks stay where they are, and nothing is
  /// promised or accepted any more. Durable when it returns, the guard too; on any error the
  /// process ends. A crash in the midst of it leaves a ledger that is judged as another life's.
  void BeginAnew(Incarnation incarnation);

  /// The block at the slot, decoded and verified. NotFound above the tip; Integrity (naming slot
  /// and place) if it is missing or does not verify, also if it is not the block of that slot;
  /// Other if the disk can't be read.
  [[nodiscard]] Result<BlockPtr> Read(Slot slot) const;
  /// Blocks from..to (inclusive, `to` cut to the tip), at least one, up to the limits, each
  /// verified and linked to the one before within the range. NotFound if from is above to or the
  /// tip. Ends before the first block that is damaged or missing; the error of that block if it is
  /// the very first. Takes what it can use of `spares`, blocks that nobody needs any more
  /// (chain::DecodeBlock).
  [[nodiscard]] Result<std::vector<BlockPtr>> ReadRange(
      Slot from, Slot to, std::size_t max_blocks, std::size_t max_bytes,
      std::vector<std::shared_ptr<Block>>* spares = nullptr) const;

  /// What Check found of slots first..last.
  struct Checked {
    std::uint64_t blocks = 0;  ///< That verify.
    std::uint64_t bytes = 0;   ///< Of these.
    /// The hash that the block at first - 1 must have, if the block at `first` verifies.
    std::optional<Hash> below;
    std::optional<Slot> highest_bad;  ///< Nothing: all is well.
    std::optional<Slot> lowest_bad;
    Status problem;  ///< That of the highest bad one, naming slot and place. Other: a read failed.
  };
  /// Reads the blocks from `last` down to `first` and verifies each: by itself, and by the hash
  /// that the block above (for `last`: the caller; if he has none, nobody) names for it. Known
  /// holes are left out. May be called from any thread while another one commits, for slots that
  /// are decided.
  [[nodiscard]] Checked Check(Slot first, Slot last, const std::optional<Hash>& hash_of_last) const;

 private:
  struct Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// `directory` holds a guard, or a ledger with a log or a table (or one that a salvage was about to
/// put in its place): its incarnation may have spoken. Other if nobody can tell.
Result<bool> HoldsLedger(const std::string& directory);

}  // namespace cairn::storage
