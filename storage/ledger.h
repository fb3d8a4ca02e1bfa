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
// The creation is a commit like any other (genesis and a first head, commit 1, guard synced). Cut
// short, it leaves no guard and at most commit 1, and the next Open finishes it.

#include <memory>
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
  };
  /// Opens `directory`/ledger and `directory`/guard, making them (with `genesis` at slot 0) if the
  /// directory holds neither. `genesis` may be null with read_only: then whatever is there counts.
  ///
  /// Integrity, naming file and what to do, if the ledger is damaged, is behind its guard (both
  /// heads are named), holds another genesis block, or its tip does not verify; NotFound if
  /// read_only and there is none; Other if the disk is full or this user may not. All is judged
  /// before anything is written: a directory that is refused is left as it was found.
  static Result<std::unique_ptr<Ledger>> Open(const std::string& directory, const BlockPtr& genesis,
                                              const Options& options);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// The head as last committed.
  [[nodiscard]] const replica::LedgerHead& head() const;
  /// Commits so far, over all lives of the directory; its creation is the first.
  [[nodiscard]] std::uint64_t commits() const;

  /// One synced batch: the blocks, the head; blocks above head.tip are deleted; then the guard.
  /// When it returns, all is durable (the guard: if write.promise). Does nothing unless
  /// write.needed. On any error the process ends (StopNow). Requires: promised, accepted and
  /// decided don't go down, accepted <= promised, no gap below the tip.
  void Commit(const replica::LedgerWrite& write);

  /// The block at the slot, decoded and verified. NotFound above the tip; Integrity (naming slot
  /// and place) if it is missing or does not verify, also if it is not the block of that slot;
  /// Other if the disk can't be read.
  [[nodiscard]] Result<BlockPtr> Read(Slot slot) const;
  /// Blocks from..to (inclusive, `to` cut to the tip), at least one, up to the limits, each
  /// verified and linked to the one before within the range. NotFound if from is above to or the
  /// tip. A range that is damaged further on yields the error, not what stands before.
  [[nodiscard]] Result<std::vector<BlockPtr>> ReadRange(Slot from, Slot to, std::size_t max_blocks,
                                                        std::size_t max_bytes) const;

 private:
  struct Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::storage
