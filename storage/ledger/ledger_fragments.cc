#include "storage/ledger/ledger_fragments.h"

#include <algorithm>
#include <limits>

#include "rocksdb/env.h"
#include "rocksdb/sst_file_reader.h"
#include "rocksdb/write_batch.h"
#include "storage/files/files.h"
#include "storage/files/rocks.h"
#include "storage/ledger/log_scan.h"

namespace cairn::storage {
namespace {

constexpr std::size_t kMaxLogBytes = std::size_t{1} << 30;

rocksdb::Options TableOptions(rocksdb::Env* env) {
  rocksdb::Options options =
      BaseOptions({.write_buffer_bytes = 0, .block_cache_bytes = 0, .bloom_filter = false});
  options.env = env;
  return options;
}

rocksdb::ReadOptions ReadOnce() {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  return options;
}

/// Hands on what a batch puts; what it deletes does not matter here.
class Puts final : public rocksdb::WriteBatch::Handler {
 public:
  using Visit = std::function<void(std::string_view key, std::string_view value)>;
  explicit Puts(Visit visit) : visit_(std::move(visit)) {}

  rocksdb::Status PutCF(std::uint32_t /*family*/, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    visit_(key.ToStringView(), value.ToStringView());
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(std::uint32_t /*family*/, const rocksdb::Slice& /*key*/) override {
    return rocksdb::Status::OK();
  }
  void LogData(const rocksdb::Slice& /*blob*/) override {}

 private:
  Visit visit_;
};

Status NotRead(const std::string& path, const std::string& refused) {
  return Status::Other("could not read all of " + path +
                       ", of which nothing was changed: " + refused);
}

std::optional<TableFacts> FactsOf(const std::string& path, rocksdb::Env* env) {
  rocksdb::SstFileReader reader(TableOptions(env));
  if (!reader.Open(path).ok()) {
    return std::nullopt;
  }
  TableFacts facts;
  const std::unique_ptr<rocksdb::Iterator> at(reader.NewIterator(ReadOnce()));
  at->Seek(rocksdb::Slice(HeadKey().data(), HeadKey().size()));
  if (at->Valid() && at->key().ToStringView() == HeadKey()) {
    if (Result<HeadRecord> head = DecodeHead(at->value().ToStringView()); head.ok()) {
      facts.head = head.value();
    }
  }
  at->SeekToFirst();
  const std::optional<Slot> first =
      at->Valid() ? SlotOfKey(at->key().ToStringView()) : std::nullopt;
  at->SeekForPrev(BlockKey(std::numeric_limits<Slot>::max()));
  const std::optional<Slot> last = at->Valid() ? SlotOfKey(at->key().ToStringView()) : std::nullopt;
  if (first && last) {
    facts.first = *first;
    facts.last = *last;
  }
  return facts;
}

}  // namespace

/// One table, open while the descent is among its blocks.
struct LedgerFragments::Table {
  std::string path;
  rocksdb::Env* env = nullptr;
  Slot first = 0;
  Slot last = std::numeric_limits<Slot>::max();
  std::unique_ptr<rocksdb::SstFileReader> reader;
  std::unique_ptr<rocksdb::Iterator> at;
  std::string problem;  // The first one.

  bool Open() {
    if (at != nullptr || !problem.empty()) {
      return at != nullptr;
    }
    reader = std::make_unique<rocksdb::SstFileReader>(TableOptions(env));
    if (const rocksdb::Status status = reader->Open(path); !status.ok()) {
      problem = status.ToString();
      Close();
      return false;
    }
    at.reset(reader->NewIterator(ReadOnce()));
    return true;
  }
  void Close() {
    at.reset();
    reader.reset();
  }
  void Note(const rocksdb::Status& status) {
    if (!status.ok() && problem_of_read.empty()) {
      problem_of_read = status.ToString();
    }
  }
  std::optional<std::string_view> Get(std::string_view key) {
    at->Seek(rocksdb::Slice(key.data(), key.size()));
    Note(at->status());
    return at->Valid() && at->key().ToStringView() == key
               ? std::optional(at->value().ToStringView())
               : std::nullopt;
  }
  /// Like Get; by one step back from the slot above, where that works.
  std::optional<std::string_view> Descend(Slot slot) {
    const std::string key = BlockKey(slot);
    if (at->Valid() && at->key().compare(key) > 0) {
      at->Prev();
    }
    return at->Valid() && at->key() == key ? std::optional(at->value().ToStringView()) : Get(key);
  }
  /// What is not known for damage stays as wide as can be.
  void FindRange() {
    at->SeekForPrev(BlockKey(std::numeric_limits<Slot>::max()));
    Note(at->status());
    if (at->Valid() && SlotOfKey(at->key().ToStringView())) {
      last = *SlotOfKey(at->key().ToStringView());
    } else if (at->status().ok()) {
      first = 1;
      last = 0;
      return;
    }
    at->SeekToFirst();
    Note(at->status());
    if (at->Valid() && SlotOfKey(at->key().ToStringView())) {
      first = *SlotOfKey(at->key().ToStringView());
    }
  }

