#include "paxos/election.h"

#include <gtest/gtest.h>

#include "paxos/chain_builder.h"

namespace cairn::paxos {
namespace {

constexpr std::uint32_t kHearsOne = 1U << 1;

/// The books of node 1 in a cluster of five, at 1 s.
class ElectionTest : public testing::Test {
 protected:
  void Hear(NodeId from, const Heartbeat& heartbeat) {
    election.OnHeartbeat(from, LifeOf(from), heartbeat, now);
  }
  static Heartbeat Follower(std::uint64_t promised, bool satisfied = false) {
    Heartbeat heartbeat;
    heartbeat.promised = BallotOf(promised);
    heartbeat.satisfied = satisfied;
    heartbeat.heard = kHearsOne;
    return heartbeat;
  }
  static Heartbeat LeaderIn(std::uint64_t ballot, bool satisfied = true) {
    Heartbeat heartbeat = Follower(ballot, satisfied);
    heartbeat.leading = true;
    return heartbeat;
  }

  Timing timing;
  Election election{1, {2, 3, 4, 5}, timing};
  Micros now = 1'000'000;
};

// R8
TEST_F(ElectionTest, ASilentNodeCountsAsGone) {
  Hear(2, Follower(5));
  now += timing.silence;
  EXPECT_TRUE(election.Heard(2, now));
  now += 1;
  EXPECT_FALSE(election.Heard(2, now));
  EXPECT_FALSE(election.Linked(2, now));
  EXPECT_FALSE(election.Heard(3, now));  // never heard at all
}

// R8: a link counts only if it works both ways.
TEST_F(ElectionTest, ALinkCountsOnlyIfItWorksBothWays) {
  Heartbeat deaf = LeaderIn(5);
  deaf.heard = 1U << 3 | 1U << 4;
  Hear(2, deaf);
  EXPECT_TRUE(election.Heard(2, now));
  EXPECT_FALSE(election.Linked(2, now));
  EXPECT_EQ(election.LinkedCount(now), 1U);
  EXPECT_EQ(election.Leader({}, now), 0U);
  EXPECT_FALSE(election.NeighbourContent(now));
}

TEST_F(ElectionTest, ALeaderThatIsNotHeardAnyMoreIsNoLeader) {
  Hear(2, LeaderIn(5));
  EXPECT_EQ(election.Leader(BallotOf(5), now), 2U);
  EXPECT_EQ(election.Leader(BallotOf(5), now + timing.silence + 1), 0U);
}

// R8: a leader without a quorum behind it says so, and is followed no more.
TEST_F(ElectionTest, FollowsOnlyAContentLeader) {
  Hear(2, LeaderIn(5, false));
  EXPECT_EQ(election.Leader({}, now), 0U);
}

// R1: a node does not follow a leader whose ballot is below its promise.
TEST_F(ElectionTest, FollowsNoLeaderBelowItsPromise) {
  Hear(2, LeaderIn(5));
  EXPECT_EQ(election.Leader(BallotOf(5), now), 2U);
  EXPECT_EQ(election.Leader(BallotOf(6), now), 0U);
}

TEST_F(ElectionTest, OfTwoLeadersTheGreaterBallotIsFollowed) {
  Hear(2, LeaderIn(7));
  Hear(3, LeaderIn(6));
  EXPECT_EQ(election.Leader(BallotOf(5), now), 2U);
}

// R8: a node that merely lost sight of the leader deposes nobody.
TEST_F(ElectionTest, AContentNeighbourIsSeen) {
  Hear(2, Follower(5));
  EXPECT_FALSE(election.NeighbourContent(now));
  Hear(3, Follower(5, true));
  EXPECT_TRUE(election.NeighbourContent(now));
  EXPECT_FALSE(election.NeighbourContent(now + timing.silence + 1));
}

// R8: who promised more can't be counted on.
TEST_F(ElectionTest, ASupporterHasPromisedNothingAbove) {
  Hear(2, Follower(5));
  Hear(3, Follower(6));
  Hear(4, Follower(7));
  EXPECT_EQ(election.Supporters(BallotOf(6), Roster(5), now), 3U);  // 2, 3 and itself
}

// R7
TEST_F(ElectionTest, ANodeThatTheChainDoesNotKnowIsNoSupporter) {
  Incarnations who = Roster(5);
  who[2] = 777;
  Hear(2, Follower(5));
  Hear(3, Follower(5));
  EXPECT_EQ(election.Supporters(BallotOf(6), who, now), 2U);
  EXPECT_EQ(election.Supporters(BallotOf(6), {}, now), 3U);  // before block 1 everybody is
}

// R8: a node that promised more and has no leader can't come back by itself.
TEST_F(ElectionTest, ANodeThatIsStuckAboveTheBallotIsSeen) {
  Hear(2, Follower(5));
  Hear(3, Follower(7, true));
  EXPECT_FALSE(election.SomeoneIsStuckAbove(BallotOf(5), kMaxRound, now));  // node 3 has a leader
  Hear(3, Follower(7, false));
  EXPECT_TRUE(election.SomeoneIsStuckAbove(BallotOf(5), kMaxRound, now));
  EXPECT_FALSE(election.SomeoneIsStuckAbove(BallotOf(7), kMaxRound, now));
}

TEST_F(ElectionTest, ABetterNeighbourHasTheGreaterBallotThenTheLongerLogThenTheGreaterId) {
  Heartbeat heartbeat = Follower(5);
  heartbeat.accepted = BallotOf(5);
  heartbeat.tip = 8;
  Hear(2, heartbeat);
  EXPECT_TRUE(election.BetterNeighbour(BallotOf(4), 9, now));
  EXPECT_TRUE(election.BetterNeighbour(BallotOf(5), 7, now));
  EXPECT_TRUE(election.BetterNeighbour(BallotOf(5), 8, now));
  EXPECT_FALSE(election.BetterNeighbour(BallotOf(5), 9, now));
  EXPECT_FALSE(election.BetterNeighbour(BallotOf(6), 1, now));
}

// R8: a node that carries blocks and whose heartbeats are late is alive.
TEST_F(ElectionTest, EveryWordIsASignOfLife) {
  Hear(2, Follower(5));
  for (int i = 0; i < 20; ++i) {
    now += timing.silence / 2;
    election.OnWord(2, LifeOf(2), 0, now);
    EXPECT_TRUE(election.Linked(2, now));
  }
  now += timing.silence + 1;
  EXPECT_FALSE(election.Heard(2, now));
  election.OnWord(2, LifeOf(2) + 1, 0, now);  // somebody else
  EXPECT_FALSE(election.Heard(2, now));
}

// R8: where pauses are usual they are borne; a restart is none.
TEST_F(ElectionTest, GetsUsedToPauses) {
  for (int i = 0; i < 4; ++i) {
    Hear(2, Follower(5));
    now += 2 * timing.silence;
  }
  EXPECT_TRUE(election.Heard(2, now));
  election.OnWord(2, LifeOf(2), 1, now);
  election.OnWord(2, LifeOf(2), 2, now += 60 * timing.silence);
  EXPECT_TRUE(election.Heard(2, now));
  now += 5 * timing.silence;
  EXPECT_FALSE(election.Heard(2, now));
}

TEST_F(ElectionTest, TheWayToAQuorumIsMeasuredByEchoes) {
  EXPECT_EQ(election.ToAQuorum(now), 0U);
  const auto answer = [&](NodeId from, Micros took) {
    Heartbeat heartbeat = Follower(5);
    heartbeat.sent = now;
    heartbeat.echo = now - took - 10'000;
    heartbeat.held = 10'000;
    Hear(from, heartbeat);
  };
  for (int i = 0; i < 50; ++i) {
    now += timing.heartbeat;
    answer(2, 1'000);
    answer(3, 50'000);
    answer(4, 400'000);
  }
  EXPECT_GE(election.ToAQuorum(now), 50'000U);
  EXPECT_LT(election.ToAQuorum(now), 100'000U);
  Micros echo = 0;
  Micros held = 0;
  election.Echo(2, now + 5, &echo, &held);
  EXPECT_EQ(echo, now);
  EXPECT_EQ(held, 5U);
  // What another life sent, or the future, says nothing.
  for (int i = 0; i < 50; ++i) {
    now += timing.heartbeat;
    Heartbeat heartbeat = Follower(5);
    heartbeat.sent = now;
    heartbeat.echo = now + 5;
    Hear(2, heartbeat);
  }
  EXPECT_LT(election.ToAQuorum(now), 100'000U);
}

TEST_F(ElectionTest, SaysWhomItHears) {
  EXPECT_EQ(election.HeardMask(now), 0U);
  Hear(2, Follower(5));
  Hear(5, Follower(5));
  EXPECT_EQ(election.HeardMask(now), 1U << 2 | 1U << 5);
  EXPECT_EQ(election.LinkedCount(now), 3U);
  EXPECT_EQ(election.IncarnationOf(5), LifeOf(5));
  EXPECT_EQ(election.IncarnationOf(4), 0U);
  EXPECT_EQ(election.Last(4), nullptr);
}

}  // namespace
}  // namespace cairn::paxos
