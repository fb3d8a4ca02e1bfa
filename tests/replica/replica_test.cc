#include "replica/replica.h"

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

constexpr paxos::Timing kTiming;

// --- the turn (R6)

TEST(ReplicaTest, APromiseLeavesOnlyAfterTheWrite) {
  OneNode node;
  node.Hear(2, paxos::Prepare{BallotOf(6, 2), 1, BallotOf(5, 3), 1});
  Effects effects = node.TakeEffects();
  EXPECT_TRUE(effects.write.needed);
  EXPECT_TRUE(effects.write.promise);  // the guard is synced too
  EXPECT_EQ(effects.write.head.promised, BallotOf(6, 2));
  EXPECT_EQ(effects.write.head.accepted, BallotOf(5, 3));
  EXPECT_TRUE(node.Said<paxos::Promise>().empty());
  node.Remember(effects);
  EXPECT_EQ(node.Said<paxos::Promise>(2).size(), 1U);
}

TEST(ReplicaTest, AnAcceptedLeavesOnlyAfterTheWrite) {
  OneNode node;
  const Ballot ballot = node.Follow(3);
  node.Forget();
  const BlockPtr block = paxos::Child(paxos::Chain(1).back(), "next");
  node.Hear(3, paxos::Accept{ballot, 1, block});
  Effects effects = node.TakeEffects();
  ASSERT_EQ(effects.write.blocks, std::vector<BlockPtr>{block});
  EXPECT_EQ(effects.write.head.tip, 2U);
  EXPECT_TRUE(node.Said<paxos::Accepted>().empty());
  node.Remember(effects);
  ASSERT_EQ(node.Said<paxos::Accepted>(3).size(), 1U);
  EXPECT_EQ(node.Said<paxos::Accepted>(3)[0].tip, 2U);
}

