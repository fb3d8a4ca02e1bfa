#include "node/clock_watch.h"

#include <gtest/gtest.h>

namespace cairn::node {
namespace {

constexpr Micros kSecond = 1'000'000;

TEST(ClockWatchTest, SaysThatBlockTimesAreAheadAtABoundedRateAndKeepsItForTheStatus) {
  ClockWatch watch;
  EXPECT_EQ(watch.Complaint(9 * kSecond, kSecond), std::nullopt);
  EXPECT_EQ(watch.words(), std::nullopt);
  const auto complaint = watch.Complaint(3 * 86'400 * kSecond, kSecond);
  ASSERT_TRUE(complaint.has_value());
  EXPECT_NE(complaint->find("3 days ahead of this node's clock"), std::string::npos);
  EXPECT_EQ(watch.words(), complaint);
  EXPECT_EQ(watch.Complaint(3 * 86'400 * kSecond, 2 * kSecond), std::nullopt);
  EXPECT_TRUE(watch.words().has_value());
  EXPECT_TRUE(watch.Complaint(20 * kSecond, 700 * kSecond).has_value());
  EXPECT_NE(watch.words()->find("20 seconds ahead"), std::string::npos);
}

TEST(ClockWatchTest, IsSilentOnceTheClocksHaveCaughtUp) {
  ClockWatch watch;
  EXPECT_TRUE(watch.Complaint(60 * kSecond, kSecond).has_value());
  EXPECT_EQ(watch.Complaint(0, 2 * kSecond), std::nullopt);
  EXPECT_EQ(watch.words(), std::nullopt);
}

}  // namespace
}  // namespace cairn::node
