// The ledger over a disk that forgets what was not synced, or fails (R6).

#include <gtest/gtest.h>

#include "storage/ledger.h"
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

/// What a power loss leaves: the database, the guard, and what had been committed by then.
struct Remains {
  ForgetfulFileSystem::Image ledger;
  std::string guard;
  Slot committed = 0;
  bool started = false;  // A commit was under way.
};

/// A first start and some commits, with the remains of a power loss before each sync.
std::vector<Remains> LoseAtEverySync(const std::string& directory,
                                     const std::vector<BlockPtr>& chain, std::size_t torn) {
  std::vector<Remains> all;
  Remains now;
  Life life(directory);
  life.disk().BeforeSync([&] {
    now.ledger = life.disk().Durable(torn);
    now.guard = ReadFile(directory + "/guard");
    all.push_back(now);
  });
  life.Open();
  for (Slot slot = 1; slot < chain.size(); ++slot) {
    now.started = true;
    life.ledger().Commit(Accept(1, {chain[slot]}));
    now = {{}, {}, slot, false};
  }
  return all;
}

TEST(LedgerCrashTest, APowerLossAtAnySyncLosesNoCommitAndNeedsNoHelp) {
  const auto chain = Chain(5);
  for (const std::size_t torn : {0, 10, 100, 1'000'000}) {
    const TempDirectory dir;
    const auto all = LoseAtEverySync(dir.path(), chain, torn);
    ASSERT_GT(all.size(), chain.size());
    for (const Remains& remains : all) {
      Restore(remains.ledger, dir.Sub("ledger"));
      std::filesystem::remove(dir.Sub("guard"));
      if (!remains.guard.empty()) {
        WriteFile(dir.Sub("guard"), remains.guard);
      }
      Life life(dir.path(), remains.ledger);
      life.Open();
      ASSERT_FALSE(HasFatalFailure());
      const Slot tip = life.ledger().head().tip;
      EXPECT_GE(tip, remains.committed);
      EXPECT_LE(tip, remains.committed + (remains.started ? 1 : 0));
      for (Slot slot = 0; slot <= tip; ++slot) {
        EXPECT_EQ(life.ledger().Read(slot).value()->hash, chain[slot]->hash);
      }
    }
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
