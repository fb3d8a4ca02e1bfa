#pragma once
// The inside of the ledger: ledger_open.cc brings it up and judges what it finds, ledger_commit.cc
// commits, ledger.cc reads and checks.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "storage/files/refusals.h"
#include "storage/ledger/guard.h"
#include "storage/ledger/ledger.h"
#include "storage/ledger/schema.h"
#include "storage/ledger/torn_tail.h"

namespace cairn::storage {

struct Ledger::Impl {
  std::string directory;  // Absolute, as all paths here.
  std::string path;       // The database.
  std::string guard_path;
  std::shared_ptr<Refusals> refusals = std::make_shared<Refusals>();  // Since it was opened.
  std::unique_ptr<rocksdb::Env> env;  // Before the database: it must outlive it.
  std::unique_ptr<rocksdb::DB> db;
  std::vector<TornTail> tails;  // Which this one does not read.
  std::vector<std::string> torn;
  std::optional<Guard> guard;          // None if read-only.
  std::optional<GuardRecord> guarded;  // What the guard said at Open.
  HeadRecord record;                   // As last committed.
  std::function<void(const Status&)> on_damage;
  mutable std::mutex holes_mutex;  // Check runs beside Commit.
  std::vector<replica::Hole> holes;

  ~Impl();

  // ledger_open.cc
  Status OpenGuard(bool read_only);
  Status OpenDatabase(const Options& options, bool create);
  /// Opens read-only and checks everything, before RocksDB may write: opening for writing already
  /// replaces the log by tables and deletes tables that it does not know, and a refusal must leave
  /// the evidence as it is.
  Status Judge(const BlockPtr& genesis, const Options& options);
  /// The same, without the end of a write that a power loss tore if it can't be opened otherwise.
  Status JudgeWithoutTornTails(const BlockPtr& genesis, const Options& options);
  Status FinishCreation(const BlockPtr& genesis, const Options& options);
  Status LoadHead(bool* found);
  Status LoadHoles();
  Status CheckOwner(const Options& options) const;
  Status CheckGuard() const;
  Status CheckGenesis(const BlockPtr& genesis) const;
  Status CheckUndecided() const;
  Status CheckStrangers(const Options& options) const;

  // ledger_commit.cc
  void CommitOrStop(rocksdb::WriteBatch* batch, const HeadRecord& next, bool sync_guard);
  [[noreturn]] void Stop(const std::string& what, bool damage) const;
  void PutRepaired(rocksdb::WriteBatch* batch, std::vector<BlockPtr> repaired,
                   std::vector<replica::Hole>* left) const;
  [[nodiscard]] Hash TipHashAfter(const replica::LedgerWrite& write) const;

  // ledger.cc
  [[nodiscard]] std::vector<replica::Hole> Holes() const;
  [[nodiscard]] Checked CheckRange(Slot first, Slot last,
                                   const std::optional<Hash>& hash_of_last) const;
  [[nodiscard]] Result<BlockPtr> ReadBlock(Slot slot) const;
  [[nodiscard]] Result<BlockPtr> Decode(Slot slot, std::string_view bytes,
                                        std::shared_ptr<Block> spare = nullptr) const;
  [[nodiscard]] Status BlockFailure(Slot slot, const rocksdb::Status& status) const;
  [[nodiscard]] Status Damaged(Slot slot, const std::string& why) const;
};

/// The options of the ledger's database.
[[nodiscard]] rocksdb::Options LedgerOptions(const Ledger::Options& given, bool create);

/// The hole that the slot lies in, or null.
[[nodiscard]] const replica::Hole* HoleAt(const std::vector<replica::Hole>& holes, Slot slot);

[[nodiscard]] inline rocksdb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

/// Puts the block at its slot. The payload is not copied on the way into the batch's own bytes.
void PutBlock(rocksdb::WriteBatch* batch, const Block& block);

}  // namespace cairn::storage