// So that no ballot is ever used twice.
TEST(ReplicaTest, ACandidateAsksNobodyBeforeItsOwnPromiseIsDurable) {
  OneNode node;
  for (int i = 0; i < 100 && node.writes.empty(); ++i) {
    node.Pass(10'000);
  }
  ASSERT_EQ(node.writes.size(), 1U);
  EXPECT_TRUE(node.writes[0].promise);
  EXPECT_EQ(node.writes[0].head.promised.node, 1U);
  EXPECT_EQ(node.Said<paxos::Prepare>().size(), 2U);
  EXPECT_EQ(node.Said<paxos::Prepare>()[0].ballot, node.writes[0].head.promised);
}

TEST(ReplicaTest, ATurnInWhichNothingHappenedWritesAndSaysNothing) {
  OneNode node;
  (void)node.Follow(3);
  node.Forget();
  node.Turn();
  EXPECT_TRUE(node.writes.empty());
  EXPECT_TRUE(node.said.empty());
  EXPECT_FALSE(node->HasWork());
}

// Many events, one commit: group commit falls out.
TEST(ReplicaTest, OneTurnCommitsOnce) {
  OneNode node;
  const Ballot ballot = node.Follow(3);
  node.Forget();
  const auto chain = paxos::Chain(5);
  for (Slot slot = 2; slot <= 5; ++slot) {
    node.Hear(3, paxos::Accept{ballot, 1, chain[slot]});
  }
  node.Turns();
  ASSERT_EQ(node.writes.size(), 1U);
  EXPECT_EQ(node.writes[0].blocks.size(), 4U);
  ASSERT_EQ(node.Said<paxos::Accepted>().size(), 1U);
  EXPECT_EQ(node.Said<paxos::Accepted>()[0].tip, 5U);
}

// A quorum waits for the vote, and nobody for a follower's state.
TEST(ReplicaTest, AVoteIsGivenBeforeWhatWasDecidedIsApplied) {
  OneNode node;
  const Ballot ballot = node.Follow(3);
  const auto chain = paxos::Chain(3);
  node.Hear(3, paxos::Accept{ballot, 1, chain[2]});
  node.Turns();
  ASSERT_EQ(node.machine().applied(), 1U);
  node.Hear(3, paxos::Accept{ballot, 2, chain[3]});
  Effects effects = node.TakeEffects();
  node->OnDurable(&effects);
  ASSERT_EQ(effects.after_sync.size(), 1U);
  ASSERT_TRUE(std::holds_alternative<paxos::Accepted>(effects.after_sync[0].message));
  EXPECT_EQ(std::get<paxos::Accepted>(effects.after_sync[0].message).tip, 3U);
  EXPECT_EQ(node.machine().applied(), 1U);
  node->Apply(&effects);
  EXPECT_EQ(node.machine().applied(), 2U);
}

TEST(ReplicaTest, ARestlessReplicaAsksForAnotherTurn) {
  OneNode node({.slots_in_flight = 1});
  const Ballot ballot = node.Lead();
  EXPECT_FALSE(node->HasWork());
  node->Submit(1, PutOf(7, 1));
  EXPECT_TRUE(node->HasWork());
  node.Turns();
  node->Submit(2, PutOf(7, 2));
  EXPECT_FALSE(node->HasWork());  // no place in a block, before something is decided
  node.Hear(2, paxos::Accepted{ballot, node.Tip()});
  EXPECT_TRUE(node->HasWork());
  node.Turns();
  node->Read(3, "key");
  EXPECT_TRUE(node->HasWork());
  node.Turns();
  EXPECT_FALSE(node->HasWork());  // the others have the word
}

TEST(ReplicaDeathTest, ATurnEndsBeforeTheNextOneThinks) {
  OneNode node;
  const Ballot ballot = node.Follow(3);
  Effects effects = node.TakeEffects();
  node.Hear(3, paxos::Accept{ballot, 1, paxos::Chain(2)[2]});
  EXPECT_DEATH(node.Remember(effects), "turn");
}

TEST(ReplicaDeathTest, TheStateIsTheChainUpToWhatIsDecided) {
  kv::MemoryTable table;
  kv::StateMachine machine(&table, 100);
  const auto chain = paxos::Chain(2);
  const Recovered recovered{{BallotOf(5), BallotOf(5), 2, 2}, {chain[2]}, {}, 0};
  EXPECT_DEATH(Replica(DefaultOptions(1, LifeOf(1), {1, 2, 3}, 1), recovered, &machine, 0),
               "state");
}

// --- who is listened to

TEST(ReplicaTest, HearsOnlyTheNodesOfItsCluster) {
  OneNode node;
  node.Hear(9, paxos::Prepare{BallotOf(6, 9), 1, BallotOf(5, 3), 1});
  node.Hear(1, paxos::Prepare{BallotOf(6, 1), 1, BallotOf(5, 3), 1});
  node.Turns();
  EXPECT_TRUE(node.said.empty());
  EXPECT_TRUE(node.writes.empty());
}

// --- elections (R8)

TEST(ReplicaTest, StandsWhenAMajorityIsThereAndNobodyLeads) {
  OneNode node;
  EXPECT_FALSE(node.Campaign().IsNone());
  EXPECT_EQ(node->Report().role, "candidate");
}

TEST(ReplicaTest, NeverStandsWithoutAMajority) {
  OneNode node({.nodes = 5});
  node.Lose(2);
  node.Lose(3);
  node.Lose(4);
  node.Pass(60'000'000);
  EXPECT_TRUE(node.Said<paxos::Prepare>().empty());
  EXPECT_TRUE(node.writes.empty());
}

TEST(ReplicaTest, NeverStandsBesideAContentNeighbour) {
  OneNode node;
  node.Peer(2).satisfied = true;  // it follows somebody whom this node does not hear
  node.Lose(3);
  node.Pass(60'000'000);
  EXPECT_TRUE(node.Said<paxos::Prepare>().empty());
  node.Peer(2).satisfied = false;
  EXPECT_FALSE(node.Campaign().IsNone());
}

// R7
TEST(ReplicaTest, ALearnerNeitherStandsNorPromises) {
  const auto chain = std::vector<BlockPtr>{
      paxos::Genesis(), paxos::Forming({{1, 777}, {2, LifeOf(2)}, {3, LifeOf(3)}})};
  OneNode node({.chain = chain});
  EXPECT_EQ(node->Report().role, "learner");
  node.Pass(5'000'000);
  EXPECT_TRUE(node.Said<paxos::Prepare>().empty());
  node.Hear(2, paxos::Prepare{BallotOf(6, 2), 1, BallotOf(5, 3), 1});
  node.Turns();
  EXPECT_TRUE(node.Said<paxos::Promise>().empty());
  EXPECT_NE(node->Report().words.find("without a vote"), std::string::npos);
}

// R1: above all that it has heard of, so that nobody need refuse it.
TEST(ReplicaTest, ItsBallotIsAboveEveryBallotThatItHeardOf) {
  OneNode node;
  node.Peer(2).promised = BallotOf(41, 2);
  EXPECT_EQ(node.Campaign().round, 42U);
}

TEST(ReplicaTest, ARefusedCandidateStandsAgainAboveTheBallotThatRefusedIt) {
  OneNode node;
  const Ballot first = node.Campaign();
  node.Hear(2, paxos::Refuse{BallotOf(90, 2)});
  EXPECT_EQ(node->Report().role, "follower");
  node.Forget();
  EXPECT_EQ(node.Campaign().round, 91U);
  EXPECT_GT(91U, first.round);
}

TEST(ReplicaTest, ALostPrepareIsSaidAgain) {
  OneNode node({.nodes = 5});
  const Ballot ballot = node.Campaign();
  node.Forget();
  node.HearPromise(3, ballot);  // one of the three that it needs
  node.Pass(kTiming.heartbeat);
  EXPECT_FALSE(node.Said<paxos::Prepare>(2).empty());
  EXPECT_TRUE(node.Said<paxos::Prepare>(3).empty());  // it has promised
}

// A leader that lost its majority steps down, and its heartbeats say so.
TEST(ReplicaTest, ALeaderThatLostItsMajorityStepsDown) {
  OneNode node;
  (void)node.Lead();
  node.Lose(2);
  node.Pass(1'000'000);
  EXPECT_TRUE(node->leading());  // one of two others is enough
  node.Lose(3);
  node.Pass(kTiming.silence + kTiming.deference + 40'000);
  EXPECT_FALSE(node->leading());
  EXPECT_FALSE(node.Said<paxos::Heartbeat>().back().satisfied);
  EXPECT_FALSE(node.Said<paxos::Heartbeat>().back().leading);
  EXPECT_NE(node->Report().words.find("no majority"), std::string::npos);
}

TEST(ReplicaTest, ALeaderWhoseMajorityPromisedMoreStepsDown) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node.Peer(2).promised = node.Peer(3).promised = {ballot.round + 1, 3, LifeOf(3)};
  node.Peer(2).satisfied = node.Peer(3).satisfied = true;
  node.Pass(kTiming.deference + 40'000);
  EXPECT_FALSE(node->leading());
}

// A node that promised more and has no leader can't come back unless the leader goes above it.
TEST(ReplicaTest, ALeaderFetchesBackANodeThatIsStuckAboveIt) {
  OneNode node({.nodes = 5});
  const Ballot ballot = node.Lead();
  node.Peer(2).promised = {ballot.round + 7, 2, LifeOf(2)};
  node.Peer(2).satisfied = false;
  node.Pass(kTiming.election + 50'000);
  ASSERT_FALSE(node.Said<paxos::Prepare>().empty());
  EXPECT_EQ(node.Said<paxos::Prepare>()[0].ballot.round, ballot.round + 8);
}

// --- the forming of the cluster (R7)

TEST(ReplicaTest, BlockOneNamesAllWhenAllAreThere) {
  OneNode node({.chain = paxos::Chain(0), .decided = 0, .ballot = {}});
  node.Peer(3).heard = 0;
  const Ballot ballot = node.Campaign();
  node.HearPromise(2, ballot);
  node.Pass(100'000);
  ASSERT_TRUE(node->leading());
  EXPECT_EQ(node.Tip(), 0U);
  EXPECT_EQ(node->Report().role, "forming");
  EXPECT_NE(node->Report().words.find("waits for node 3"), std::string::npos);
  node.Peer(3).heard = 1U << 1;
  node.Pass(20'000);
  ASSERT_EQ(node.Tip(), 1U);
  EXPECT_EQ(IncarnationsIn(node->acceptor().log().tip_block()), paxos::Roster(3));
  node.Hear(2, paxos::Accepted{ballot, 1});
  node.Turns();
  EXPECT_EQ(node.Decided(), 0U);  // it alone needs all
  node.Hear(3, paxos::Accepted{ballot, 1});
  node.Turns();
  EXPECT_EQ(node.Decided(), 1U);
}

TEST(ReplicaTest, WhoHasBlockOneAndDoesNotKnowItAsDecidedIsNotForming) {
  OneNode node({.chain = paxos::Chain(1), .decided = 0, .ballot = paxos::BallotOf(1, 3)});
  node.Peer(3).heard = 0;
  node.Pass(20'000);
  EXPECT_EQ(node->Report().role, "follower");
  const std::string words = node->Report().words;
  EXPECT_EQ(words.find("forming"), std::string::npos) << words;
  EXPECT_NE(words.find("does not hear node 3"), std::string::npos) << words;
}

TEST(ReplicaTest, NoRequestIsSealedBeforeTheClusterHasFormed) {
  OneNode node({.chain = paxos::Chain(0), .decided = 0, .ballot = {}});
  node.Peer(3).heard = 0;
  const Ballot ballot = node.Campaign();
  node.HearPromise(2, ballot);
  node.Pass(50'000);
  node->Submit(1, PutOf(7, 1));
  node->Read(2, "key");
  node.Turns();
  EXPECT_EQ(node.Tip(), 0U);
  EXPECT_FALSE(node->HasWork());
}

// --- status

TEST(ReplicaTest, SaysWhoLeads) {
  OneNode node;
  const Ballot ballot = node.Follow(3);
  const api::ReplicaStatus status = node->Report();
  EXPECT_EQ(status.role, "follower");
  EXPECT_EQ(status.leader, 3U);
  EXPECT_EQ(status.ballot, ballot);
  EXPECT_TRUE(status.quorum);
  EXPECT_EQ(status.words, "node 3 leads");
  EXPECT_TRUE(status.missing.empty());
  EXPECT_EQ(status.heard, 3U);
}

TEST(ReplicaTest, SaysWhomItDoesNotHear) {
  OneNode node({.nodes = 5});
  (void)node.Follow(3);
  node.Lose(2);
  node.Lose(4);
  node.Pass(kTiming.silence + 20'000);
  EXPECT_EQ(node->Report().missing, (std::vector<NodeId>{2, 4}));
  EXPECT_TRUE(node->Report().quorum);
}

}  // namespace
}  // namespace cairn::replica
