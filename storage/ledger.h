#pragma once
// The ledger: promise, accepted ballot and blocks, in RocksDB. The truth. Every commit is one
// WriteBatch with sync; keys in schema.h. A failed commit ends the process (R6).

#include <memory>
#include <string>
#include <vector>

#include "common/block.h"
#include "common/status.h"
#include "replica/effects.h"
#include "storage/guard.h"

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
  /// Opens `directory`/ledger and `directory`/guard, making them (with `genesis` at slot 0) if
  /// `directory` is new. Integrity, naming file and what to do, if the ledger is damaged, is behind
  /// its guard (both heads are named), holds another genesis block, or its tip is not there.
  static Result<std::unique_ptr<Ledger>> Open(const std::string& directory, const BlockPtr& genesis,
                                              const Options& options);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// The head as last committed.
  [[nodiscard]] const replica::LedgerHead& head() const;
  /// Commits so far, over all lives of the directory.
  [[nodiscard]] std::uint64_t commits() const;

  /// One synced batch: the blocks, the head; blocks above head.tip are deleted. The guard is
  /// written before (synced if write.promise). When it returns, all is durable. On any error the
  /// process ends (StopNow).
  void Commit(const replica::LedgerWrite& write);

  /// The block at the slot, decoded and verified. NotFound above the tip; Integrity (naming slot
  /// and file) if it is missing or does not verify, also if it is not the block of that slot.
  [[nodiscard]] Result<BlockPtr> Read(Slot slot) const;
  /// Blocks from..to (inclusive, `to` cut to the tip), at least one, up to the limits, each
  /// verified and linked to the one before within the range.
  [[nodiscard]] Result<std::vector<BlockPtr>> ReadRange(Slot from, Slot to, std::size_t max_blocks,
                                                        std::size_t max_bytes) const;

 private:
  struct Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::storage
