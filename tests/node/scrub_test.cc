#include "node/scrub.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "tests/node/fixture.h"
#include "tests/storage/chains.h"
#include "tests/storage/ledger_editor.h"

namespace cairn::node {
namespace {

using storage::Accept;
using storage::Chain;
using storage::Decide;
using storage::Extend;
using storage::Ledger;
using storage::State;

/// Files whose bytes can't be read for a while, as where a process has too many files open.
class UnreadableFiles final : public rocksdb::FileSystemWrapper {
 public:
  UnreadableFiles() : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "UnreadableFiles"; }

  std::atomic<bool> unreadable = false;

  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* context) override {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    rocksdb::IOStatus status = target()->NewRandomAccessFile(path, options, &file, context);
    if (status.ok()) {
      *result = std::make_unique<File>(std::move(file), this);
    }
    return status;
  }

 private:
  class File final : public rocksdb::FSRandomAccessFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSRandomAccessFile> file, const UnreadableFiles* files)
        : FSRandomAccessFileOwnerWrapper(std::move(file)), files_(files) {}
    rocksdb::IOStatus Read(std::uint64_t offset, std::size_t bytes,
                           const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* context) const override {
      return files_->unreadable
                 ? rocksdb::IOStatus::IOError("While open a file", "Too many open files")
                 : FSRandomAccessFileOwnerWrapper::Read(offset, bytes, options, result, scratch,
                                                        context);
    }

   private:
    const UnreadableFiles* files_;
  };
};

/// A ledger that commits while a scrub passes over it again and again, without a rest.
class ScrubTest : public ::testing::Test {
 protected:
  void Open(rocksdb::Env* env = nullptr) {
    storage::Ledger::Options options = storage::Ours();
    options.env = env;
    auto ledger = storage::Ledger::Open(dir_.path(), storage::Genesis(), options);
    ASSERT_TRUE(ledger.ok()) << ledger.status().message();
    ledger_ = std::move(ledger).value();
    auto state = storage::State::Open(dir_.path(), {});
    ASSERT_TRUE(state.ok()) << state.status().message();
    state_ = std::move(state).value();
  }
  /// A ledger of so many blocks, all decided.
  void Fill(Slot length) {
    Open();
    chain_ = Chain(length);
    ledger_->Commit(Decide(1, {chain_.begin() + 1, chain_.end()}));
  }
  [[nodiscard]] paxos::Log LogOf(const std::vector<BlockPtr>& blocks) const {
    return {blocks, blocks.back()->slot(), {}};
  }
  /// Until it has begun and ended another pass, or found damage.
  [[nodiscard]] static bool Passes(Scrub* scrub, std::optional<Scrub::Damage>* damage) {
    const std::uint64_t before = scrub->passes();
    return testing::Until(
        [&] {
          *damage = scrub->TakeDamage();
          return *damage || scrub->passes() > before + 1;
        },
        [] { std::this_thread::yield(); });
  }
  static void ExpectSound(Scrub* scrub) {
    std::optional<Scrub::Damage> damage;
    EXPECT_TRUE(Passes(scrub, &damage));
    EXPECT_FALSE(damage) << damage->problem.message();
  }

  storage::TempDirectory dir_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<State> state_;
  std::vector<BlockPtr> chain_;
};

TEST_F(ScrubTest, BlocksThatAreDecidedAndNotYetDurableAreNotLookedFor) {
  Fill(10);
  Scrub scrub(ledger_.get(), state_.get(), LogOf(chain_), 0);
  ExpectSound(&scrub);
  while (chain_.size() <= 20) {
    chain_.push_back(Extend(chain_.back()));
  }
  scrub.SetTop(LogOf(chain_));  // as between what a node has learned and its commit
  ExpectSound(&scrub);
  EXPECT_EQ(scrub.all(), 10U);
  ledger_->Commit(Decide(1, {chain_.begin() + 11, chain_.end()}));
  scrub.SetTop(LogOf(chain_));
  ExpectSound(&scrub);
  EXPECT_EQ(scrub.all(), 20U);
}

TEST_F(ScrubTest, PassesBesideCommitsFindASoundLedgerSound) {
  Fill(1);
  paxos::Log log = LogOf(chain_);
  Scrub scrub(ledger_.get(), state_.get(), log, 0);
  for (std::uint64_t round = 2; round < 300; ++round) {
    // Two blocks more are decided, and above them another one is replaced by a newer leader's.
    log.CutTo(log.decided());
    std::vector<BlockPtr> blocks;
    for (int i = 0; i < 3; ++i) {
      blocks.push_back(Extend(log.At(log.tip()), "round " + std::to_string(round)));
      log.Append(blocks.back());
    }
    log.Decide(log.tip() - 1);
    scrub.SetTop(log);
    replica::LedgerWrite write = Accept(round, std::move(blocks));
    write.head.decided = log.decided();
    ledger_->Commit(write);
    if (const auto damage = scrub.TakeDamage()) {
      FAIL() << "round " << round << ": " << damage->problem.message();
    }
  }
  ExpectSound(&scrub);
  scrub.SetTop(log);
  ExpectSound(&scrub);
  EXPECT_EQ(scrub.all(), log.decided());
}

TEST_F(ScrubTest, WhatIsDamagedIsFound) {
  Fill(200);
  ledger_.reset();
  state_.reset();
  storage::LedgerEditor(dir_.path()).FlipBlock(5, 60);
  Open();
  Scrub scrub(ledger_.get(), state_.get(), LogOf(chain_), 0);
  std::optional<Scrub::Damage> damage;
  ASSERT_TRUE(Passes(&scrub, &damage));
  ASSERT_TRUE(damage);
  EXPECT_FALSE(damage->of_state);
  EXPECT_EQ(damage->problem.code(), Code::kIntegrity);
  EXPECT_NE(damage->problem.message().find("slot 5 "), std::string::npos);
}

TEST_F(ScrubTest, AReadThatFailsIsNoDamageAndTheNextPassTriesAgain) {
  Fill(200);
  ledger_.reset();
  state_.reset();
  const auto files = std::make_shared<UnreadableFiles>();
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
  Open(env.get());
  files->unreadable = true;
  {
    Scrub scrub(ledger_.get(), state_.get(), LogOf(chain_), 0);
    ASSERT_TRUE(testing::Until([&] { return scrub.trouble().has_value(); },
                               [] { std::this_thread::yield(); }));
    EXPECT_NE(scrub.trouble()->message().find("Too many open files"), std::string::npos)
        << scrub.trouble()->message();
    EXPECT_FALSE(scrub.TakeDamage());
    EXPECT_EQ(scrub.passes(), 0U);
    files->unreadable = false;
    ExpectSound(&scrub);
    EXPECT_FALSE(scrub.trouble());
  }
  ledger_.reset();
}

}  // namespace
}  // namespace cairn::node
