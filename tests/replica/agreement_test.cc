#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

constexpr Micros kHeartbeat = paxos::Timing{}.heartbeat;

// --- phase 1

// R3, R5: while a candidate fetches what it lacks, a newer leader may decide more. The candidate's
// ballot is lost then; the node is not.
TEST(AgreementTest, ACandidateThatLearnsMoreThanItWasPromisedStandsDown) {
  const auto chain = paxos::Chain(12);
  OneNode node({.chain = paxos::Part(chain, 0, 2), .decided = 2, .nodes = 5});
  const Ballot ballot = node.Campaign();
  node.Hear(2, paxos::Promise{ballot, BallotOf(5, 4), 9, 7, paxos::Part(chain, 8, 9)});
  node.HearPromise(3, ballot);
  node.Turns();
  ASSERT_EQ(node.Said<paxos::Fetch>(2).size(), 1U);
  node.Hear(2, paxos::Blocks{paxos::Part(chain, 3, 12), 12});
  node.Turns();
  EXPECT_EQ(node.Decided(), 12U);
  EXPECT_FALSE(node->leading());
}

TEST(AgreementTest, ACandidateThatLearnsOtherBlocksThanItWasPromisedStandsDown) {
  const auto chain = paxos::Chain(7);
  const auto decided = paxos::Grow(chain, 2, "decided");
  const auto promised = paxos::Grow(chain, 4, "promised");
  OneNode node({.chain = paxos::Part(chain, 0, 2), .decided = 2, .nodes = 5});
  const Ballot ballot = node.Campaign();
  node.Hear(2, paxos::Promise{ballot, BallotOf(5, 4), 11, 7, paxos::Part(promised, 8, 11)});
  node.HearPromise(3, ballot);
  node.Turns();
  node.Hear(2, paxos::Blocks{paxos::Part(decided, 3, 9), 9});
  node.Turns();
  EXPECT_EQ(node.Decided(), 9U);
  EXPECT_FALSE(node->leading());
}

// The same where the late word is the promise.
TEST(AgreementTest, APromiseOlderThanWhatIsKnownAsDecidedMakesNoLeader) {
  const auto chain = paxos::Chain(12);
  OneNode node({.chain = paxos::Part(chain, 0, 2), .decided = 2, .nodes = 5});
  const Ballot ballot = node.Campaign();
  node.HearPromise(3, ballot);
  node.Hear(4, paxos::Blocks{paxos::Part(chain, 3, 12), 12});
  node.Turns();
  node.Hear(2, paxos::Promise{ballot, BallotOf(5, 4), 9, 7, paxos::Part(chain, 3, 9)});
  node.Turns();
  EXPECT_EQ(node.Decided(), 12U);
  EXPECT_FALSE(node->leading());
}

// R7: a candidate or leader speaks for its own ballot only, and in its present life.
TEST(AgreementTest, NobodySpeaksInTheNameOfAnother) {
  OneNode node;
  const auto chain = paxos::Chain(2);
  node.Hear(2, paxos::Prepare{BallotOf(9, 3), 1, BallotOf(5, 3), 1});
  node.HearLife(2, 777, paxos::Prepare{BallotOf(9, 2), 1, BallotOf(5, 3), 1});
  node.Hear(2, paxos::AcceptSyncOf(BallotOf(9, 3), chain, 1, 1));
  node.Hear(2, paxos::Accept{BallotOf(5, 3), 1, chain[2]});
  node.Turns();
  EXPECT_TRUE(node.writes.empty());
  EXPECT_TRUE(node.said.empty());
}

// R2
TEST(AgreementTest, APrepareBelowItsPromiseIsRefusedWithThatPromise) {
  OneNode node;
  node.Hear(2, paxos::Prepare{BallotOf(4, 2), 1, BallotOf(3, 2), 1});
  node.Turns();
  ASSERT_EQ(node.Said<paxos::Refuse>(2).size(), 1U);
  EXPECT_EQ(node.Said<paxos::Refuse>(2)[0].promised, BallotOf(5, 3));
}

