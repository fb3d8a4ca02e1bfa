#include "paxos/log.h"

#include <gtest/gtest.h>

#include "paxos/chain_builder.h"

namespace cairn::paxos {
namespace {

// R4: the log is the chain.
TEST(LogDeathTest, TakesABlockOnlyOnTopOfItsParent) {
  const auto chain = Chain(3);
  Log log = LogOf(Part(chain, 0, 2), 0);
  EXPECT_DEATH(log.Append(Child(chain[3], "gap")), "R4");
  EXPECT_DEATH(log.Append(Child(chain[1], "another branch")), "R4");
  log.Append(chain[3]);
  EXPECT_EQ(log.tip(), 3U);
  EXPECT_EQ(log.tip_hash(), chain[3]->hash);
}

TEST(LogDeathTest, IsNotMadeOfBlocksWithAGap) {
  const auto chain = Chain(3);
  EXPECT_DEATH(Log({chain[0], chain[2]}, 0, {}), "gap");
  EXPECT_DEATH(Log({chain[2], chain[3]}, 1, {}), "decided");
  EXPECT_DEATH(Log({chain[0], chain[1]}, 2, {}), "decided");
}

// R5: a decided block never changes.
TEST(LogDeathTest, NeverCutsADecidedBlock) {
  const auto chain = Chain(4);
  Log log = LogOf(chain, 2);
  EXPECT_DEATH(log.CutTo(1), "R5");
  log.CutTo(2);
  EXPECT_EQ(log.tip(), 2U);
  EXPECT_EQ(log.decided(), 2U);
}

// R5: what is decided stays decided.
TEST(LogTest, DecidedNeverGoesBack) {
  Log log = LogOf(Chain(4), 3);
  log.Decide(1);
  EXPECT_EQ(log.decided(), 3U);
}

TEST(LogDeathTest, DecidesOnlyWhatItHolds) {
  Log log = LogOf(Chain(2), 1);
  EXPECT_DEATH(log.Decide(3), "in the log");
}

TEST(LogTest, KnowsABlockByItsHash) {
  const auto chain = Chain(3);
  const Log log = LogOf(chain, 1);
  EXPECT_TRUE(log.Has(2, chain[2]->hash));
  EXPECT_FALSE(log.Has(2, chain[3]->hash));
  EXPECT_FALSE(log.Has(4, chain[3]->hash));
  EXPECT_EQ(log.At(4), nullptr);
}

TEST(LogTest, ForgetsOnlyOldDecidedBlocks) {
  const auto chain = Chain(9);
  Log log = LogOf(chain, 6);
  log.Trim(6, 2, 1'000'000);
  EXPECT_EQ(log.first(), 5U);  // two recent decided blocks
  EXPECT_EQ(log.tip(), 9U);
  EXPECT_EQ(log.decided(), 6U);
}

TEST(LogTest, KeepsWhatIsNotYetApplied) {
  Log log = LogOf(Chain(9), 6);
  log.Trim(3, 1, 1);
  EXPECT_EQ(log.first(), 3U);
}

TEST(LogTest, TheNewestDecidedBlockStaysHoweverLargeItIs) {
  Log log = LogOf(Chain(9), 6);
  log.Trim(6, 5, 1);
  EXPECT_EQ(log.first(), 6U);
}

TEST(LogTest, GivesDecidedBlocksInChunks) {
  const auto chain = Chain(9);
  const Log log = LogOf(chain, 6);
  EXPECT_EQ(log.DecidedFrom(2, 3, 1'000'000), Part(chain, 2, 4));
  EXPECT_EQ(log.DecidedFrom(5, 9, 1'000'000), Part(chain, 5, 6));  // never an undecided one
  EXPECT_EQ(log.DecidedFrom(2, 3, 1), Part(chain, 2, 2));          // one at least
}

TEST(LogDeathTest, CanNotGiveWhatItForgot) {
  const Log log = LogFrom(Chain(9), 5, 6);
  EXPECT_DEATH((void)log.From(4), "in memory");
  EXPECT_DEATH((void)log.DecidedFrom(4, 9, 9), "in memory");
  EXPECT_DEATH((void)log.DecidedFrom(7, 9, 9), "decided");
}

// R7: who is who is what the chain says, slot by slot.
TEST(LogTest, WhoIsWhoIsReadBlockByBlock) {
  auto chain = Chain(2);
  chain.push_back(Readmitting(chain.back(), 3, 777));
  chain = Grow(chain, 1);
  const Log log = LogOf(chain, 0);
  EXPECT_TRUE(log.IncarnationsAt(0).empty());
  EXPECT_EQ(log.IncarnationsAt(2), Roster(3));
  EXPECT_EQ(log.IncarnationsAt(3).at(3), 777U);
  EXPECT_EQ(log.IncarnationsAt(4).at(2), LifeOf(2));
}

// R7: what a cut block said of incarnations is unsaid.
TEST(LogTest, ACutBlockSaysNothingAnyMore) {
  auto chain = Chain(2);
  chain.push_back(Readmitting(chain.back(), 3, 777));
  Log log = LogOf(chain, 1);
  log.CutTo(2);
  log.Append(Child(chain[2], "instead"));
  EXPECT_EQ(log.IncarnationsAt(3).at(3), LifeOf(3));
}

// R7: what a decided block said outlives its place in memory.
TEST(LogTest, WhatADecidedBlockSaidIsRememberedAfterItIsForgotten) {
  auto chain = Chain(2);
  chain.push_back(Readmitting(chain.back(), 3, 777));
  chain = Grow(chain, 4);
  Log log = LogOf(chain, 6);
  log.Trim(6, 1, 1'000'000);
  ASSERT_EQ(log.first(), 6U);
  EXPECT_EQ(log.IncarnationsAt(6).at(3), 777U);
}

}  // namespace
}  // namespace cairn::paxos
