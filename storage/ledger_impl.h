#pragma once
// The inside of the ledger: ledger_open.cc brings it up and judges what it finds, ledger.cc
// commits and reads.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "storage/guard.h"
#include "storage/ledger.h"
#include "storage/schema.h"

namespace cairn::storage {

struct Ledger::Impl {
  std::string directory;  // Absolute, as all paths here.
  std::string path;       // The database.
  std::string guard_path;
  std::unique_ptr<rocksdb::DB> db;
  std::optional<Guard> guard;          // None if read-only.
  std::optional<GuardRecord> guarded;  // What the guard said at Open.
  HeadRecord record;                   // As last committed.

  ~Impl();

  // ledger_open.cc
  Status OpenGuard(bool read_only);
  Status OpenDatabase(const Options& options, bool create);
  /// Opens read-only and checks everything, before RocksDB may write: opening for writing already
  /// replaces the log by tables, and a refusal must leave the evidence as it is.
  Status Judge(const BlockPtr& genesis, const Options& options);
  Status FinishCreation(const BlockPtr& genesis);
  Status LoadHead(bool* found);
  Status CheckGuard() const;
  Status CheckGenesis(const BlockPtr& genesis) const;

  // ledger.cc
  void CommitOrStop(rocksdb::WriteBatch* batch, const HeadRecord& next, bool sync_guard);
  [[nodiscard]] Result<BlockPtr> ReadBlock(Slot slot) const;
  [[nodiscard]] Result<BlockPtr> Decode(Slot slot, std::string_view bytes) const;
  [[nodiscard]] Status BlockFailure(Slot slot, const rocksdb::Status& status) const;
  [[nodiscard]] Status Damaged(Slot slot, const std::string& why) const;
};

/// Puts the block at its slot. The payload is not copied on the way into the batch's own bytes.
void PutBlock(rocksdb::WriteBatch* batch, const Block& block);

}  // namespace cairn::storage
