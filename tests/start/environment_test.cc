// Every call that a start makes of the system fails, one after the other, with every error that an
// environment gives: nothing is moved or lost, and the same start succeeds when the cause is gone.
// A run tries every so many calls; with CAIRN_EXHAUSTIVE set, all of them with all errors.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <limits>

#include "refusals/refuse.h"
#include "start/start_up.h"
#include "tests/node/fixture.h"

namespace cairn::start {
namespace {

using node::testing::ChainMaker;
using node::testing::MakeCluster;
using node::testing::PutRequest;
using node::testing::Recall;
using node::testing::Said;

constexpr std::array kErrors = {EACCES, EIO, EMFILE, ENOMEM, ENOSPC, EROFS, ENFILE, EDQUOT, EPERM};
constexpr std::uint64_t kForEver = std::numeric_limits<std::uint64_t>::max();
constexpr Slot kTip = 24;
constexpr Slot kDecided = 22;

/// What a child process ends with.
enum Outcome : int { kStarted = 0, kRefused = 1, kWrongCode = 2, kWrongContent = 3, kAtStake = 64 };

class EnvironmentTest : public ::testing::Test {
 protected:
  /// All that opens a database runs in a child: a process with threads can't be forked.
  static int InChild(const std::function<int()>& work) {
    std::cout << std::flush;
    const pid_t child = ::fork();
    if (child == 0) {
      ::_exit(work());
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : kAtStake + WTERMSIG(status);
  }

  /// Tables, a log with blocks in it, some not decided, and a state.
  int Make() {
    ChainMaker maker(whole_, cluster_);
    maker.PutUpTo(kTip);
    std::vector<BlockPtr> chain = maker.chain();
    maker.Write(kDecided - 4);
    auto memory = Recall(whole_, cluster_);
    replica::LedgerWrite write;
    write.needed = true;
    write.head = memory->ledger->head();
    write.head.decided = kDecided;
    write.blocks = {chain.back()};
    memory->ledger->Commit(write);
    return memory->state->Flush().ok() ? kStarted : kWrongContent;
  }

  int Start(const std::string& directory) {
    Said said;
    const auto memory = StartUp(directory, cluster_, 1, said.Talk());
    const std::string first = FirstRefused();
    (void)RefuseNothing();
    if (!memory.ok()) {
      std::cout << "  " << first << ": " << memory.status().message() << std::endl;
      return memory.status().code() == Code::kOther ? kRefused : kWrongCode;
    }
    const bool whole = memory->recovered.head.tip == kTip &&
                       memory->recovered.head.decided == kDecided &&
                       memory->recovered.holes.empty() && said.restarts.empty() &&
                       memory->machine->Get("key20").has_value();
    return whole ? kStarted : kWrongContent;
  }

  /// False when there were fewer calls.
  bool Try(std::uint64_t call, int error, std::uint64_t count) {
    const std::string directory = dir_.Sub("node1");
    std::filesystem::remove_all(directory);
    std::filesystem::copy(whole_, directory, std::filesystem::copy_options::recursive);
    const std::string marker = dir_.Sub("refused");
    std::filesystem::remove(marker);
    const int outcome = InChild([&] {
      RefuseCalls(directory.c_str(), error, call, count);
      const int started = Start(directory);
      if (FirstRefused()[0] != '\0') {
        storage::WriteFile(marker, FirstRefused());
      }
      return started;
    });
    const std::string what = "call " + std::to_string(call) + " and " + std::to_string(count) +
                             " times: " + std::string(::strerror(error)) + ", " +
                             storage::ReadFile(marker);
    EXPECT_TRUE(outcome == kStarted || outcome == kRefused) << outcome << " at " << what;
    EXPECT_FALSE(std::filesystem::exists(directory + "/quarantine")) << what;
    EXPECT_FALSE(std::filesystem::exists(directory + "/salvage")) << what;
    EXPECT_EQ(storage::ReadFile(directory + "/identity"), storage::ReadFile(whole_ + "/identity"))
        << what;
    refused_ += outcome == kRefused ? 1 : 0;
    tried_ += 1;
    EXPECT_EQ(InChild([&] { return Start(directory); }), kStarted) << "afterwards, " << what;
    return outcome > kStarted || std::filesystem::exists(marker);
  }

  void TryAll(std::uint64_t count) {
    const bool exhaustive = std::getenv("CAIRN_EXHAUSTIVE") != nullptr;
    std::uint64_t call = 1;
    for (bool more = true; more; call += exhaustive ? 1 : 7) {
      for (std::size_t i = 0; more && i < (exhaustive ? kErrors.size() : 1); ++i) {
        more = Try(call, kErrors.at((call + i) % kErrors.size()), count);
      }
    }
    std::cout << tried_ << " starts, " << refused_ << " refused, the last at call " << call << "\n";
    EXPECT_GT(call, 100U) << "the calls of a start were not met";
    EXPECT_GT(refused_, 10U);
  }

  storage::TempDirectory dir_{storage::MemoryDirectory()};
  config::Cluster cluster_ = MakeCluster(dir_, 1);
  std::string whole_ = dir_.Sub("whole");
  std::size_t tried_ = 0;
  std::size_t refused_ = 0;
};

TEST_F(EnvironmentTest, ACallThatFailsOnceMovesNothing) {
  ASSERT_EQ(InChild([this] { return Make(); }), kStarted);
  TryAll(1);
}

TEST_F(EnvironmentTest, CallsThatFailFromThereOnMoveNothing) {
  ASSERT_EQ(InChild([this] { return Make(); }), kStarted);
  TryAll(kForEver);
}

}  // namespace
}  // namespace cairn::start
