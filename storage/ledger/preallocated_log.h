#pragma once
// The write-ahead log of a database, written over zeros that were put there before, as long as its
// records are small.
//
// A record that is appended makes the file longer, and a sync must then commit the file's new size
// to the journal of the file system: a second write, and the larger part of a small sync. Over
// zeros the size stays, and the place of the blocks is known. So the first small record behind the
// zeros puts new ones behind itself, which become durable with it; the next records find them.
// Large records would gain little by it, and twice as much would be written for them: they are
// appended.
//
// Room beyond that is reserved a few MiB at a time, and not for the whole log at once.
//
// Behind the last record a reader finds zeros up to the end of the file after a crash, and nothing
// after a clean close. RocksDB takes a record of type 0 and length 0 for the end.

#include <memory>
#include <string>

#include "rocksdb/file_system.h"

namespace cairn::storage {

/// Gives that to all files that are made with a name in ".log"; others are those of `below`.
class PreallocatedLogs final : public rocksdb::FileSystemWrapper {
 public:
  explicit PreallocatedLogs(const std::shared_ptr<rocksdb::FileSystem>& below)
      : FileSystemWrapper(below) {}
  const char* Name() const override { return "PreallocatedLogs"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override;
};

}  // namespace cairn::storage
