#include "paxos/leader.h"

#include <gtest/gtest.h>

#include "paxos/chain_builder.h"

namespace cairn::paxos {
namespace {

/// Node 1 leads in round 9.
Leader LeaderOf(std::size_t nodes, Slot adopted_tip = 1) {
  return {BallotOf(9), nodes, adopted_tip};
}

void Accepts(Leader& leader, std::initializer_list<NodeId> nodes, Slot tip) {
  for (const NodeId node : nodes) {
    leader.OnAccepted(node, LifeOf(node), tip);
  }
}

/// A chain that forms a cluster of five.
std::vector<BlockPtr> ChainOfFive(Slot tip) {
  return Grow({Genesis(), Forming(Roster(5))}, tip - 1);
}

// R5: decided when a quorum has it.
TEST(LeaderTest, ABlockIsDecidedByAMajority) {
  const Log log = LogOf(ChainOfFive(4), 1);
  Leader leader = LeaderOf(5);
  Accepts(leader, {1, 2}, 3);
  EXPECT_EQ(leader.Tally(log), 1U);
  Accepts(leader, {5}, 2);
  EXPECT_EQ(leader.Tally(log), 2U);  // and all before it
  Accepts(leader, {4}, 4);
  EXPECT_EQ(leader.Tally(log), 3U);
}

TEST(LeaderTest, InAnEvenClusterHalfIsNoMajority) {
  const Log log = LogOf(Grow({Genesis(), Forming(Roster(4))}, 2), 1);
  Leader leader = LeaderOf(4);
  Accepts(leader, {1, 2}, 3);
  EXPECT_EQ(leader.Tally(log), 1U);
  Accepts(leader, {3}, 3);
  EXPECT_EQ(leader.Tally(log), 3U);
}

// R6
TEST(LeaderTest, TheLeadersOwnDiskIsAmongTheQuorum) {
  const Log log = LogOf(ChainOfFive(4), 1);
  Leader leader = LeaderOf(5);
  Accepts(leader, {2, 3, 4, 5}, 4);
  EXPECT_EQ(leader.Tally(log), 1U);
  Accepts(leader, {1}, 3);
  EXPECT_EQ(leader.Tally(log), 3U);
}

TEST(LeaderTest, AnOlderAcceptedTakesNothingBack) {
  Leader leader = LeaderOf(3);
  Accepts(leader, {2}, 4);
  Accepts(leader, {2}, 2);
  EXPECT_EQ(leader.AcceptedBy(2, LifeOf(2)), 4U);
  EXPECT_EQ(leader.AcceptedBy(2, LifeOf(2) + 1), 0U);
  EXPECT_EQ(leader.AcceptedBy(3, LifeOf(3)), 0U);
}

// R7
TEST(LeaderTest, BlockOneNeedsAll) {
  const Log log = LogOf(Chain(1), 0);
  Leader leader = LeaderOf(3);
  Accepts(leader, {1, 2}, 1);
  EXPECT_EQ(leader.Tally(log), 0U);
  Accepts(leader, {3}, 1);
  EXPECT_EQ(leader.Tally(log), 1U);
}

// R7: while block 1 is not decided, nothing after it is.
TEST(LeaderTest, NothingIsDecidedBeforeBlockOne) {
  const Log log = LogOf(Chain(3), 0);
  Leader leader = LeaderOf(3);
  Accepts(leader, {1, 2}, 3);
  EXPECT_EQ(leader.Tally(log), 0U);
  Accepts(leader, {3}, 1);
  EXPECT_EQ(leader.Tally(log), 3U);
}

// R7
TEST(LeaderTest, VotesOfAnOldIncarnationDoNotCount) {
  const Log log = LogOf(Chain(3), 1);
  Leader leader = LeaderOf(3);
  Accepts(leader, {1}, 3);
  leader.OnAccepted(2, LifeOf(2) + 1, 3);
  EXPECT_EQ(leader.Tally(log), 1U);
  leader.OnAccepted(2, LifeOf(2), 2);  // the life that the chain knows
  EXPECT_EQ(leader.Tally(log), 2U);
}

// R7: two lives of one node are one vote.
TEST(LeaderTest, TwoLivesOfANodeAreOneVote) {
  const Log log = LogOf(ChainOfFive(3), 1);
  Leader leader = LeaderOf(5);
  Accepts(leader, {1, 2}, 3);
  leader.OnAccepted(2, LifeOf(2) + 1, 3);
  EXPECT_EQ(leader.Tally(log), 1U);
}

// R7: a readmission is decided without the vote of the readmitted; what stands on it, with.
TEST(LeaderTest, ThoseCountWhomTheLogBeforeTheBlockKnows) {
  auto chain = Chain(2);
  chain.push_back(Readmitting(chain.back(), 3, 777));
  chain = Grow(chain, 1);
  const Log log = LogOf(chain, 2);
  Leader leader = LeaderOf(3);
  Accepts(leader, {1}, 4);
  leader.OnAccepted(3, 777, 4);
  EXPECT_EQ(leader.Tally(log), 2U);
  Accepts(leader, {2}, 3);
  EXPECT_EQ(leader.Tally(log), 4U);  // block 3 by 1 and 2, block 4 by 1 and the new 3
}

// --- R9

TEST(LeaderTest, IsReadyForReadsOnceAllThatItAdoptedIsDecided) {
  Log log = LogOf(Chain(5), 2);
  const Leader leader = LeaderOf(3, 4);
  EXPECT_FALSE(leader.Ready(log));
  log.Decide(4);
  EXPECT_TRUE(leader.Ready(log));
}

TEST(LeaderTest, AMajorityConfirmsARoundOfReads) {
  const Log log = LogOf(ChainOfFive(2), 2);
  Leader leader = LeaderOf(5);
  const std::uint64_t round = leader.StartProbe();
  EXPECT_FALSE(leader.OnProbeAck(2, LifeOf(2), round, log));
  EXPECT_FALSE(leader.OnProbeAck(2, LifeOf(2), round, log));  // the same node again
  EXPECT_TRUE(leader.OnProbeAck(3, LifeOf(3), round, log));
  EXPECT_FALSE(leader.ProbeUnderWay());
  EXPECT_FALSE(leader.OnProbeAck(4, LifeOf(4), round, log));  // it is over
}

TEST(LeaderTest, TheWordOfAnEarlierRoundConfirmsNothing) {
  const Log log = LogOf(ChainOfFive(2), 2);
  Leader leader = LeaderOf(5);
  const std::uint64_t first = leader.StartProbe();
  EXPECT_FALSE(leader.OnProbeAck(2, LifeOf(2), first, log));
  EXPECT_TRUE(leader.OnProbeAck(3, LifeOf(3), first, log));
  const std::uint64_t second = leader.StartProbe();
  EXPECT_FALSE(leader.OnProbeAck(4, LifeOf(4), first, log));
  EXPECT_FALSE(leader.OnProbeAck(5, LifeOf(5), first, log));
  EXPECT_TRUE(leader.ProbeUnderWay());
  EXPECT_NE(first, second);
}

// R7
TEST(LeaderTest, TheWordOfAnOldIncarnationConfirmsNothing) {
  const Log log = LogOf(Chain(2), 2);
  Leader leader = LeaderOf(3);
  const std::uint64_t round = leader.StartProbe();
  EXPECT_FALSE(leader.OnProbeAck(2, LifeOf(2) + 1, round, log));
  EXPECT_TRUE(leader.ProbeUnderWay());
}

TEST(LeaderDeathTest, OneRoundOfReadsIsUnderWayAtATime) {
  Leader leader = LeaderOf(3);
  (void)leader.StartProbe();
  EXPECT_DEATH((void)leader.StartProbe(), "one round");
}

}  // namespace
}  // namespace cairn::paxos
