// Work takes time: what a node does in one turn keeps it from everything else, so a turn has an
// end, whatever is asked.

#include <gtest/gtest.h>

#include "sim/load.h"
#include "sim/questions.h"
#include "sim/scenario.h"

namespace cairn::sim {
namespace {

constexpr std::size_t kManyQuestions = 8'192;

WorldOptions Slow(std::uint64_t slowness, std::uint64_t seed) {
  WorldOptions options = SeededOptions(3, seed);
  options.labour.slowness = slowness;
  return options;
}

TEST(LabourTest, WhatComesWhileANodeWorksWaits) {
  Scenario s(Slow(1, 1));
  ASSERT_TRUE(s.Form());
  s.world.RunFor(100'000);
  const auto asks = [&](std::size_t questions) {
    const Micros asked = s.world.now();
    s.world.AskForChain(1, questions);
    bool met = false;
    s.world.Meet(1, [&](const replica::Replica&) { met = true; });
    EXPECT_TRUE(s.world.RunUntil([&] { return met; }, kSecond));
    return s.world.now() - asked;
  };
  EXPECT_LT(asks(0), 5'000U);
  EXPECT_GT(asks(1'000), 20'000U);
}

TEST(LabourTest, QuestionsWithoutEndCostNoLeaderAndNoWrites) {
  for (const std::uint64_t slowness : {1U, 8U}) {
    Scenario s(Slow(slowness, slowness));
    ASSERT_TRUE(s.Form());
    Load load(&s.world, 4, 100);
    s.world.RunFor(2 * kSecond);
    const Questions questions(&s.world, kManyQuestions);
    const std::uint64_t round = s.Round();
    const std::uint64_t done = load.done();
    s.world.RunFor(20 * kSecond);
    EXPECT_EQ(s.Round(), round) << "slowness " << slowness;
    EXPECT_GE(load.done(), done + 100) << "slowness " << slowness;
    EXPECT_EQ(s.Trouble(), "none");
  }
}

}  // namespace
}  // namespace cairn::sim
