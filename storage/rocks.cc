#include "storage/rocks.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "storage/files.h"

namespace cairn::storage {
namespace {

rocksdb::CompressionType Lz4OrNone() {
  const std::vector<rocksdb::CompressionType> known = rocksdb::GetSupportedCompressions();
  return std::find(known.begin(), known.end(), rocksdb::kLZ4Compression) != known.end()
             ? rocksdb::kLZ4Compression
             : rocksdb::kNoCompression;
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
  options.max_open_files = 256;
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

Status OpenFailure(const std::string& path, const rocksdb::Status& status,
                   const std::string& next) {
  const std::string what =
      "could not open " + path + ": RocksDB says \"" + status.ToString() + "\".";
  if (status.IsNoSpace()) {
    return Status::Other(what + " Free space on that disk and start again.");
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Status::Other(what + " Give this user permission to read and write it.");
  }
  for (const std::string& name : ListFiles(path, "")) {
    if (Status readable = CheckReadable(path + "/" + name); !readable.ok()) {
      return readable;
    }
  }
  return Status::Integrity(next.empty() ? what : what + " " + next);
}

}  // namespace cairn::storage
