#include "net/warn_limiter.h"

#include <gtest/gtest.h>

#include <vector>

namespace cairn::net {
namespace {

TEST(WarnLimiterTest, AFloodMakesFiveLinesAndThenOneASecond) {
  std::vector<std::string> lines;
  WarnLimiter limiter([&](const std::string& line) { lines.push_back(line); });
  WarnLimiter::Clock::time_point now{};
  for (int i = 0; i < 1000; ++i) {
    limiter.Warn("garbage", now);
  }
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines.back(), "garbage");
  now += std::chrono::seconds(1);
  limiter.Warn("garbage", now);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines.back(), "garbage (995 more warnings kept back)");
  limiter.Warn("garbage", now + std::chrono::milliseconds(999));
  EXPECT_EQ(lines.size(), 6U);
}

TEST(WarnLimiterTest, WithoutALogNothingHappens) {
  WarnLimiter limiter(nullptr);
  limiter.Warn("unheard");
}

}  // namespace
}  // namespace cairn::net