// R3
TEST(AgreementTest, ANewLeaderBringsEachFollowerToItsLog) {
  const auto chain = paxos::Chain(5);
  OneNode node({.chain = chain, .decided = 3});
  const Ballot ballot = node.Campaign();
  node.Hear(2, paxos::Promise{ballot, BallotOf(4, 2), 2, 2, {}});
  node.Turns();
  ASSERT_TRUE(node->leading());
  ASSERT_EQ(node.Said<paxos::AcceptSync>(2).size(), 1U);
  // In memory are the blocks from its own decided slot on: node 2 must fetch the one before.
  EXPECT_EQ(node.Said<paxos::AcceptSync>(2)[0].blocks, paxos::Part(chain, 3, 5));
  EXPECT_EQ(node.Said<paxos::AcceptSync>(2)[0].tip_hash, chain[5]->hash);
  EXPECT_EQ(node.Said<paxos::AcceptSync>(2)[0].ballot, ballot);
}

// R3: equal hashes, equal logs. What both have is not sent again.
TEST(AgreementTest, ANewLeaderSendsOnlyWhatAFollowerLacks) {
  const auto chain = paxos::Chain(5);
  OneNode node({.chain = chain, .decided = 2});
  const Ballot ballot = node.Campaign();
  node.Hear(2, paxos::Promise{ballot, BallotOf(4, 2), 4, 2, {}, chain[4]->hash});
  node.Hear(3, paxos::Promise{ballot, BallotOf(4, 2), 5, 2, {}, chain[5]->hash});
  node.Turns();
  ASSERT_EQ(node.Said<paxos::AcceptSync>(2).size(), 1U);
  EXPECT_EQ(node.Said<paxos::AcceptSync>(2)[0].blocks, paxos::Part(chain, 5, 5));
  ASSERT_EQ(node.Said<paxos::AcceptSync>(3).size(), 1U);
  EXPECT_TRUE(node.Said<paxos::AcceptSync>(3)[0].blocks.empty());
}

// R3
TEST(AgreementTest, ALeaderAdoptsTheBestLogOfItsQuorum) {
  const auto chain = paxos::Chain(5);
  OneNode node({.chain = paxos::Part(chain, 0, 3), .decided = 2, .ballot = BallotOf(5, 3)});
  const Ballot ballot = node.Campaign();
  node.Hear(2, paxos::Promise{ballot, BallotOf(5, 3), 5, 2, paxos::Part(chain, 3, 5)});
  node.Turns();
  ASSERT_TRUE(node->leading());
  EXPECT_EQ(node.Tip(), 5U);
  EXPECT_EQ(node.writes.back().head.accepted, ballot);
  EXPECT_EQ(node.writes.back().blocks, paxos::Part(chain, 4, 5));
  // … all of which is decided once a quorum has it in the new ballot.
  node.Hear(2, paxos::Accepted{ballot, 5});
  node.Turns();
  EXPECT_EQ(node.Decided(), 5U);
}

// R5: an acknowledgement of another ballot, or of more than there is, is none.
TEST(AgreementTest, AnAcceptedCountsOnlyInTheLeadersBallot) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  node.Hear(2, paxos::Accepted{BallotOf(ballot.round - 1), 2});
  node.Hear(3, paxos::Accepted{ballot, 3});
  node.HearLife(2, 777, paxos::Accepted{ballot, 2});  // R7
  node.Turns();
  EXPECT_EQ(node.Decided(), 1U);
  EXPECT_TRUE(node.answers.empty());
}

// --- lost messages

TEST(AgreementTest, AFollowerThatMissedAnAcceptSaysSo) {
  OneNode node;
  const Ballot ballot = node.Follow(3);
  node.Forget();
  const auto chain = paxos::Chain(4);
  node.Hear(3, paxos::Accept{ballot, 1, chain[3]});
  node.Turns();
  ASSERT_EQ(node.Said<paxos::Behind>(3).size(), 1U);
  EXPECT_EQ(node.Said<paxos::Behind>(3)[0].matched, 1U);
  node.Hear(3, paxos::Accept{ballot, 1, chain[4]});  // not once more for each that follows
  node.Turns();
  EXPECT_EQ(node.Said<paxos::Behind>(3).size(), 1U);
}

