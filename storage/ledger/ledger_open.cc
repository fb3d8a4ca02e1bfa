#include <algorithm>
#include <set>

#include "common/roster.h"
#include "rocksdb/env.h"
#include "storage/files/files.h"
#include "storage/files/rocks.h"
#include "storage/ledger/ledger_fragments.h"
#include "storage/ledger/ledger_impl.h"
#include "storage/ledger/preallocated_log.h"

namespace cairn::storage {
namespace {

Status NoLedger(const std::string& directory) {
  return Status::NotFound("there is no ledger in " + directory +
                          ". Name a directory that a server has made.");
}

/// Tables in the directory that the database does not know.
Result<std::vector<std::string>> Strangers(rocksdb::DB* db, const std::string& path) {
  std::vector<rocksdb::LiveFileMetaData> live;
  db->GetLiveFilesMetaData(&live);
  std::set<std::string> known;
  for (const rocksdb::LiveFileMetaData& file : live) {
    known.insert(file.name.substr(file.name.rfind('/') + 1));
  }
  Result<std::vector<std::string>> tables = ListFiles(path, ".sst");
  if (!tables.ok()) {
    return tables;
  }
  std::vector<std::string> strangers = std::move(tables).value();
  std::erase_if(strangers, [&known](const std::string& name) { return known.contains(name); });
  return strangers;
}

std::string OwnerText(NodeId node, Incarnation incarnation) {
  return "node " + std::to_string(node) + " in incarnation " + FormatIncarnation(incarnation);
}

}  // namespace

rocksdb::Options LedgerOptions(const Ledger::Options& given, bool create) {
  rocksdb::Options options = BaseOptions({.write_buffer_bytes = given.write_buffer_bytes,
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
  const Result<bool> exists = Exists(path + "/CURRENT");
  if (!exists.ok()) {
    return exists.status();
  }
  if (!create && !exists.value()) {
    return Status::Integrity(
        "the ledger " + path + " is gone or damaged: " +
        (guarded ? "its guard remembers " + Describe(guarded->commits, guarded->head) + ", but "
                 : std::string()) +
        "there is no file " + path + "/CURRENT.");
  }
  if (create) {
    if (Status made = MakeDirectories(path); !made.ok()) {
      return made;
    }
  }
  rocksdb::Options chosen = LedgerOptions(options, create);
  refusals = std::make_shared<Refusals>();
  std::shared_ptr<rocksdb::FileSystem> files =
      std::make_shared<WatchedFiles>(chosen.env->GetFileSystem(), refusals);
  if (!options.read_only) {
    // A new table that waits in the page cache is written out with the next sync of the log, which
    // takes that much longer.
    chosen.use_direct_io_for_flush_and_compaction = WritesDirectly(path);
    files = std::make_shared<PreallocatedLogs>(files);
  } else if (!tails.empty()) {
    files = std::make_shared<WithoutTornTails>(files, tails);
  }
  env = rocksdb::NewCompositeEnv(files);
  chosen.env = env.get();
  if (!options.read_only) {
    refusals->StopAtWrites("could not open " + path + ": ");
  }
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = options.read_only
                                     ? rocksdb::DB::OpenForReadOnly(chosen, path, &opened)
                                     : rocksdb::DB::Open(chosen, path, &opened);
  db.reset(opened);
  refusals->StopAtWrites({});
  return status.ok() && !refusals->first() ? Status::Ok()
                                           : OpenFailure(path, status, *refusals, {});
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
    return OpenFailure(path, status, *refusals, {});
  }
  Result<HeadRecord> decoded = DecodeHead(bytes);
  if (!decoded.ok()) {
    return {decoded.status().code(),
            "the ledger " + path + " is not usable: " + decoded.status().message() +
                (decoded.status().code() == Code::kUsage
                     ? ". Start the program that wrote it, or name another directory with --data."
                     : ".")};
  }
  record = decoded.value();
  return LoadHoles();
}

Status Ledger::Impl::LoadHoles() {
  std::string bytes;
  const rocksdb::Status status = db->Get({}, ToSlice(HolesKey()), &bytes);
  if (status.IsNotFound()) {
    holes.clear();
    return Status::Ok();
  }
  if (!status.ok()) {
    return OpenFailure(path, status, *refusals, {});
  }
  Result<std::vector<replica::Hole>> decoded = DecodeHoles(bytes);
  if (!decoded.ok()) {
    return {decoded.status().code(),
            "the ledger " + path + " is not usable: " + decoded.status().message() + "."};
  }
  holes = std::move(decoded).value();
  return holes.empty() || holes.back().last <= record.head.decided
             ? Status::Ok()
             : Status::Integrity("the ledger " + path + " names a hole above what is decided.");
}

Status Ledger::Impl::FinishCreation(const BlockPtr& genesis, const Options& options) {
  rocksdb::WriteBatch batch;
  PutBlock(&batch, *genesis);
  HeadRecord first;
  first.genesis = genesis->hash;
  first.node = options.node;
  first.incarnation = options.incarnation;
  first.commits = 1;
  first.tip_hash = genesis->hash;
  CommitOrStop(&batch, first, true);
  return SyncDirectory(directory);
}

Status Ledger::Impl::CheckOwner(const Options& options) const {
  if (options.node == 0 || record.node == 0) {
    return Status::Ok();
  }
  if (record.node != options.node) {
    return Status::Usage("the ledger " + path + " is that of " +
                         OwnerText(record.node, record.incarnation) + ", not of node " +
                         std::to_string(options.node) +
                         ". Put it back where it came from, and this node's own in its place.");
  }
  if (record.incarnation != options.incarnation) {
    return Status::Integrity(
        "the ledger " + path + " is that of another life of this directory: " + "it is of " +
        OwnerText(record.node, record.incarnation) + ", and the identity beside it names " +
        FormatIncarnation(options.incarnation) + ".");
  }
  return Status::Ok();
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
                                   "something.");
  }
  if (!IsBehind({record.commits, head}, *guarded)) {
    return Status::Ok();
  }
  return Status::Integrity("the ledger " + path +
                           " has forgotten what it had synced: it stands at " +
                           Describe(record.commits, head) + ", but its guard " + guard_path +
                           " remembers " + Describe(guarded->commits, guarded->head) + ".");
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
    return Status::Usage(
        "the ledger " + path + " begins with the genesis block " + record.genesis.Hex() +
        ", but the cluster file makes the genesis block " + genesis->hash.Hex() +
        ": the cluster file differs (name, nodes or parameters) from the one that this directory "
        "was made with. Start the node with that file, or name another directory with --data.");
  }
  return Status::Ok();
}

