#include "storage/files/rocks.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "storage/files/files.h"

namespace cairn::storage {
namespace {

rocksdb::CompressionType Lz4OrNone() {
  const std::vector<rocksdb::CompressionType> known = rocksdb::GetSupportedCompressions();
  return std::find(known.begin(), known.end(), rocksdb::kLZ4Compression) != known.end()
             ? rocksdb::kLZ4Compression
             : rocksdb::kNoCompression;
}

/// Tables that one database keeps open: there are two of them, and a third of what this process may
/// have is for connections. Who opens the sockets raises the soft limit to the hard one.
int OpenFilesOfOne() {
  constexpr std::uint64_t kMost = 256;
  constexpr std::uint64_t kForTheRest = 64;
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) {
    return static_cast<int>(kMost);
  }
  const std::uint64_t left = limit.rlim_max > kForTheRest ? limit.rlim_max - kForTheRest : 0;
  return static_cast<int>(std::clamp<std::uint64_t>(left / 3, 1, kMost));
}

}  // namespace

rocksdb::Options BaseOptions(const RocksSizes& sizes) {
  rocksdb::Options options;
  // A compaction writes in pieces behind which a sync does not wait for long.
  options.writable_file_max_buffer_size = std::size_t{128} << 10;
  options.paranoid_checks = true;
  // RocksDB must not go on by itself after an error: what it could not write is in doubt.
  options.max_bgerror_resume_count = 0;
  options.write_buffer_size = sizes.write_buffer_bytes;
  options.max_write_buffer_number = 2;
  options.max_open_files = OpenFilesOfOne();
  // A few KiB are written to it in a day; four MiB are reserved otherwise.
  options.manifest_preallocation_size = std::size_t{64} << 10;
  // Sixteen are begun otherwise, at every start and for however few files.
  options.max_file_opening_threads = 2;
  options.compression = Lz4OrNone();
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_log_file_size = std::size_t{1} << 20;
  options.keep_log_file_num = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(sizes.block_cache_bytes);
  if (sizes.bloom_filter) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

bool IsDamage(const rocksdb::Status& status, const Refusals& refusals) {
  const bool surroundings = status.IsNoSpace() || status.IsMemoryLimit() || status.IsBusy() ||
                            status.IsTimedOut() || status.IsTryAgain() || status.IsAborted() ||
                            status.IsShutdownInProgress() || status.IsIncomplete();
  return !status.ok() && !surroundings && !refusals.any();
}

Status OpenFailure(const std::string& path, const rocksdb::Status& status, const Refusals& refusals,
                   const std::string& next) {
  const std::string what =
      "could not open " + path + ": RocksDB says \"" + status.ToString() + "\".";
  if (const auto refused = refusals.any()) {
    return Status::Other("could not open " + path + ", of which nothing was changed: " + *refused);
  }
  if (!IsDamage(status, refusals)) {
    return Status::Other(what + " Nothing was changed. " +
                         (status.IsNoSpace() ? std::string(AdviceFor(ENOSPC)) : "Start again."));
  }
  return Status::Integrity(next.empty() ? what : what + " " + next);
}

}  // namespace cairn::storage
