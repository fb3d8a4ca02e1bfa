#include "storage/rocks.h"

#include <gtest/gtest.h>

#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

TEST(RocksTest, OnlyDamageIsCalledDamage) {
  const TempDirectory dir;
  const auto code = [](const std::string& path, const rocksdb::Status& status) {
    return OpenFailure(path, status, "Do this.").code();
  };
  EXPECT_EQ(code(dir.path(), rocksdb::Status::Corruption("bad")), Code::kIntegrity);
  EXPECT_EQ(code(dir.path(), rocksdb::Status::NoSpace()), Code::kOther);
  EXPECT_EQ(code(dir.Sub("none"), rocksdb::Status::IOError("x")), Code::kOther);
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
