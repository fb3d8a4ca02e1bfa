#pragma once
// What the ledger and the state ask of RocksDB alike.

#include <string>

#include "common/status.h"
#include "rocksdb/options.h"
#include "rocksdb/status.h"
#include "storage/files/refusals.h"

namespace cairn::storage {

struct RocksSizes {
  std::size_t write_buffer_bytes = 0;
  std::size_t block_cache_bytes = 0;
  bool bloom_filter = false;  ///< For point reads of keys that may be absent.
};

/// Options with modest memory, bounded files and logs, every check that RocksDB has, and no retry
/// of its own after an error. The caller adds what is particular to its database. From the first
/// call on, compactions of all databases of this process run at low priority.
[[nodiscard]] rocksdb::Options BaseOptions(const RocksSizes& sizes);

/// Whether the files are to blame: what RocksDB read was wrong or is missing, and the system
/// refused nothing (refusals.h).
[[nodiscard]] bool IsDamage(const rocksdb::Status& status, const Refusals& refusals);

/// The Status of a database that could not be opened or read: Integrity if it is damaged, else
/// Other with what to do. `next` says what to do about damage.
[[nodiscard]] Status OpenFailure(const std::string& path, const rocksdb::Status& status,
                                 const Refusals& refusals, const std::string& next);

}  // namespace cairn::storage
