#include <gtest/gtest.h>

#include <sstream>

#include "sim/campaign.h"

namespace cairn::sim {
namespace {

TEST(SimTest, TheSameSeedGivesTheSameTraceByteForByte) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    std::ostringstream once;
    std::ostringstream again;
    const Report first = sim::Run(PlanOf(seed), &once);
    const Report second = sim::Run(PlanOf(seed), &again);
    EXPECT_FALSE(once.str().empty());
    EXPECT_EQ(once.str(), again.str());
    EXPECT_EQ(first.digest, second.digest);
  }
}

TEST(SimTest, AShrunkPlanNamesItself) {
  Plan plan = PlanOf(7);
  EXPECT_EQ(plan.Arguments(), "--seed 7");
  plan.faults = {plan.faults.at(1)};
  plan.clients += 1;
  EXPECT_EQ(plan.Arguments(), "--seed 7 --clients " + std::to_string(plan.clients) + " --faults 1");
}

TEST(SimTest, TheRulesHoldUnderEverySeedAndEverySituationIsMet) {
  Report total = sim::Run(PlanOf(1));
  ASSERT_FALSE(total.failure.has_value()) << *total.failure;
  for (std::uint64_t seed = 2; seed <= 400; ++seed) {
    const Report report = sim::Run(PlanOf(seed));
    ASSERT_FALSE(report.failure.has_value())
        << "seed " << seed << ": " << *report.failure << "\nreplay: build/cairn-sim --seed " << seed
        << " --trace";
    total.Add(report);
  }
  for (std::size_t i = 0; i < kSituationNames.size(); ++i) {
    EXPECT_GT(total.situations.count(i), 0U) << "never met: " << kSituationNames[i];
  }
}

}  // namespace
}  // namespace cairn::sim
