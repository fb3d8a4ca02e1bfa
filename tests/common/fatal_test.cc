#include "common/fatal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

namespace cairn {
namespace {

TEST(StopNowDeathTest, SaysWhyAndEndsWithTheExitCodeOfTheStatus) {
  EXPECT_EXIT(StopNow(Status::Integrity("the ledger is damaged")), testing::ExitedWithCode(6),
              "cairn: the ledger is damaged");
}

// R6: nothing may be written, closed or synced after a failed sync.
TEST(StopNowDeathTest, RunsNoExitHandler) {
  EXPECT_EXIT(
      {
        std::atexit([] { std::fprintf(stderr, "an exit handler ran\n"); });
        StopNow(Status::Other("enough"));
      },
      testing::ExitedWithCode(1), "^cairn: enough\n$");
}

// A console's thread is inside a read of standard input for most of its life.
TEST(StopNowDeathTest, WaitsForNoThreadThatHoldsAStream) {
  EXPECT_EXIT(
      {
        std::promise<void> held;
        std::thread([&held] {
          ::flockfile(stdin);
          held.set_value();
          ::pause();
        }).detach();
        held.get_future().wait();
        StopNow(Status::Other("enough"));
      },
      testing::ExitedWithCode(1), "^cairn: enough\n$");
}

}  // namespace
}  // namespace cairn