// The last Accept before a silence may be the one that was lost: heartbeats tell.
TEST(AgreementTest, AFollowerLearnsFromAHeartbeatThatItMissedAnAccept) {
  OneNode node;
  (void)node.Follow(3);
  node.Forget();
  node.Peer(3).tip = 2;
  node.Pass(kHeartbeat);
  EXPECT_FALSE(node.Said<paxos::Behind>(3).empty());
}

TEST(AgreementTest, ALostAcceptedIsSaidAgain) {
  OneNode node;
  const Ballot ballot = node.Follow(3);
  node.Hear(3, paxos::Accept{ballot, 1, paxos::Chain(2)[2]});
  node.Turns();
  node.Forget();
  node.Peer(3).tip = 2;  // and decided is 1 still
  node.Pass(kHeartbeat);
  ASSERT_FALSE(node.Said<paxos::Accepted>(3).empty());
  EXPECT_EQ(node.Said<paxos::Accepted>(3).back().tip, 2U);
}

TEST(AgreementTest, ALeaderSendsAgainWhatAFollowerMissed) {
  OneNode node;
  const Ballot ballot = node.Lead();
  for (Sequence i = 1; i <= 3; ++i) {
    node->Submit(i, PutOf(7, i));
    node.Turns();
  }
  node.Forget();
  node.Hear(2, paxos::Behind{ballot, ballot, 2, 1});
  node.Turns();
  const auto accepts = node.Said<paxos::Accept>(2);
  ASSERT_EQ(accepts.size(), 2U);
  EXPECT_EQ(accepts[0].block->slot(), 3U);
  EXPECT_EQ(accepts[1].block->slot(), 4U);
}

// R4: one that is not in the ballot yet needs the whole log at once.
TEST(AgreementTest, AFollowerInAnOlderBallotIsBroughtUpByASync) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  node.Forget();
  node.Hear(2, paxos::Behind{ballot, BallotOf(3, 3), 0, 1});
  node.Turns();
  ASSERT_EQ(node.Said<paxos::AcceptSync>(2).size(), 1U);
  EXPECT_EQ(node.Said<paxos::AcceptSync>(2)[0].blocks.size(), 1U);
  EXPECT_TRUE(node.Said<paxos::Accept>(2).empty());
}

// --- catching up

TEST(AgreementTest, ServesDecidedBlocksFromMemoryAndTheOlderOnesFromTheDisk) {
  const auto chain = paxos::Chain(6);
  OneNode node({.chain = chain, .decided = 4});
  node.Hear(2, paxos::Fetch{4, 9});
  node.Hear(3, paxos::Fetch{2, 3});
  node.Hear(2, paxos::Fetch{5, 9});  // not decided, as far as it knows
  node.Hear(2, paxos::Fetch{4, 3});  // nothing
  node.Turns();
  ASSERT_EQ(node.Said<paxos::Blocks>(2).size(), 1U);
  EXPECT_EQ(node.Said<paxos::Blocks>(2)[0].blocks, paxos::Part(chain, 4, 4));
  ASSERT_EQ(node.serves.size(), 1U);
  EXPECT_EQ(node.serves[0].to, 3U);
  EXPECT_EQ(node.serves[0].from, 2U);
  EXPECT_EQ(node.serves[0].last, 3U);
  EXPECT_EQ(node.serves[0].decided, 4U);
}