  std::string problem_of_read;
};

Result<std::optional<TableFacts>> ReadTableFacts(const std::string& path, rocksdb::Env* env) {
  const auto refusals = std::make_shared<Refusals>();
  const std::unique_ptr<rocksdb::Env> watched = WatchedEnv(env, refusals);
  const std::optional<TableFacts> facts = FactsOf(path, watched.get());
  return refusals->first() ? Result<std::optional<TableFacts>>(NotRead(path, *refusals->first()))
                           : Result<std::optional<TableFacts>>(facts);
}
LedgerFragments::LedgerFragments(LedgerFragments&&) noexcept = default;
LedgerFragments::~LedgerFragments() = default;

void LedgerFragments::AddHead(std::string_view bytes) {
  Result<HeadRecord> head = DecodeHead(bytes);
  if (head.ok()) {
    heads_.push_back(head.value());
  } else if (head.status().code() == Code::kUsage) {
    foreign_version_ = head.status();
  }
}

void LedgerFragments::AddTable(const std::string& path) {
  auto table = std::make_unique<Table>();
  table->path = path;
  table->env = env_.get();
  if (!table->Open()) {
    damaged_.emplace(path, table->problem);
    return;
  }
  if (const auto head = table->Get(HeadKey())) {
    AddHead(*head);
  }
  table->FindRange();
  table->Close();
  if (!table->problem_of_read.empty()) {
    damaged_.emplace(path, table->problem_of_read);
  }
  tables_.push_back(std::move(table));
}

Status LedgerFragments::Refused() const {
  const auto refused = refusals_->first();
  return refused ? NotRead(path_, *refused) : Status::Ok();
}

Status LedgerFragments::AddLog(const std::string& path) {
  Result<std::string> bytes = ReadSmallFile(path, kMaxLogBytes);
  if (!bytes.ok()) {
    return bytes.status();
  }
  const LogScan scan = ScanLog(bytes.value());
  if (scan.damaged) {
    damaged_.emplace(path, "from byte " + std::to_string(scan.sound) + " on");
  }
  if (scan.damaged || !scan.records.empty()) {
    lost_the_last_ = scan.lost_the_last;  // What a later log holds was synced later.
  }
  bool certain = false;
  Puts puts([&](std::string_view key, std::string_view value) {
    if (key == HeadKey()) {
      if (certain) {
        AddHead(value);
      }
    } else if (const auto slot = SlotOfKey(key)) {
      logged_[*slot].emplace_back(value);
    }
  });
  for (const LogScan::Record& record : scan.records) {
    certain = record.certain;
    if (const rocksdb::Status status = rocksdb::WriteBatch(record.bytes).Iterate(&puts);
        !status.ok()) {
      damaged_.emplace(path, status.ToString());
    }
  }
  return Status::Ok();
}

Result<LedgerFragments> LedgerFragments::Open(const std::string& ledger, rocksdb::Env* env) {
  LedgerFragments fragments;
  fragments.path_ = ledger;
  fragments.env_ = WatchedEnv(env, fragments.refusals_);
  const Result<std::vector<std::string>> tables = ListFiles(ledger, ".sst");
  const Result<std::vector<std::string>> logs = ListFiles(ledger, ".log");
  for (const auto& listed : {tables, logs}) {
    if (!listed.ok()) {
      return listed.status();
    }
  }
  for (const std::string& name : tables.value()) {
    fragments.AddTable(ledger + "/" + name);
  }
  for (const std::string& name : logs.value()) {
    if (Status added = fragments.AddLog(ledger + "/" + name); !added.ok()) {
      return added;
    }
  }
  if (Status refused = fragments.Refused(); !refused.ok()) {
    return refused;
  }
  std::ranges::stable_sort(fragments.heads_, std::ranges::greater(), &HeadRecord::commits);
  return fragments;
}

BlockPtr LedgerFragments::Find(Slot slot, const std::optional<Hash>& hash) {
  const auto fits = [&](std::string_view bytes) -> BlockPtr {
    Result<BlockPtr> block = DecodeBlockRecord(bytes, slot);
    return block.ok() && (!hash || block.value()->hash == *hash) ? block.value() : nullptr;
  };
  if (const auto logged = logged_.find(slot); logged != logged_.end()) {
    for (auto bytes = logged->second.rbegin(); bytes != logged->second.rend(); ++bytes) {
      if (BlockPtr block = fits(*bytes)) {
        return block;
      }
    }
  }
  BlockPtr found;
  for (auto table = tables_.rbegin(); table != tables_.rend(); ++table) {
    if (slot < (*table)->first) {
      (*table)->Close();
      continue;
    }
    if (found != nullptr || slot > (*table)->last || !(*table)->Open()) {
      continue;
    }
    if (const auto bytes = (*table)->Descend(slot)) {
      found = fits(*bytes);
    }
    if (!(*table)->problem_of_read.empty()) {
      damaged_.emplace((*table)->path, (*table)->problem_of_read);
    }
  }
  return found;
}

}  // namespace cairn::storage
