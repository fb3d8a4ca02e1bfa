// The ledger over a disk that forgets what was not synced, or fails (R6). A power loss at every
// change of the disk: power_loss_test.cc.

#include <gtest/gtest.h>

#include "storage/files/files.h"
#include "storage/ledger/ledger.h"
#include "tests/storage/chains.h"
#include "tests/storage/forgetful_file_system.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

/// One life of a node's ledger over a forgetful disk.
class Life {
 public:
  explicit Life(std::string directory, const ForgetfulFileSystem::Image& durable = {})
      : disk_(std::make_shared<ForgetfulFileSystem>(durable)),
        env_(rocksdb::NewCompositeEnv(disk_)),
        directory_(std::move(directory)) {}

  void Open() {
    Ledger::Options options = Ours();
    options.env = env_.get();
    auto ledger = Ledger::Open(directory_, Genesis(), options);
    ASSERT_TRUE(ledger.ok()) << ledger.status().message();
    ledger_ = std::move(ledger).value();
  }
  ForgetfulFileSystem& disk() { return *disk_; }
  Ledger& ledger() { return *ledger_; }

 private:
  std::shared_ptr<ForgetfulFileSystem> disk_;
  std::unique_ptr<rocksdb::Env> env_;
  std::string directory_;
  std::unique_ptr<Ledger> ledger_;
};

TEST(LedgerCrashTest, EveryCommitIsSyncedBeforeItReturns) {
  const TempDirectory dir;
  const auto chain = Chain(20);
  Life life(dir.path());
  life.Open();
  for (Slot slot = 1; slot <= 20; ++slot) {
    const int before = life.disk().Syncs(".log");
    life.ledger().Commit(Accept(1, {chain[slot]}));
    EXPECT_EQ(life.disk().Syncs(".log"), before + 1);
    EXPECT_EQ(life.disk().UnsyncedBytes(".log"), 0U);
  }
}

TEST(LedgerCrashTest, APowerLossAfterACommitKeepsIt) {
  const TempDirectory dir;
  const auto chain = Chain(12);
  ForgetfulFileSystem::Image durable;
  for (Slot tip = 0; tip <= 12; ++tip) {
    Restore(durable, dir.Sub("ledger"));
    Life life(dir.path(), durable);
    life.Open();
    ASSERT_EQ(life.ledger().head().tip, tip == 0 ? 0 : tip - 1);
    if (tip > 0) {
      life.ledger().Commit(Accept(1, {chain[tip]}));
    }
    durable = life.disk().Durable(tip * 100);
  }
}

TEST(LedgerCrashDeathTest, AFailedSyncEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  const auto chain = Chain(2);
  EXPECT_EXIT(
      {
        Life life(dir.path());
        life.Open();
        life.ledger().Commit(Accept(1, {chain[1]}));
        life.disk().FailSyncs(".log");
        life.ledger().Commit(Accept(1, {chain[2]}));
      },
      testing::ExitedWithCode(1), "could not commit to the ledger .*/ledger.*injected");
  Life life(dir.path());
  life.Open();
  EXPECT_GE(life.ledger().head().tip, 1U);  // The failed one may be there; nobody was told.
}

/// Commits until a compaction reads what rotted in the oldest table.
void CommitOverRot(const std::string& directory) {
  auto ledger = std::move(Ledger::Open(directory, Genesis(), Ours())).value();
  BlockPtr last = Genesis();
  bool rotten = false;
  for (int i = 0; i < 2000; ++i) {
    last = Extend(last, std::string(3000, static_cast<char>('a' + i % 26)) + std::to_string(i * i));
    replica::LedgerWrite write = Accept(1, {last});
    write.head.decided = last->slot() - 1;
    ledger->Commit(write);
    const std::vector<std::string> tables = ListFiles(directory + "/ledger", ".sst").value();
    if (!rotten && tables.size() > 1) {  // The first one is complete.
      const std::string table = directory + "/ledger/" + tables.front();
      for (std::size_t at = 0; at < std::filesystem::file_size(table) * 3 / 4; at += 500) {
        FlipBit(table, at);
      }
      rotten = true;
    }
  }
}

TEST(LedgerCrashDeathTest, DamageThatACompactionMeetsIsLeftToASalvage) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir{MemoryDirectory()};
  EXPECT_EXIT(CommitOverRot(dir.path()), testing::ExitedWithCode(1),
              "could not commit to the ledger .*Corruption.*salvages what can be read");
  EXPECT_NE(ReadFile(dir.Sub("salvage")).find("Corruption"), std::string::npos);
}

TEST(LedgerCrashDeathTest, AFullDiskEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  EXPECT_EXIT(
      {
        Life life(dir.path());
        life.Open();
        life.disk().FailWrites(".log");
        life.ledger().Commit(Accept(1, {Chain(1)[1]}));
      },
      testing::ExitedWithCode(1), "could not commit to the ledger .*no space left");
}

TEST(LedgerCrashDeathTest, AFailedFirstCommitEndsTheProcessAndTheNextStartFinishesIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  EXPECT_EXIT(
      {
        Life life(dir.path());
        life.disk().FailSyncs(".log");
        life.Open();
      },
      testing::ExitedWithCode(1), "could not commit to the ledger");
  Life life(dir.path());
  life.Open();
  EXPECT_EQ(life.ledger().commits(), 1U);
}

TEST(LedgerCrashDeathTest, AGuardThatCannotBeWrittenEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  EXPECT_EXIT(
      {
        std::filesystem::create_directory(dir.Sub("guard.tmp"));
        Life life(dir.path());
        life.Open();
      },
      testing::ExitedWithCode(1), "guard.tmp.*may or may not be on the disk");
}

}  // namespace
}  // namespace cairn::storage
