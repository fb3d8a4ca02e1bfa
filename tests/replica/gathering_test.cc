#include "replica/gathering.h"

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

constexpr Micros kLongest = 1'000;

TEST(GatheringTest, WaitsForAsManyAsWereUnderWay) {
  Gathering gathering;
  gathering.Decided(3);
  gathering.Advance(0);
  EXPECT_TRUE(gathering.Holds(1));
  EXPECT_TRUE(gathering.Holds(2));
  EXPECT_FALSE(gathering.Holds(3));
}

TEST(GatheringTest, OneThatIsAloneWaitsForNobody) {
  Gathering gathering;
  gathering.Decided(1);
  gathering.Advance(0);
  EXPECT_FALSE(gathering.Holds(1));
}

TEST(GatheringTest, ABlockThatIsLargeEnoughWaitsForNobody) {
  Gathering gathering;
  gathering.Decided(100'000);
  gathering.Advance(0);
  EXPECT_FALSE(gathering.Holds(64));
}

// The disk may have taken long: the wait begins when the answers are out.
TEST(GatheringTest, WaitsNotLongFromTheTurnAfterTheDecisionOn) {
  Gathering gathering;
  gathering.Advance(0);
  gathering.Decided(2);
  gathering.Advance(50'000);
  gathering.Advance(50'000 + kLongest - 1);
  EXPECT_TRUE(gathering.Holds(1));
  gathering.Advance(50'000 + kLongest);
  EXPECT_FALSE(gathering.Holds(1));
}

// Two clients, of which one has gone.
TEST(GatheringTest, TriesEverMoreRarelyWhileItIsInVain) {
  Gathering gathering;
  std::vector<int> tries;
  Micros now = 0;
  for (int decision = 0; decision < 1'000; ++decision) {
    gathering.Decided(2);
    gathering.Advance(now);
    if (gathering.Holds(1)) {
      tries.push_back(decision);
    }
    gathering.Advance(now += kLongest);
    gathering.Seal(1);
  }
  EXPECT_EQ(tries, (std::vector<int>{0, 2, 6, 14, 30, 62, 126, 254, 510, 766}));
  // Once it was not in vain, it is tried each time.
  for (int decision = 0; decision < 1'000; ++decision) {
    gathering.Decided(2);
    gathering.Advance(now);
    gathering.Seal(2);
  }
  for (int decision = 0; decision < 3; ++decision) {
    gathering.Decided(2);
    gathering.Advance(now);
    EXPECT_TRUE(gathering.Holds(1));
    gathering.Seal(2);
  }
}

/// Leads; the requests of two clients are decided, and one of the two is back. Returns the tip.
Slot OneOfTwoIsBack(OneNode& node) {
  const paxos::Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node->Submit(2, PutOf(8, 1));
  node.Turns();
  node.Hear(2, paxos::Accepted{ballot, node.Tip()});
  node.Turns();
  EXPECT_EQ(node.answers.size(), 2U);
  const Slot tip = node.Tip();
  node->Advance(node.now(), node.now());
  node->Submit(3, PutOf(7, 2));
  EXPECT_FALSE(node->Restless());
  EXPECT_TRUE(node->Gathering());
  node.Turns();
  EXPECT_EQ(node.Tip(), tip);
  return tip;
}

TEST(GatheringTest, ALeaderSealsWhenTheClientsThatItAnsweredAreBack) {
  OneNode node;
  const Slot tip = OneOfTwoIsBack(node);
  node->Submit(4, PutOf(8, 2));
  EXPECT_TRUE(node->Restless());
  EXPECT_FALSE(node->Gathering());
  node.Turns();
  EXPECT_EQ(node.Tip(), tip + 1);
  EXPECT_EQ(node.writes.back().blocks.back()->requests.size(), 2U);
}

TEST(GatheringTest, ALeaderSealsWhatItHasWhenTheyDoNotComeBack) {
  OneNode node;
  const Slot tip = OneOfTwoIsBack(node);
  node->Advance(node.now() + kLongest, node.now() + kLongest);
  EXPECT_TRUE(node->Restless());
  node.Turns();
  EXPECT_EQ(node.Tip(), tip + 1);
}

}  // namespace
}  // namespace cairn::replica
