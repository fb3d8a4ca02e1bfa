#include "replica/batch_delay.h"

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

constexpr Micros kLongest = 1'000;

TEST(BatchDelayTest, WaitsForAsManyAsWereUnderWay) {
  BatchDelay batch_delay;
  batch_delay.Decided(3);
  batch_delay.Advance(0);
  EXPECT_TRUE(batch_delay.Holds(1));
  EXPECT_TRUE(batch_delay.Holds(2));
  EXPECT_FALSE(batch_delay.Holds(3));
}

TEST(BatchDelayTest, OneThatIsAloneWaitsForNobody) {
  BatchDelay batch_delay;
  batch_delay.Decided(1);
  batch_delay.Advance(0);
  EXPECT_FALSE(batch_delay.Holds(1));
}

TEST(BatchDelayTest, ABlockThatIsLargeEnoughWaitsForNobody) {
  BatchDelay batch_delay;
  batch_delay.Decided(100'000);
  batch_delay.Advance(0);
  EXPECT_FALSE(batch_delay.Holds(64));
}

// The disk may have taken long: the wait begins when the answers are out.
TEST(BatchDelayTest, WaitsNotLongFromTheTurnAfterTheDecisionOn) {
  BatchDelay batch_delay;
  batch_delay.Advance(0);
  batch_delay.Decided(2);
  batch_delay.Advance(50'000);
  batch_delay.Advance(50'000 + kLongest - 1);
  EXPECT_TRUE(batch_delay.Holds(1));
  batch_delay.Advance(50'000 + kLongest);
  EXPECT_FALSE(batch_delay.Holds(1));
}

// Two clients, of which one has gone.
TEST(BatchDelayTest, TriesEverMoreRarelyWhileItIsInVain) {
  BatchDelay batch_delay;
  std::vector<int> tries;
  Micros now = 0;
  for (int decision = 0; decision < 1'000; ++decision) {
    batch_delay.Decided(2);
    batch_delay.Advance(now);
    if (batch_delay.Holds(1)) {
      tries.push_back(decision);
    }
    batch_delay.Advance(now += kLongest);
    batch_delay.Seal(1);
  }
  EXPECT_EQ(tries, (std::vector<int>{0, 2, 6, 14, 30, 62, 126, 254, 510, 766}));
  // Once it was not in vain, it is tried each time.
  for (int decision = 0; decision < 1'000; ++decision) {
    batch_delay.Decided(2);
    batch_delay.Advance(now);
    batch_delay.Seal(2);
  }
  for (int decision = 0; decision < 3; ++decision) {
    batch_delay.Decided(2);
    batch_delay.Advance(now);
    EXPECT_TRUE(batch_delay.Holds(1));
    batch_delay.Seal(2);
  }
}

/// Leads; the requests of two clients are decided, and one of the two is back. Returns the tip.
Slot OneOfTwoIsBack(OneNode& node) {
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node->Submit(2, PutOf(8, 1));
  node.Turns();
  node.Hear(2, paxos::Accepted{ballot, node.Tip()});
  node.Turns();
  EXPECT_EQ(node.answers.size(), 2U);
  const Slot tip = node.Tip();
  node->Advance(node.now(), node.now());
  node->Submit(3, PutOf(7, 2));
  EXPECT_FALSE(node->HasWork());
  EXPECT_TRUE(node->IsBatching());
  node.Turns();
  EXPECT_EQ(node.Tip(), tip);
  return tip;
}

TEST(BatchDelayTest, ALeaderSealsWhenTheClientsThatItAnsweredAreBack) {
  OneNode node;
  const Slot tip = OneOfTwoIsBack(node);
  node->Submit(4, PutOf(8, 2));
  EXPECT_TRUE(node->HasWork());
  EXPECT_FALSE(node->IsBatching());
  node.Turns();
  EXPECT_EQ(node.Tip(), tip + 1);
  EXPECT_EQ(node.writes.back().blocks.back()->requests.size(), 2U);
}

TEST(BatchDelayTest, ALeaderSealsWhatItHasWhenTheyDoNotComeBack) {
  OneNode node;
  const Slot tip = OneOfTwoIsBack(node);
  node->Advance(node.now() + kLongest, node.now() + kLongest);
  EXPECT_TRUE(node->HasWork());
  node.Turns();
  EXPECT_EQ(node.Tip(), tip + 1);
}

}  // namespace
}  // namespace cairn::replica
