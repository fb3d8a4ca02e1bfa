#include "storage/files/left_open.h"

#include <deque>
#include <mutex>
#include <utility>

namespace cairn::storage {

void LeaveOpen(std::unique_ptr<rocksdb::DB> db, std::unique_ptr<rocksdb::Env> env) {
  static std::mutex mutex;
  // Never destroyed: so neither are the databases.
  static auto* const left = new std::deque<std::pair<rocksdb::DB*, rocksdb::Env*>>;
  const std::lock_guard lock(mutex);
  left->emplace_back(db.release(), env.release());
}

}  // namespace cairn::storage
