#pragma once
// Databases that can't be closed: closing one that has met an I/O error aborts, and its threads go
// on. They stay as they are to the end of the process, and can be found there.

#include <memory>

#include "rocksdb/db.h"

namespace cairn::storage {

void LeaveOpen(std::unique_ptr<rocksdb::DB> db, std::unique_ptr<rocksdb::Env> env);

}  // namespace cairn::storage
