#pragma once
// Alters a stopped node's ledger by hand, through RocksDB and behind the ledger's back: values with
// checksums of RocksDB that fit, as a person with its tools, or a misdirected write, would leave
// them.

#include <functional>
#include <memory>
#include <string>

#include "rocksdb/db.h"
#include "storage/ledger/schema.h"

namespace cairn::storage {

class LedgerEditor {
 public:
  /// Of the node's data directory.
  explicit LedgerEditor(const std::string& directory) {
    rocksdb::DB* db = nullptr;
    rocksdb::Options options;
    options.write_buffer_size = std::size_t{64} << 10;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    Check(rocksdb::DB::Open(options, directory + "/ledger", &db));
    db_.reset(db);
  }
  /// What was altered is in a table, not in a log.
  ~LedgerEditor() { Check(db_->Flush({})); }
  LedgerEditor(const LedgerEditor&) = delete;
  LedgerEditor& operator=(const LedgerEditor&) = delete;

  [[nodiscard]] std::string Get(std::string_view key) const {
    std::string value;
    Check(db_->Get({}, std::string(key), &value));
    return value;
  }
  void Put(std::string_view key, const std::string& value) {
    Check(db_->Put({}, std::string(key), value));
  }
  void Delete(std::string_view key) { Check(db_->Delete({}, std::string(key))); }

  /// What was altered is gone from every table.
  void Compact() {
    Check(db_->Flush({}));
    rocksdb::CompactRangeOptions all;
    all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    Check(db_->CompactRange(all, nullptr, nullptr));
  }

  /// The stored block becomes this one, whatever its slot.
  void PutBlock(Slot slot, const Block& block) {
    Put(BlockKey(slot), std::string(1, static_cast<char>(kBlockRecordVersion)) + block.encoded);
  }
  /// Flips a bit of the block's record.
  void FlipBlock(Slot slot, std::size_t offset) {
    std::string record = Get(BlockKey(slot));
    record.at(offset) = static_cast<char>(record.at(offset) ^ 1);
    Put(BlockKey(slot), record);
  }
  /// With a checksum that fits.
  void EditHead(const std::function<void(HeadRecord*)>& edit) {
    HeadRecord head = DecodeHead(Get(HeadKey())).value();
    edit(&head);
    Put(HeadKey(), EncodeHead(head));
  }

 private:
  static void Check(const rocksdb::Status& status) {
    CAIRN_CHECK(status.ok(), status.ToString().c_str());
  }

  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace cairn::storage
