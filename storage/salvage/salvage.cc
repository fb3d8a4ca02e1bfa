#include "storage/salvage/salvage.h"

#include <algorithm>
#include <optional>

#include "rocksdb/db.h"
#include "rocksdb/sst_file_writer.h"
#include "storage/files/files.h"
#include "storage/files/quarantine.h"
#include "storage/ledger/guard.h"
#include "storage/ledger/ledger_fragments.h"
#include "storage/ledger/ledger_impl.h"
#include "storage/ledger/salvage_mark.h"
#include "storage/salvage/chain_walk.h"

namespace cairn::storage {
namespace {

constexpr const char* kBuilding = "ledger.salvage";
constexpr const char* kBuilt = "ledger.salvaged";

Status WriteFailure(const std::string& path, const rocksdb::Status& status) {
  return Status::Other("could not write the salvaged ledger " + path + ": RocksDB says \"" +
                       status.ToString() +
                       "\". The damaged one is as it was. A salvage needs about as much free space "
                       "as the ledger takes: free some on that disk, and start again.");
}

/// The new ledger, made from the top of the chain down.
class Builder {
 public:
  Builder(std::string path, const Ledger::Options& options)
      : path_(std::move(path)),
        options_(LedgerOptions(options, true)),
        table_bytes_(options.write_buffer_bytes) {}

  /// Blocks come in descending order.
  Status Add(const BlockPtr& block) {
    bytes_ += block->encoded.size();
    waiting_.push_back(block);
    return bytes_ < table_bytes_ ? Status::Ok() : WriteTable();
  }
  Status Finish(const HeadRecord& head, const std::vector<replica::Hole>& holes) {
    if (Status written = WriteTable(); !written.ok()) {
      return written;
    }
    rocksdb::DB* opened = nullptr;
    rocksdb::Status status = rocksdb::DB::Open(options_, path_, &opened);
    const std::unique_ptr<rocksdb::DB> db(opened);
    if (status.ok()) {
      rocksdb::IngestExternalFileOptions move;
      move.move_files = true;
      status = db->IngestExternalFile(tables_, move);
    }
    rocksdb::WriteBatch batch;
    if (status.ok()) {
      status = batch.Put(ToSlice(HeadKey()), EncodeHead(head));
    }
    if (status.ok() && !holes.empty()) {
      status = batch.Put(ToSlice(HolesKey()), EncodeHoles(holes));
    }
    rocksdb::WriteOptions synced;
    synced.sync = true;
    status = status.ok() ? db->Write(synced, &batch) : status;
    return status.ok() ? Status::Ok() : WriteFailure(path_, status);
  }

 private:
  Status WriteTable() {
    if (waiting_.empty()) {
      return Status::Ok();
    }
    const std::string file = path_ + "/salvaged-" + std::to_string(tables_.size()) + ".table";
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options_);
    rocksdb::Status status = writer.Open(file);
    for (auto block = waiting_.rbegin(); status.ok() && block != waiting_.rend(); ++block) {
      std::string record(1, static_cast<char>(kBlockRecordVersion));
      status = writer.Put(BlockKey((*block)->slot()), record.append((*block)->encoded));
    }
    status = status.ok() ? writer.Finish() : status;
    tables_.push_back(file);
    waiting_.clear();
    bytes_ = 0;
    return status.ok() ? Status::Ok() : WriteFailure(path_, status);
  }