Status Ledger::Impl::CheckUndecided() const {
  const Slot tip = record.head.tip;
  Hash expected = record.tip_hash;
  // The tip too where it is decided: it is what the next block will stand on.
  for (Slot slot = tip; slot > record.head.decided || slot == tip; --slot) {
    if (HoleAt(holes, slot) != nullptr) {
      return Status::Ok();
    }
    Result<BlockPtr> block = ReadBlock(slot);
    if (!block.ok()) {
      return block.status();
    }
    if (block.value()->hash != expected) {
      return Damaged(slot, "its hash is " + block.value()->hash.Hex() +
                               ", and what stands above it names " + expected.Hex());
    }
    expected = block.value()->header.parent;
    if (slot == 0) {
      break;
    }
  }
  return Status::Ok();
}

Status Ledger::Impl::CheckStrangers(const Options& options) const {
  const Result<std::vector<std::string>> strangers = Strangers(db.get(), path);
  if (!strangers.ok()) {
    return strangers.status();
  }
  // A crash in a compaction leaves such tables, and so does a manifest that was cut: then they hold
  // what nothing else does, and RocksDB, once it may write, deletes them.
  for (const std::string& name : strangers.value()) {
    const Result<std::optional<TableFacts>> read = ReadTableFacts(path + "/" + name, options.env);
    if (!read.ok()) {
      return read.status();
    }
    const std::optional<TableFacts>& facts = read.value();
    if (!facts) {
      continue;  // Half written.
    }
    if (facts->head && facts->head->incarnation == record.incarnation &&
        facts->head->commits > record.commits) {
      return Status::Integrity("the ledger " + path + " has lost sight of its newest table " +
                               name + ", which remembers " +
                               Describe(facts->head->commits, facts->head->head) + ".");
    }
    const Slot last = std::min(facts->last, record.head.tip);
    if (facts->first <= last) {
      if (Checked checked = CheckRange(facts->first, last, std::nullopt); checked.highest_bad) {
        return checked.problem;
      }
    }
  }
  return Status::Ok();
}

