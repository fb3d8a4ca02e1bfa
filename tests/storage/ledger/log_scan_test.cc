#include "storage/ledger/log_scan.h"

#include <gtest/gtest.h>

#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

constexpr std::size_t kBlock = 32768;

/// A log that RocksDB wrote: so many batches, each with a value of so many bytes.
std::string WriteLog(int batches, std::size_t value_bytes) {
  const TempDirectory dir{MemoryDirectory()};
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  EXPECT_TRUE(rocksdb::DB::Open(options, dir.path(), &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  for (int i = 0; i < batches; ++i) {
    EXPECT_TRUE(
        db->Put({}, std::to_string(i), std::string(value_bytes, static_cast<char>(i))).ok());
  }
  std::string log;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    if (entry.path().extension() == ".log") {
      log += ReadFile(entry.path().string());
    }
  }
  return log;
}

/// Where the nth record of a log of one block begins.
std::size_t Offset(const std::string& log, int n) {
  std::size_t at = 0;
  for (; n > 0; --n) {
    at +=
        7 + static_cast<std::uint8_t>(log[at + 4]) + 256U * static_cast<std::uint8_t>(log[at + 5]);
  }
  return at;
}

/// The first keys of the batches that were found.
std::string Keys(const LogScan& scan) {
  struct Collect final : rocksdb::WriteBatch::Handler {
    rocksdb::Status PutCF(std::uint32_t, const rocksdb::Slice& key,
                          const rocksdb::Slice&) override {
      keys += key.ToString();
      return rocksdb::Status::OK();
    }
    std::string keys;
  } collect;
  for (const LogScan::Record& record : scan.records) {
    EXPECT_TRUE(rocksdb::WriteBatch(record.bytes).Iterate(&collect).ok());
  }
  return collect.keys;
}

TEST(LogScanTest, ReadsWhatRocksdbWrote) {
  for (const std::size_t value_bytes : {10U, 5000U, 100'000U}) {
    const std::string log = WriteLog(9, value_bytes);
    const LogScan scan = ScanLog(log);
    EXPECT_EQ(Keys(scan), "012345678");
    EXPECT_FALSE(scan.damaged || scan.goes_on || scan.lost_the_last);
    EXPECT_EQ(scan.sound, log.size());
  }
  EXPECT_FALSE(ScanLog("").damaged);
}

TEST(LogScanTest, TheZerosThatALogIsWrittenOverAreItsEnd) {
  for (const std::size_t value_bytes : {10U, 5000U, 70'000U}) {
    const std::string log = WriteLog(9, value_bytes);
    const LogScan scan = ScanLog(log + std::string(100'000, '\0'));
    EXPECT_EQ(Keys(scan), "012345678");
    EXPECT_FALSE(scan.damaged || scan.goes_on || scan.lost_the_last);
    EXPECT_EQ(scan.sound, log.size());
    const LogScan torn = ScanLog(log.substr(0, log.size() - 1) + std::string(100'000, '\0'));
    EXPECT_EQ(Keys(torn), "01234567");
    EXPECT_TRUE(torn.damaged);
    EXPECT_FALSE(torn.goes_on || torn.lost_the_last);
    EXPECT_LT(torn.sound, log.size());
  }
}

TEST(LogScanTest, WhatAPowerLossLeavesOfTheLastWriteIsNotTakenForLoss) {
  for (const std::size_t value_bytes : {100U, 70'000U}) {
    const std::string log = WriteLog(4, value_bytes);
    const std::size_t begin = value_bytes == 100 ? Offset(log, 3) : ScanLog(log).sound * 3 / 4;
    const std::string before = log.substr(0, begin);
    for (std::size_t kept = begin; kept < log.size(); kept += 1 + (log.size() - begin) / 50) {
      std::string zeroed = log;
      std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(kept), zeroed.end(), '\0');
      std::string tail = log;
      std::fill(tail.begin() + static_cast<std::ptrdiff_t>(begin),
                tail.begin() + static_cast<std::ptrdiff_t>(kept) + 1, '\0');
      for (const std::string& torn : {log.substr(0, kept), zeroed}) {
        EXPECT_FALSE(ScanLog(torn).goes_on) << kept;
        EXPECT_GE(Keys(ScanLog(torn)).size(), 3U - (value_bytes > 100 ? 1 : 0));
      }
      if (value_bytes == 100) {
        EXPECT_EQ(Keys(ScanLog(tail)), "012");
        EXPECT_EQ(ScanLog(tail).sound, begin);
        EXPECT_FALSE(ScanLog(tail).goes_on);
      }
    }
  }
}

TEST(LogScanTest, DamageBeforeTheLastRecordIsSeenAsLoss) {
  const std::string log = WriteLog(9, 100);
  for (std::size_t at = 0; at < Offset(log, 8); ++at) {
    std::string flipped = log;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x20);
    const LogScan scan = ScanLog(flipped);
    EXPECT_TRUE(scan.damaged && scan.goes_on) << at;
    EXPECT_EQ(Keys(scan).size(), 8U) << at;
    EXPECT_EQ(Keys(scan).back(), '8');
  }
}

TEST(LogScanTest, BehindAZeroedPageItGoesOnWithoutTrustingThePlace) {
  const std::string log = WriteLog(30, 1000);
  std::string zeroed = log;
  std::fill_n(zeroed.begin() + 4096, 4096, '\0');
  const LogScan scan = ScanLog(zeroed);
  EXPECT_TRUE(scan.damaged && scan.goes_on && scan.lost_the_last);
  EXPECT_GE(scan.records.size(), 24U);
  EXPECT_TRUE(scan.records.front().certain);
  EXPECT_FALSE(scan.records.back().certain);
}

TEST(LogScanTest, TheNextBlockIsTrustedAgain) {
  const std::string log = WriteLog(60, 1000);
  ASSERT_GT(log.size(), kBlock + 4096);
  std::string zeroed = log;
  std::fill_n(zeroed.begin() + 4096, 4096, '\0');
  const LogScan scan = ScanLog(zeroed);
  EXPECT_TRUE(scan.records.back().certain);
  EXPECT_TRUE(scan.goes_on);
  EXPECT_FALSE(scan.lost_the_last);
}

TEST(LogScanTest, AnyBytesAreScanned) {
  std::string bytes(3 * kBlock, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(i * i * 2654435761U >> 11);
  }
  EXPECT_TRUE(ScanLog(bytes).records.empty());
  EXPECT_TRUE(ScanLog(bytes).damaged);
  EXPECT_FALSE(ScanLog(std::string(3 * kBlock, '\0')).goes_on);
}

}  // namespace
}  // namespace cairn::storage
