#include <gtest/gtest.h>

#include "sim/campaign.h"

namespace cairn::sim {
namespace {

TEST(SimTest, TheSameSeedGivesTheSameTrace) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Report once = RunSeed(seed);
    const Report again = RunSeed(seed);
    EXPECT_EQ(once.digest, again.digest);
    EXPECT_EQ(once.events, again.events);
    EXPECT_EQ(once.acknowledged, again.acknowledged);
  }
}

TEST(SimTest, TheRulesHoldUnderEverySeed) {
  std::uint64_t acknowledged = 0;
  std::uint64_t leader_changes = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Report report = RunSeed(seed);
    ASSERT_FALSE(report.failure.has_value()) << *report.failure;
    acknowledged += report.acknowledged;
    leader_changes += report.leader_changes;
  }
  EXPECT_GT(acknowledged, 10'000U);
  EXPECT_GT(leader_changes, 600U);
}

}  // namespace
}  // namespace cairn::sim