  std::string path_;
  rocksdb::Options options_;
  std::size_t table_bytes_;
  std::vector<BlockPtr> waiting_;
  std::size_t bytes_ = 0;
  std::vector<std::string> tables_;
};

/// Chooses the head; the reason why there is none goes to `forgotten`.
Result<std::optional<HeadRecord>> ChooseHead(const LedgerFragments& fragments,
                                             const std::string& ledger, const BlockPtr& genesis,
                                             const Ledger::Options& options,
                                             std::string* forgotten) {
  const HeadRecord* of_another = nullptr;
  for (const HeadRecord& head : fragments.heads()) {
    if (head.genesis == genesis->hash && head.node == options.node) {
      if (head.incarnation == options.incarnation) {
        return std::optional(head);
      }
      *forgotten = "the ledger " + ledger + " is that of another life of this directory";
    } else {
      of_another = &head;
    }
  }
  if (!forgotten->empty()) {
    return std::optional<HeadRecord>();
  }
  if (of_another != nullptr) {
    return Status::Usage(
        "the ledger " + ledger + " is that of node " + std::to_string(of_another->node) +
        " of the cluster with the genesis block " + of_another->genesis.Hex() + ", not of node " +
        std::to_string(options.node) + " of the one with the genesis block " + genesis->hash.Hex() +
        ". Put it back where it came from, and this node's own in its place.");
  }
  if (!fragments.foreign_version().ok()) {
    return Status::Usage(
        "the ledger " + ledger + " is not usable: " + fragments.foreign_version().message() +
        ". Start the program that wrote it, or name another directory with --data.");
  }
  *forgotten = "nothing in the ledger " + ledger + " says any more what this node has promised";
  return std::optional<HeadRecord>();
}

/// Why this head can't be believed to be the newest; empty if it can.
Result<std::string> Doubt(const std::string& directory, const HeadRecord& head,
                          const LedgerFragments& fragments) {
  const std::string ledger = directory + "/ledger";
  const Result<std::optional<GuardRecord>> guard = Guard::Read(directory + "/guard");
  if (!guard.ok()) {
    return guard.status().code() == Code::kIntegrity ? Result<std::string>(guard.status().message())
                                                     : Result<std::string>(guard.status());
  }
  if (!guard.value()) {
    return "the guard file " + directory +
           "/guard is gone, so nobody can tell whether the ledger " + ledger +
           " has forgotten something";
  }
  if (IsBehind({head.commits, head.head}, *guard.value())) {
    return "the ledger " + ledger + " has forgotten what it had synced: it stands at " +
           Describe(head.commits, head.head) + ", but its guard " + directory +
           "/guard remembers " + Describe(guard->value().commits, guard->value().head);
  }
  if (fragments.lost_the_last()) {
    return "the end of the log of the ledger " + ledger +
           " can't be read, though it had been synced";
  }
  return std::string();
}

Status Swap(const std::string& directory, const AtStep& at_step, std::string* quarantined) {
  const std::string built = directory + "/" + kBuilt;
  at_step("name the salvaged ledger");
  Status status = MoveDurably(directory + "/" + kBuilding, built);
  const Result<bool> exists = Exists(directory + "/ledger");
  status = status.ok() ? exists.status() : status;
  if (status.ok() && exists.value()) {
    at_step("move the damaged ledger");
    const Result<std::string> moved = MoveToQuarantine(directory, "ledger");
    status = moved.status();
    *quarantined = moved.ok() ? moved.value() : std::string();
  }
  if (status.ok()) {
    at_step("put the salvaged ledger in its place");
    status = MoveDurably(built, directory + "/ledger");
  }
  if (status.ok()) {
    at_step("delete the mark");
    status = DeleteDurably(directory + "/" + kSalvageMark);
  }
  return status;
}

}  // namespace

Result<Salvaged> Salvage(const std::string& directory, const BlockPtr& genesis,
                         const Ledger::Options& options, const AtStep& at_step) {
  const std::string ledger = directory + "/ledger";
  const std::string building = directory + "/" + kBuilding;
  Result<LedgerFragments> opened = LedgerFragments::Open(ledger, options.env);
  if (!opened.ok()) {
    return opened.status();
  }
  LedgerFragments fragments = std::move(opened).value();
  Salvaged salvaged;
  const auto head = ChooseHead(fragments, ledger, genesis, options, &salvaged.forgotten);
  if (!head.ok() || !head.value()) {
    return head.ok() ? Result<Salvaged>(salvaged) : Result<Salvaged>(head.status());
  }
  const HeadRecord record = *head.value();
  Result<std::string> doubt = Doubt(directory, record, fragments);
  if (!doubt.ok()) {
    return doubt.status();
  }
  salvaged.forgotten = std::move(doubt).value();
  if (!salvaged.forgotten.empty()) {
    return salvaged;
  }
  at_step("build the salvaged ledger");
  for (const Status& status : {DeleteTree(building), MakeDirectories(building)}) {
    if (!status.ok()) {
      return status;
    }
  }
  Builder builder(building, options);
  ChainWalk walk(record, genesis, [&](Slot slot, const std::optional<Hash>& hash) {
    return fragments.Find(slot, hash);
  });
  while (BlockPtr block = walk.Next()) {
    if (Status added = builder.Add(block); !added.ok()) {
      return added;
    }
  }
  if (Status refused = fragments.Refused(); !refused.ok()) {
    return refused;  // What was not found may be there.
  }
  if (walk.undecided_missing()) {
    salvaged.forgotten = "the block of slot " + std::to_string(*walk.undecided_missing()) + " in " +
                         ledger + ", which is not decided, can't be read";
    const Status deleted = DeleteTree(building);
    return deleted.ok() ? Result<Salvaged>(salvaged) : Result<Salvaged>(deleted);
  }
  salvaged.holes = walk.holes();
  salvaged.missing = walk.missing();
  for (const auto& [file, why] : fragments.damaged()) {
    salvaged.damaged.push_back(file + " (" + why + ")");
  }
  Status status = builder.Finish(record, salvaged.holes);
  status = status.ok() ? SyncFiles(building) : status;
  status = status.ok() ? Swap(directory, at_step, &salvaged.quarantined) : status;
  return status.ok() ? Result<Salvaged>(salvaged) : Result<Salvaged>(status);
}

Status FinishSalvage(const std::string& directory) {
  const std::string built = directory + "/" + kBuilt;
  if (Status deleted = DeleteTree(directory + "/" + kBuilding); !deleted.ok()) {
    return deleted;
  }
  const Result<bool> complete = Exists(built);
  const Result<bool> in_place = Exists(directory + "/ledger");
  for (const auto& known : {complete, in_place}) {
    if (!known.ok()) {
      return known.status();
    }
  }
  if (!complete.value()) {
    return Status::Ok();
  }
  return in_place.value() ? DeleteTree(built) : MoveDurably(built, directory + "/ledger");
}

}  // namespace cairn::storage
