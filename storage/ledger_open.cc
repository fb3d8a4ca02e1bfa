#include "rocksdb/env.h"
#include "storage/data_directory.h"
#include "storage/files.h"
#include "storage/ledger_impl.h"
#include "storage/rocks.h"

namespace cairn::storage {
namespace {

constexpr const char* kStartAnew =
    "Nothing was changed, and this node does not start, because with a damaged memory it could "
    "contradict what it said before. If the files were moved or restored by hand, put back the "
    "newest ones; otherwise move the whole directory away (keep it) and start the node with an "
    "empty one.";

Status NoLedger(const std::string& directory) {
  return Status::NotFound("there is no ledger in " + directory +
                          ". Name a directory that a server has made.");
}

rocksdb::Options LedgerOptions(const Ledger::Options& given, bool create) {
  rocksdb::Options options = BaseOptions({.write_buffer_bytes = std::size_t{32} << 20,
                                          .block_cache_bytes = std::size_t{8} << 20,
                                          .bloom_filter = false});
  if (given.env != nullptr) {
    options.env = given.env;
  }
  options.create_if_missing = create;
  // The default mode opens silently without synced records after any damage to the log.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.recycle_log_file_num = 0;
  options.wal_compression = rocksdb::kNoCompression;
  options.manual_wal_flush = false;
  // Blocks come in ascending order, so a block is written to the log, to its first table, once
  // more when four tables become a part of level 1, and then stays there.
  options.target_file_size_base = std::size_t{64} << 20;
  options.max_bytes_for_level_base = std::uint64_t{1} << 40;
  return options;
}

}  // namespace

Status Ledger::Impl::OpenGuard(bool read_only) {
  if (read_only) {
    Result<std::optional<GuardRecord>> read = Guard::Read(guard_path);
    if (!read.ok()) {
      return read.status();
    }
    guarded = read.value();
    return Status::Ok();
  }
  Result<Guard> opened = Guard::Open(guard_path);
  if (!opened.ok()) {
    return opened.status();
  }
  guard.emplace(std::move(opened).value());
  guarded = guard->last();
  return Status::Ok();
}

Status Ledger::Impl::OpenDatabase(const Options& options, bool create) {
  if (!create && !PathExists(path + "/CURRENT")) {
    return Status::Integrity(
        "the ledger " + path + " is gone or damaged: " +
        (guarded ? "its guard remembers " + Describe(guarded->commits, guarded->head) + ", but "
                 : std::string()) +
        "there is no file " + path + "/CURRENT. " + kStartAnew);
  }
  if (create) {
    if (Status made = MakeDirectories(path); !made.ok()) {
      return made;
    }
  }
  const rocksdb::Options chosen = LedgerOptions(options, create);
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = options.read_only
                                     ? rocksdb::DB::OpenForReadOnly(chosen, path, &opened)
                                     : rocksdb::DB::Open(chosen, path, &opened);
  db.reset(opened);
  return status.ok() ? Status::Ok() : OpenFailure(path, status, kStartAnew);
}

Status Ledger::Impl::LoadHead(bool* found) {
  const std::string_view key = HeadKey();
  std::string bytes;
  const rocksdb::Status status = db->Get({}, rocksdb::Slice(key.data(), key.size()), &bytes);
  *found = status.ok();
  if (status.IsNotFound()) {
    return Status::Ok();
  }
  if (!status.ok()) {
    return OpenFailure(path, status, kStartAnew);
  }
  Result<HeadRecord> decoded = DecodeHead(bytes);
  if (!decoded.ok()) {
    return Status::Integrity("the ledger " + path +
                             " is not usable: " + decoded.status().message() + ". " + kStartAnew);
  }
  record = decoded.value();
  return Status::Ok();
}

Status Ledger::Impl::FinishCreation(const BlockPtr& genesis) {
  rocksdb::WriteBatch batch;
  PutBlock(&batch, *genesis);
  HeadRecord first;
  first.genesis = genesis->hash;
  first.commits = 1;
  CommitOrStop(&batch, first, true);
  return SyncDirectory(directory);
}

Status Ledger::Impl::CheckGuard() const {
  const replica::LedgerHead& head = record.head;
  if (!guarded.has_value()) {
    // The guard is synced before the creation ends, so only commit 1 can be without one.
    return record.commits <= 1
               ? Status::Ok()
               : Status::Integrity("the guard file " + guard_path + " is gone, though the ledger " +
                                   path + " stands at " + Describe(record.commits, head) +
                                   ", so nobody can tell whether the ledger has forgotten "
                                   "something. " +
                                   kStartAnew);
  }
  const replica::LedgerHead& last = guarded->head;
  const bool forgotten = guarded->commits > record.commits || last.promised > head.promised ||
                         last.accepted > head.accepted || last.decided > head.decided ||
                         (guarded->commits == record.commits && last != head);
  if (!forgotten) {
    return Status::Ok();
  }
  return Status::Integrity("the ledger " + path +
                           " has forgotten what it had synced: it stands at " +
                           Describe(record.commits, head) + ", but its guard " + guard_path +
                           " remembers " + Describe(guarded->commits, last) + ". " + kStartAnew);
}

Status Ledger::Impl::CheckGenesis(const BlockPtr& genesis) const {
  Result<BlockPtr> stored = ReadBlock(0);
  if (!stored.ok()) {
    return stored.status();
  }
  if (stored.value()->hash != record.genesis) {
    return Damaged(0, "its hash " + stored.value()->hash.Hex() + " is not the one in the head, " +
                          record.genesis.Hex());
  }
  if (genesis != nullptr && genesis->hash != record.genesis) {
    return Status::Integrity(
        "the ledger " + path + " begins with the genesis block " + record.genesis.Hex() +
        ", but the cluster file makes the genesis block " + genesis->hash.Hex() +
        ": the cluster file differs (name, nodes or parameters) from the one that this directory "
        "was made with. Start the node with that file, or name another directory with --data.");
  }
  return Status::Ok();
}

Status Ledger::Impl::Judge(const BlockPtr& genesis, const Options& options) {
  const Options look = {.env = options.env, .read_only = true};
  if (Status status = OpenDatabase(look, false); !status.ok()) {
    return status;
  }
  bool found = false;
  if (Status status = LoadHead(&found); !status.ok()) {
    return status;
  }
  if (!found && !guarded.has_value()) {
    return options.read_only ? NoLedger(directory) : Status::Ok();  // Its creation was cut short.
  }
  if (Status status = CheckGuard(); !status.ok()) {
    return status;
  }
  if (Status status = CheckGenesis(genesis); !status.ok()) {
    return status;
  }
  return ReadBlock(record.head.tip).status();
}

Result<std::unique_ptr<Ledger>> Ledger::Open(const std::string& directory, const BlockPtr& genesis,
                                             const Options& options) {
  CAIRN_CHECK(genesis != nullptr || options.read_only, "a ledger is opened with its genesis block");
  auto impl = std::make_unique<Impl>();
  impl->directory = AbsolutePath(directory);
  impl->path = impl->directory + "/ledger";
  impl->guard_path = impl->directory + "/guard";
  Status status = impl->OpenGuard(options.read_only);
  if (!status.ok()) {
    return status;
  }
  const bool create = !HoldsLedger(impl->directory);
  if (create && options.read_only) {
    return NoLedger(impl->directory);
  }
  if (!create) {
    status = impl->Judge(genesis, options);
  }
  if (status.ok() && !options.read_only) {
    impl->db.reset();
    status = impl->OpenDatabase(options, create);
    bool found = false;
    status = status.ok() ? impl->LoadHead(&found) : status;
    if (status.ok() && !impl->guarded.has_value()) {
      status = impl->FinishCreation(genesis);
    }
  }
  if (!status.ok()) {
    return status;
  }
  return std::unique_ptr<Ledger>(new Ledger(std::move(impl)));
}

}  // namespace cairn::storage
