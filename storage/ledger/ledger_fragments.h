#pragma once
// What can still be read of a ledger, whatever RocksDB thinks of it: its tables and logs are read
// one by one, as files, and neither the manifest nor the order of versions counts. So there may be
// many candidates for a block or a head. Which block is the right one is known by hash, and which
// head by its commit counter.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "storage/files/refusals.h"
#include "storage/ledger/schema.h"

namespace cairn::storage {

/// What a table says of itself.
struct TableFacts {
  std::optional<HeadRecord> head;
  Slot first = 1;  ///< Of its blocks; none if first > last.
  Slot last = 0;
};
/// Nothing if nothing of it verifies. Other if it can't be read for another reason than damage.
Result<std::optional<TableFacts>> ReadTableFacts(const std::string& path, rocksdb::Env* env);

class LedgerFragments {
 public:
  /// Looks into every table and log of the database directory; changes nothing. Other if something
  /// can't be read for another reason than damage.
  static Result<LedgerFragments> Open(const std::string& ledger, rocksdb::Env* env);
  LedgerFragments(LedgerFragments&&) noexcept;
  LedgerFragments& operator=(LedgerFragments&&) = delete;
  ~LedgerFragments();

  /// Every head that fits its checksum, that with the most commits first.
  [[nodiscard]] const std::vector<HeadRecord>& heads() const { return heads_; }
  /// Why a head that fits its checksum is not among them: another format version.
  [[nodiscard]] const Status& foreign_version() const { return foreign_version_; }
  /// The end of the logs can't be read, though it had been synced: the newest head may be lost.
  [[nodiscard]] bool lost_the_last() const { return lost_the_last_; }
  /// Files with something in them that can't be read, each with a sentence why; so far.
  [[nodiscard]] const std::map<std::string, std::string>& damaged() const { return damaged_; }

  /// The block of that slot with that hash, or any block of that slot that verifies by itself if no
  /// hash is given; null if there is none. To be asked from the top of the chain down.
  [[nodiscard]] BlockPtr Find(Slot slot, const std::optional<Hash>& hash);
  /// Other if the system has refused to read something so far: then what was not found may be
  /// there.
  [[nodiscard]] Status Refused() const;

 private:
  struct Table;

  LedgerFragments() = default;
  void AddTable(const std::string& path);
  Status AddLog(const std::string& path);
  void AddHead(std::string_view bytes);

  std::string path_;
  std::shared_ptr<Refusals> refusals_ = std::make_shared<Refusals>();
  std::unique_ptr<rocksdb::Env> env_;  // Before the tables, which live on it.
  std::vector<HeadRecord> heads_;
  Status foreign_version_;
  bool lost_the_last_ = false;
  std::map<std::string, std::string> damaged_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::map<Slot, std::vector<std::string>> logged_;  // block records, in the order of the logs
};

}  // namespace cairn::storage