Status Ledger::Impl::Judge(const BlockPtr& genesis, const Options& options) {
  Options look = options;
  look.read_only = true;
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
  if (options.unjudged) {
    return Status::Ok();
  }
  Status status = CheckOwner(options);
  status = status.ok() ? CheckGuard() : status;
  status = status.ok() ? CheckGenesis(genesis) : status;
  status = status.ok() ? CheckUndecided() : status;
  return status.ok() && !options.read_only ? CheckStrangers(options) : status;
}

Status Ledger::Impl::JudgeWithoutTornTails(const BlockPtr& genesis, const Options& options) {
  Status status = Judge(genesis, options);
  if (status.code() != Code::kIntegrity) {
    return status;
  }
  Result<std::vector<TornTail>> found = FindTornTails(path);
  if (!found.ok() || found->empty()) {
    return found.ok() ? status : found.status();
  }
  tails = std::move(found).value();
  for (const TornTail& tail : tails) {
    torn.push_back("the last " + std::to_string(tail.end.size()) + " bytes of " + path + "/" +
                   tail.name +
                   " are what a power loss left of a write that nothing rests on; "
                   "they are not looked at, and the next start moves them away");
  }
  db.reset();
  return Judge(genesis, options);
}

Result<std::unique_ptr<Ledger>> Ledger::Open(const std::string& directory, const BlockPtr& genesis,
                                             const Options& options) {
  CAIRN_CHECK(options.read_only || (genesis != nullptr && options.node != 0),
              "a ledger is opened with its genesis block and its owner");
  auto impl = std::make_unique<Impl>();
  impl->directory = AbsolutePath(directory);
  impl->on_damage = options.on_damage;
  impl->path = impl->directory + "/ledger";
  impl->guard_path = impl->directory + "/guard";
  Status status = impl->OpenGuard(options.read_only);
  if (!status.ok()) {
    return status;
  }
  const Result<bool> holds = HoldsLedger(impl->directory);
  if (!holds.ok()) {
    return holds.status();
  }
  const bool create = !holds.value();
  if (create && options.read_only) {
    return NoLedger(impl->directory);
  }
  if (!create) {
    status = options.read_only ? impl->JudgeWithoutTornTails(genesis, options)
                               : impl->Judge(genesis, options);
  }
  if (status.ok() && !options.read_only) {
    impl->db.reset();
    status = impl->OpenDatabase(options, create);
    bool found = false;
    status = status.ok() ? impl->LoadHead(&found) : status;
    if (status.ok() && !impl->guarded.has_value()) {
      status = impl->FinishCreation(genesis, options);
    }
  }
  if (!status.ok()) {
    return status;
  }
  return std::unique_ptr<Ledger>(new Ledger(std::move(impl)));
}

Result<bool> HoldsLedger(const std::string& directory) {
  for (const char* const name : {"/guard", "/ledger.salvaged"}) {
    Result<bool> exists = Exists(directory + name);
    if (!exists.ok() || exists.value()) {
      return exists;
    }
  }
  // RocksDB's first files, up to CURRENT, hold no data. Without a log or a table beside them there
  // never was anything, or it was deleted.
  const Result<std::vector<std::string>> names = ListNames(directory + "/ledger");
  if (!names.ok()) {
    return names.status().code() == Code::kNotFound ? Result<bool>(false) : names.status();
  }
  return std::ranges::any_of(names.value(), [](const std::string& name) {
    return name.ends_with(".log") || name.ends_with(".sst");
  });
}

}  // namespace cairn::storage
