// The rule of preallocated_log.h: small records of a log are written over zeros that are durable
// already, so that a sync has only the record to write; and nobody is misled by these zeros.

#include "storage/ledger/preallocated_log.h"

#include <gtest/gtest.h>

#include "rocksdb/db.h"
#include "storage/ledger/log_scan.h"
#include "tests/storage/forgetful_file_system.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

class PreallocatedLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<rocksdb::FSWritableFile> Make(const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    PreallocatedLogs logs(disk_);
    EXPECT_TRUE(logs.NewWritableFile(dir_.Sub(name), {}, &file, nullptr).ok());
    return file;
  }
  void Append(rocksdb::FSWritableFile* file, std::size_t bytes) {
    const std::string record(bytes, 'r');
    ASSERT_TRUE(file->Append(record, {}, nullptr).ok());
    written_ += record;
    EXPECT_EQ(file->GetFileSize({}, nullptr), written_.size());
  }
  void Sync(rocksdb::FSWritableFile* file) { ASSERT_TRUE(file->Sync({}, nullptr).ok()); }
  [[nodiscard]] std::string Content(const std::string& name) const {
    return ReadFile(dir_.Sub(name));
  }
  /// What was appended, and nothing but zeros behind it.
  void ExpectZerosBehind(const std::string& content) const {
    EXPECT_EQ(content.substr(0, written_.size()), written_);
    EXPECT_EQ(content.find_first_not_of('\0', written_.size()), std::string::npos);
  }

  TempDirectory dir_{MemoryDirectory()};
  std::shared_ptr<ForgetfulFileSystem> disk_ = std::make_shared<ForgetfulFileSystem>();
  std::string written_;
};

TEST_F(PreallocatedLogTest, SmallRecordsDoNotChangeTheSizeOfTheFile) {
  const auto log = Make("000001.log");
  Append(log.get(), 500);
  Sync(log.get());
  const std::size_t size = Content("000001.log").size();
  EXPECT_GT(size, 100'000U);
  EXPECT_EQ(size % 4096, 0U);
  while (written_.size() + 500 <= size) {
    Append(log.get(), 500);
    EXPECT_EQ(disk_->UnsyncedBytes(".log"), 500U) << "only the record is to be written";
    Sync(log.get());
    ASSERT_EQ(Content("000001.log").size(), size);
  }
  ExpectZerosBehind(Content("000001.log"));
  Append(log.get(), 500);
  EXPECT_GT(Content("000001.log").size(), size + 100'000);
  ExpectZerosBehind(Content("000001.log"));
}

TEST_F(PreallocatedLogTest, TheZerosAreAsDurableAsTheFirstRecord) {
  const auto log = Make("000001.log");
  Append(log.get(), 500);
  Sync(log.get());
  const ForgetfulFileSystem::Image durable = disk_->DurableWithAllNames();
  EXPECT_EQ(durable.at(dir_.Sub("000001.log")), Content("000001.log"));
}

TEST_F(PreallocatedLogTest, LargeRecordsAreAppended) {
  const auto log = Make("000001.log");
  Append(log.get(), 20'000);
  EXPECT_EQ(Content("000001.log"), written_);
  Append(log.get(), 100);
  EXPECT_GT(Content("000001.log").size(), written_.size());
  Append(log.get(), 1'000'000);
  EXPECT_EQ(Content("000001.log"), written_);
}

TEST_F(PreallocatedLogTest, ACleanCloseLeavesNoZeros) {
  auto log = Make("000001.log");
  Append(log.get(), 500);
  ASSERT_TRUE(log->Close({}, nullptr).ok());
  log.reset();
  EXPECT_EQ(Content("000001.log"), written_);
}

TEST_F(PreallocatedLogTest, OtherFilesAreLeftAlone) {
  const auto table = Make("000002.sst");
  Append(table.get(), 500);
  EXPECT_EQ(Content("000002.sst"), written_);
}

TEST_F(PreallocatedLogTest, ALogWithZerosBehindItsRecordsOpens) {
  const std::shared_ptr<ForgetfulFileSystem> disk = disk_;
  const auto env = rocksdb::NewCompositeEnv(std::make_shared<PreallocatedLogs>(disk));
  rocksdb::Options options;
  options.create_if_missing = true;
  options.env = env.get();
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  const std::string path = dir_.Sub("db");
  ForgetfulFileSystem::Image durable;
  {
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, path, &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE(db->Put(synced, "key" + std::to_string(i), std::string(i, 'v')).ok());
    }
    durable = disk->Durable();
  }
  Restore(durable, path);
  std::size_t zeros = 0;
  for (const auto& [file, content] : durable) {
    zeros += file.ends_with(".log") ? content.size() - ScanLog(content).sound : 0;
  }
  EXPECT_GT(zeros, 0U) << "the log has no zeros at its end, so nothing is tried";
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path, &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  for (int i = 0; i < 300; ++i) {
    std::string value;
    ASSERT_TRUE(db->Get({}, "key" + std::to_string(i), &value).ok()) << i;
    EXPECT_EQ(value, std::string(i, 'v'));
  }
}

/// Refuses what is longer than this limit.
class SmallDisk final : public rocksdb::FileSystemWrapper {
 public:
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;
    rocksdb::IOStatus PositionedAppend(const rocksdb::Slice& data, std::uint64_t at,
                                       const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* context) override {
      return at + data.size() > 10'000
                 ? rocksdb::IOStatus::NoSpace("injected: no space left on device")
                 : FSWritableFileOwnerWrapper::PositionedAppend(data, at, options, context);
    }
  };
  SmallDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "SmallDisk"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override {
    const rocksdb::IOStatus status = target()->NewWritableFile(path, options, result, context);
    *result = std::make_unique<File>(std::move(*result));
    return status;
  }
};

TEST_F(PreallocatedLogTest, ADiskWithoutRoomForZerosMayHaveRoomForRecords) {
  PreallocatedLogs logs(std::make_shared<SmallDisk>());
  std::unique_ptr<rocksdb::FSWritableFile> log;
  ASSERT_TRUE(logs.NewWritableFile(dir_.Sub("000001.log"), {}, &log, nullptr).ok());
  for (int i = 0; i < 100; ++i) {
    Append(log.get(), 500);
  }
  ExpectZerosBehind(Content("000001.log"));
  ASSERT_TRUE(log->Close({}, nullptr).ok());
  EXPECT_EQ(Content("000001.log"), written_);
}

}  // namespace
}  // namespace cairn::storage