TEST(AgreementTest, AsksTheNextNodeWhenOneKeepsSilent) {
  OneNode node;
  node.Peer(2).satisfied = node.Peer(3).satisfied = true;  // so that it does not stand
  node.Peer(2).tip = node.Peer(3).tip = 500;
  node.Peer(2).decided = node.Peer(3).decided = 500;
  node.Pass(20'000);
  ASSERT_EQ(node.Said<paxos::Fetch>().size(), 1U);
  node.Pass(paxos::Timing{}.election + 20'000);
  EXPECT_EQ(node.Said<paxos::Fetch>(2).size(), 1U);
  EXPECT_EQ(node.Said<paxos::Fetch>(3).size(), 1U);
}

TEST(AgreementTest, FetchesChunkAfterChunk) {
  const auto chain = paxos::Chain(9);
  OneNode node;
  node.Peer(2).satisfied = true;
  node.Peer(2).tip = node.Peer(2).decided = 500;
  node.Lose(3);
  node.Pass(20'000);
  node.Hear(2, paxos::Blocks{paxos::Part(chain, 2, 6), 500});
  node.Turns();
  node.Pass(50'000);
  ASSERT_EQ(node.Said<paxos::Fetch>(2).size(), 2U);
  EXPECT_EQ(node.Said<paxos::Fetch>(2)[1].from, 7U);
  EXPECT_EQ(node.machine().applied(), 6U);
}

// A piece of the chain that came before the one below it waits; that one may come from the leader.
TEST(AgreementTest, WhatWaitedForABlockIsLearnedWhicheverWayThatOneCame) {
  const auto chain = paxos::Chain(600);
  OneNode node;
  const Ballot ballot = node.Follow(2);
  node.Peer(2).tip = node.Peer(3).tip = 600;
  node.Peer(2).decided = node.Peer(3).decided = 600;
  node.Pass(20'000);
  const std::vector<paxos::Fetch> asked = node.Said<paxos::Fetch>();
  ASSERT_GE(asked.size(), 2U);
  const Slot second = std::max(asked[0].from, asked[1].from);
  node.Hear(3, paxos::Blocks{paxos::Part(chain, second, second + 9), 600});
  node.Turns();
  EXPECT_EQ(node.Decided(), 1U);
  node.Hear(2, paxos::AcceptSync{ballot, second - 1, second - 1, chain[second - 1]->hash,
                                 paxos::Part(chain, 2, second - 1)});
  node.Pass(20'000);
  EXPECT_EQ(node.Decided(), second + 9);
}

// R5: a leader that learns of another block than its own as decided leads no more.
TEST(AgreementTest, ALeaderThatLearnsOfAnotherDecidedBlockLeadsNoMore) {
  OneNode node;
  (void)node.Lead();
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  node.Hear(3, paxos::Blocks{{paxos::Child(paxos::Chain(1)[1], "another")}, 2});
  node.Turns();
  EXPECT_FALSE(node->leading());
  EXPECT_EQ(node.Decided(), 2U);
  EXPECT_EQ(node.machine().Get("key")->value, "another");
  EXPECT_TRUE(node.answers.empty());
}

// --- readmission (R7)

TEST(AgreementTest, ALeaderReadmitsOnlyWhoHasAcceptedItsLog) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node.lives[3] = 777;
  node.Pass(200'000);
  EXPECT_EQ(node.Tip(), 1U);
  node.Hear(3, paxos::Accepted{ballot, 1});
  node.Pass(20'000);
  ASSERT_EQ(node.Tip(), 2U);
  EXPECT_EQ(IncarnationsIn(node->acceptor().log().tip_block()), (Incarnations{{3, 777}}));
}

TEST(AgreementTest, AReadmissionIsDecidedWithoutTheVoteOfTheReadmitted) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node.lives[3] = 777;
  node.Pass(10'000);
  node.Hear(3, paxos::Accepted{ballot, 1});
  node.Pass(20'000);
  ASSERT_EQ(node.Tip(), 2U);
  node.Hear(3, paxos::Accepted{ballot, 2});
  node.Turns();
  EXPECT_EQ(node.Decided(), 1U);
  node.Hear(2, paxos::Accepted{ballot, 2});
  node.Turns();
  EXPECT_EQ(node.Decided(), 2U);
  // From now on it counts.
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  node.Hear(3, paxos::Accepted{ballot, 3});
  node.Turns();
  EXPECT_EQ(node.Decided(), 3U);
  EXPECT_EQ(node.answers.size(), 1U);
}

}  // namespace
}  // namespace cairn::replica
