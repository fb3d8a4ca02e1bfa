#include "storage/ledger/guard.h"

#include <gtest/gtest.h>

#include "storage/ledger/schema.h"
#include "tests/storage/chains.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

constexpr std::size_t kSecondSlot = 4096;

GuardRecord Record(std::uint64_t commits) {
  GuardRecord record;
  record.commits = commits;
  record.head.promised = Ballot(commits);
  record.head.accepted = Ballot(1);
  record.head.tip = commits + 5;
  record.head.decided = commits;
  return record;
}

Guard OpenGuard(const std::string& path) {
  Result<Guard> guard = Guard::Open(path);
  EXPECT_TRUE(guard.ok()) << guard.status().message();
  return std::move(guard).value();
}

void WriteAll(const std::string& path, std::uint64_t from, std::uint64_t to, bool sync) {
  Guard guard = OpenGuard(path);
  for (std::uint64_t commits = from; commits <= to; ++commits) {
    ASSERT_TRUE(guard.Write(Record(commits), sync).ok());
  }
}

TEST(GuardTest, NoFileIsANewGuardAndReadingMakesNone) {
  const TempDirectory dir;
  EXPECT_FALSE(OpenGuard(dir.Sub("guard")).last().has_value());
  EXPECT_FALSE(Guard::Read(dir.Sub("guard")).value().has_value());
  EXPECT_FALSE(std::filesystem::exists(dir.Sub("guard")));
}

TEST(GuardTest, RemembersTheNewestRecord) {
  for (const bool sync : {false, true}) {
    const TempDirectory dir;
    for (std::uint64_t commits = 1; commits <= 5; ++commits) {
      WriteAll(dir.Sub("guard"), commits, commits, sync);
      EXPECT_EQ(OpenGuard(dir.Sub("guard")).last(), Record(commits));
      EXPECT_EQ(Guard::Read(dir.Sub("guard")).value(), Record(commits));
    }
  }
}

TEST(GuardTest, SurvivesATornWriteOfEitherSlot) {
  for (const std::uint64_t last : {4U, 5U}) {
    for (std::size_t kept = 0; kept <= 100; ++kept) {
      const TempDirectory dir;
      WriteAll(dir.Sub("guard"), 1, last - 1, true);
      const std::string before = ReadFile(dir.Sub("guard"));
      WriteAll(dir.Sub("guard"), last, last, true);
      std::string torn = ReadFile(dir.Sub("guard"));
      for (const std::size_t slot : {std::size_t{0}, kSecondSlot}) {
        torn.replace(slot + kept, 512 - kept, before, slot + kept, 512 - kept);
      }
      WriteFile(dir.Sub("guard"), torn);
      const auto found = OpenGuard(dir.Sub("guard")).last();
      ASSERT_TRUE(found.has_value());
      EXPECT_TRUE(found == Record(last) || found == Record(last - 1)) << kept;
    }
  }
}

TEST(GuardTest, WritesThatAreNotSyncedNeverTouchTheLastSyncedRecord) {
  for (const std::uint64_t synced : {1U, 2U, 3U}) {
    const TempDirectory dir;
    WriteAll(dir.Sub("guard"), 1, synced, true);
    std::string before = ReadFile(dir.Sub("guard"));
    WriteAll(dir.Sub("guard"), synced + 1, 9, false);
    const std::string after = ReadFile(dir.Sub("guard"));
    // A power loss may spoil all that was written since, in part or whole.
    before.resize(after.size(), '\0');
    std::string spoiled = after;
    for (std::size_t i = 0; i < spoiled.size(); ++i) {
      spoiled[i] = before[i] == after[i] ? after[i] : 'x';
    }
    WriteFile(dir.Sub("guard"), spoiled);
    EXPECT_EQ(OpenGuard(dir.Sub("guard")).last(), Record(synced));
  }
}

TEST(GuardTest, NoFlippedBitGivesARecordThatWasNeverWritten) {
  const TempDirectory dir;
  WriteAll(dir.Sub("guard"), 1, 6, true);
  const std::string good = ReadFile(dir.Sub("guard"));
  for (const std::size_t slot : {std::size_t{0}, kSecondSlot}) {
    for (std::size_t offset = 0; offset < 120; ++offset) {
      WriteFile(dir.Sub("guard"), good);
      FlipBit(dir.Sub("guard"), slot + offset);
      const auto found = OpenGuard(dir.Sub("guard")).last();
      EXPECT_TRUE(found == Record(5) || found == Record(6));
    }
  }
}

TEST(GuardTest, RefusesAFileInWhichNothingIsValid) {
  for (const std::string& content :
       {std::string(), std::string(4608, '\0'), std::string("cairn"), std::string(9000, 'x')}) {
    const TempDirectory dir;
    WriteFile(dir.Sub("guard"), content);
    const Status status = Guard::Open(dir.Sub("guard")).status();
    EXPECT_EQ(status.code(), Code::kIntegrity);
    EXPECT_NE(status.message().find(dir.Sub("guard")), std::string::npos);
    EXPECT_EQ(Guard::Read(dir.Sub("guard")).status().code(), Code::kIntegrity);
    EXPECT_EQ(ReadFile(dir.Sub("guard")), content);
  }
}

TEST(GuardTest, NamesBothVersionsOfANewerFile) {
  const TempDirectory dir;
  WriteAll(dir.Sub("guard"), 1, 1, true);
  std::string content = ReadFile(dir.Sub("guard"));
  content[8] = 3;
  WriteFile(dir.Sub("guard"), content);
  EXPECT_EQ(Guard::Open(dir.Sub("guard")).status().code(), Code::kIntegrity);  // A flipped bit.
  content.resize(504);
  WriteFile(dir.Sub("guard"), content + Checksum(content));
  const Status status = Guard::Open(dir.Sub("guard")).status();
  EXPECT_EQ(status.code(), Code::kUsage);
  EXPECT_NE(status.message().find("version 3, and this program knows versions up to 1"),
            std::string::npos)
      << status.message();
}

TEST(GuardTest, AFileThatAppearsHoldsItsFirstRecord) {
  const TempDirectory dir;
  WriteFile(dir.Sub("guard.tmp"), "left over by a crash");
  WriteAll(dir.Sub("guard"), 1, 1, false);
  EXPECT_EQ(OpenGuard(dir.Sub("guard")).last(), Record(1));
  EXPECT_FALSE(std::filesystem::exists(dir.Sub("guard.tmp")));
}

}  // namespace
}  // namespace cairn::storage
