#include "storage/files/rocks.h"

#include <gtest/gtest.h>

namespace cairn::storage {
namespace {

TEST(RocksTest, OnlyDamageIsCalledDamage) {
  Refusals refusals;
  const auto code = [&refusals](const rocksdb::Status& status) {
    return OpenFailure("/ledger", status, refusals, "Do this.").code();
  };
  EXPECT_EQ(code(rocksdb::Status::Corruption("bad")), Code::kIntegrity);
  EXPECT_EQ(code(rocksdb::Status::PathNotFound("a table")), Code::kIntegrity);
  EXPECT_EQ(code(rocksdb::Status::NotSupported("format version")), Code::kIntegrity);
  EXPECT_EQ(code(rocksdb::Status::NoSpace()), Code::kOther);
  EXPECT_EQ(code(rocksdb::Status::MemoryLimit()), Code::kOther);
  // Whatever RocksDB makes of it: the system has refused something.
  refusals.Note(rocksdb::IOStatus::IOError("While open a file: Too many open files"));
  EXPECT_EQ(code(rocksdb::Status::Corruption("can't access a table")), Code::kOther);
}

TEST(RocksTest, NothingGrowsWithoutBound) {
  const rocksdb::Options options = BaseOptions(
      {.write_buffer_bytes = 1 << 20, .block_cache_bytes = 1 << 20, .bloom_filter = true});
  EXPECT_TRUE(options.paranoid_checks);
  EXPECT_EQ(options.max_bgerror_resume_count, 0);
  EXPECT_LE(options.keep_log_file_num * options.max_log_file_size, std::size_t{8} << 20);
  EXPECT_GT(options.max_open_files, 0);
}

}  // namespace
}  // namespace cairn::storage
