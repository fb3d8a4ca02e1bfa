#include "system/clock.h"

#include <gtest/gtest.h>

#include <set>

namespace cairn::system {
namespace {

TEST(ClockTest, TheMonotonicClockNeverGoesBack) {
  Micros last = MonotonicNow();
  for (int i = 0; i < 1000; ++i) {
    const Micros now = MonotonicNow();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(ClockTest, TheWallClockCountsMicrosecondsSinceTheEpoch) {
  EXPECT_GT(WallNow(), Micros{1'600'000'000} * 1'000'000);
  EXPECT_LT(WallNow(), Micros{16'000'000'000} * 1'000'000);
}

TEST(ClockTest, RandomBitsAreNotTheSameTwice) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(RandomBits());
  }
  EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace cairn::system
