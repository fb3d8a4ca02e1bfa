#include "net/wire/warn_limiter.h"

#include <gtest/gtest.h>

#include <vector>

namespace cairn::net {
namespace {

TEST(WarnLimiterTest, AFloodMakesFiveLinesAndThenOneASecond) {
  std::vector<std::string> lines;
  WarnLimiter limiter([&](const std::string& line) { lines.push_back(line); });
  WarnLimiter::Clock::time_point now{};
  for (int i = 0; i < 1000; ++i) {
    limiter.Warn("garbage " + std::to_string(i), now);
  }
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines.back(), "garbage 4");
  now += std::chrono::seconds(1);
  limiter.Warn("more", now);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines.back(), "more (995 more warnings kept back)");
  limiter.Warn("still more", now + std::chrono::milliseconds(999));
  EXPECT_EQ(lines.size(), 6U);
}

TEST(WarnLimiterTest, TheSameLineComesMoreAndMoreRarelyAndKeepsNoOtherOneBack) {
  std::vector<std::string> lines;
  WarnLimiter limiter([&](const std::string& line) { lines.push_back(line); });
  WarnLimiter::Clock::time_point now{};
  for (int seconds = 0; seconds < 3600; ++seconds, now += std::chrono::seconds(1)) {
    for (int i = 0; i < 25; ++i) {
      limiter.Warn("another cluster", now);
    }
  }
  EXPECT_LT(lines.size(), 70U);
  EXPECT_GT(lines.size(), 60U);
  limiter.Warn("something else", now);
  EXPECT_EQ(lines.back().find("something else"), 0U);
  // After a long silence it is news again.
  now += std::chrono::hours(1);
  const std::size_t before = lines.size();
  limiter.Warn("another cluster", now);
  limiter.Warn("another cluster", now + std::chrono::seconds(1));
  EXPECT_EQ(lines.size(), before + 2);
}

TEST(WarnLimiterTest, WithoutALogNothingHappens) {
  WarnLimiter limiter(nullptr);
  limiter.Warn("unheard");
}

}  // namespace
}  // namespace cairn::net
