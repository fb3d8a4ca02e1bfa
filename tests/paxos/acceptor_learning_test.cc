// What an acceptor believes, learns and adopts; acceptor_test.cc has the verbs.

#include <gtest/gtest.h>

#include "paxos/acceptor.h"
#include "paxos/chain_builder.h"

namespace cairn::paxos {
namespace {

// --- what is acknowledged and believed

// R4: blocks that were learned may come from a newer leader.
TEST(AcceptorTest, AcknowledgesOnlyWhatTheLeaderSaidItself) {
  const auto chain = Chain(6);
  Acceptor acceptor = Followed(5, Part(chain, 0, 3), 1);
  EXPECT_FALSE(acceptor.Learn(Part(chain, 2, 6)));
  EXPECT_EQ(acceptor.log().tip(), 6U);
  EXPECT_EQ(acceptor.matched(), 3U);
  // The leader's own word, through the hash of the parent, covers what is before it.
  EXPECT_EQ(acceptor.OnAccept({BallotOf(5), 3, chain[5]}), Verdict::kAccepted);
  EXPECT_EQ(acceptor.matched(), 5U);
}

// R4: a node that was restarted does not know how much of its log is the leader's.
TEST(AcceptorTest, AfterARestartItAcknowledgesNothingUnasked) {
  const auto chain = Chain(4);
  Acceptor acceptor = Made(5, chain, 1);
  EXPECT_EQ(acceptor.matched(), 0U);
  acceptor.OnDecided(BallotOf(5), 4);
  EXPECT_EQ(acceptor.log().decided(), 1U);
  EXPECT_EQ(acceptor.OnAccept({BallotOf(5), 2, chain[3]}), Verdict::kAccepted);
  EXPECT_EQ(acceptor.matched(), 3U);
  EXPECT_EQ(acceptor.log().decided(), 2U);
}

// R5: the leader's decided slot means the leader's blocks.
TEST(AcceptorTest, BelievesADecidedSlotOnlyAsFarAsItsLogIsTheLeaders) {
  const auto chain = Chain(5);
  Acceptor acceptor = Followed(5, Part(chain, 0, 3), 1);
  acceptor.OnDecided(BallotOf(5), 5);
  EXPECT_EQ(acceptor.log().decided(), 3U);
}

// R5
TEST(AcceptorTest, TheDecidedSlotOfAnotherBallotSaysNothingOfItsLog) {
  Acceptor acceptor = Followed(5, Chain(3), 1);
  acceptor.OnDecided(BallotOf(6), 3);
  acceptor.OnDecided(BallotOf(4), 3);
  EXPECT_EQ(acceptor.log().decided(), 1U);
}

// R7: after a crash of all, a majority must know by itself who may vote.
TEST(AcceptorTest, WhoIsWhoIsWrittenAsSoonAsItIsDecided) {
  const auto chain = Grow({Genesis(), Forming(Roster(3))}, 2);
  Acceptor acceptor = Followed(5, chain, 0);
  acceptor.TakeChanges();
  acceptor.OnDecided(BallotOf(5), 1);
  EXPECT_TRUE(acceptor.changed());
  EXPECT_TRUE(acceptor.TakeChanges().any);
  acceptor.OnDecided(BallotOf(5), 3);
  EXPECT_FALSE(acceptor.changed()) << "of others the next block tells";
}

// R4: once a block of the leader had to give way, what stood on it is not matched either.
TEST(AcceptorTest, WhatWasReplacedIsNotMatchedAnyMore) {
  const auto chain = Chain(5, "mine");
  const auto other = Grow(Part(chain, 0, 2), 1, "theirs");
  Acceptor acceptor = Followed(5, chain, 2);
  EXPECT_TRUE(acceptor.Learn(Part(other, 3, 3)));
  EXPECT_EQ(acceptor.matched(), 2U);
  EXPECT_EQ(acceptor.log().tip(), 3U);
  EXPECT_EQ(acceptor.log().decided(), 3U);
  EXPECT_EQ(acceptor.TakeChanges().blocks, Part(other, 3, 3));
}

// --- learning

// R5
TEST(AcceptorTest, LearnsDecidedBlocksInOrderAndNothingAfterAGap) {
  const auto chain = Chain(7);
  Acceptor acceptor = Made(5, Part(chain, 0, 2), 1);
  auto blocks = Part(chain, 1, 4);
  blocks.push_back(chain[6]);
  EXPECT_FALSE(acceptor.Learn(blocks));
  EXPECT_EQ(acceptor.log().decided(), 4U);
  EXPECT_EQ(acceptor.log().tip(), 4U);
  EXPECT_EQ(acceptor.TakeChanges().blocks, Part(chain, 3, 4));
}

// R5: learning is no vote.
TEST(AcceptorTest, LearningRaisesNoBallot) {
  Acceptor acceptor = Made(5, Chain(1), 1);
  EXPECT_FALSE(acceptor.Learn(Part(Chain(4), 2, 4)));
  EXPECT_EQ(acceptor.promised(), BallotOf(5));
  EXPECT_EQ(acceptor.accepted(), BallotOf(5));
}

// R5
TEST(AcceptorDeathTest, TwoDifferentDecidedBlocksAtOneSlotStopTheNode) {
  const auto chain = Chain(4, "mine");
  const auto other = Grow(Part(chain, 0, 2), 3, "theirs");
  Acceptor acceptor = Made(5, chain, 4);
  EXPECT_DEATH((void)acceptor.Learn(Part(other, 3, 3)), "R5");
  EXPECT_DEATH((void)acceptor.Learn(Part(other, 5, 5)), "R5");
  EXPECT_FALSE(acceptor.Learn(Part(chain, 1, 4)));
}

// --- the candidate's and the leader's own log

// R1
TEST(AcceptorDeathTest, ABallotOfItsOwnIsAboveAllThatItPromised) {
  Acceptor acceptor = Made(5, Chain(1), 1);
  EXPECT_DEATH(acceptor.StartBallot(BallotOf(5)), "R1");
  EXPECT_DEATH(acceptor.StartBallot(BallotOf(4)), "R1");
  acceptor.StartBallot(BallotOf(6));
  EXPECT_TRUE(acceptor.TakeChanges().promise);
}

// R3
TEST(AcceptorTest, AdoptsTheBestLogInItsOwnBallot) {
  const auto mine = Chain(5, "mine");
  const auto best = Grow(Part(mine, 0, 2), 2, "best");
  Acceptor acceptor = Made(4, mine, 2);
  acceptor.StartBallot(BallotOf(6));
  acceptor.Adopt({BallotOf(6), BallotOf(5), 4, 3, Part(best, 3, 4)});
  EXPECT_EQ(acceptor.accepted(), BallotOf(6));
  EXPECT_EQ(acceptor.log().tip_hash(), best[4]->hash);
  EXPECT_EQ(acceptor.log().tip(), 4U);
  EXPECT_EQ(acceptor.log().decided(), 2U);  // that is decided by its own count
  EXPECT_EQ(acceptor.TakeChanges().blocks, Part(best, 3, 4));
}

// R3: it contains every block that was or may have been decided.
TEST(AcceptorDeathTest, NeverAdoptsALogWithoutWhatIsDecided) {
  const auto mine = Chain(4, "mine");
  const auto other = Grow(Part(mine, 0, 2), 3, "other");
  Acceptor acceptor = Made(4, mine, 4);
  acceptor.StartBallot(BallotOf(6));
  EXPECT_DEATH(acceptor.Adopt({BallotOf(6), BallotOf(5), 3, 2, Part(mine, 3, 3)}), "R3");
  EXPECT_DEATH(acceptor.Adopt({BallotOf(6), BallotOf(5), 5, 2, Part(other, 3, 5)}), "R3");
  EXPECT_DEATH(acceptor.Adopt({BallotOf(6), BallotOf(5), 9, 2, {}}), "R3");
}

// R4
TEST(AcceptorDeathTest, ALeaderExtendsOnlyALogThatIsInItsBallot) {
  const auto chain = Chain(3);
  Acceptor acceptor = Made(4, Part(chain, 0, 2), 1);
  acceptor.StartBallot(BallotOf(6));
  EXPECT_DEATH(acceptor.Extend(chain[3]), "R4");
  acceptor.AdoptOwn();
  acceptor.Extend(chain[3]);
  EXPECT_EQ(acceptor.log().tip(), 3U);
  EXPECT_EQ(acceptor.matched(), 3U);
}

// R6: a block that was cut before it was written needs no writing, its successor does.
TEST(AcceptorTest, WritesWhatStandsNotWhatWasCut) {
  const auto chain = Chain(5, "first");
  const auto other = Grow(Part(chain, 0, 2), 1, "second");
  Acceptor acceptor = Followed(5, Part(chain, 0, 2), 2);
  ASSERT_EQ(acceptor.OnAccept({BallotOf(5), 2, chain[3]}), Verdict::kAccepted);
  ASSERT_EQ(acceptor.OnAccept({BallotOf(5), 2, chain[4]}), Verdict::kAccepted);
  ASSERT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(6), other, 2, 2)), Verdict::kAccepted);
  EXPECT_EQ(acceptor.TakeChanges().blocks, Part(other, 3, 3));
}

// --- R7

TEST(AcceptorTest, BeforeBlockOneEverybodyVotes) {
  const Acceptor acceptor({}, {}, LogOf(Chain(0), 0));
  EXPECT_TRUE(acceptor.IsVoter(1, 4711));
}

TEST(AcceptorTest, WhoIsNotWhoTheChainSaysIsNoVoter) {
  const Acceptor decided = Made(5, Chain(3), 2);
  EXPECT_TRUE(decided.IsVoter(2, LifeOf(2)));
  EXPECT_FALSE(decided.IsVoter(2, LifeOf(2) + 1));
  EXPECT_FALSE(decided.IsVoter(8, LifeOf(8)));
}

// R7: block 1 counts from the moment that it is there.
TEST(AcceptorTest, AnUndecidedBlockOneSaysWhoVotes) {
  const Acceptor acceptor = Made(5, Chain(1), 0);
  EXPECT_TRUE(acceptor.IsVoter(2, LifeOf(2)));
  EXPECT_FALSE(acceptor.IsVoter(2, LifeOf(2) + 1));
}

// R7: an undecided readmission admits nobody.
TEST(AcceptorTest, AReadmittedNodeVotesOnceThatIsDecided) {
  auto chain = Chain(2);
  chain.push_back(Readmitting(chain.back(), 3, 777));
  EXPECT_FALSE(Made(5, chain, 2).IsVoter(3, 777));
  EXPECT_TRUE(Made(5, chain, 2).IsVoter(3, LifeOf(3)));
  EXPECT_TRUE(Made(5, chain, 3).IsVoter(3, 777));
  EXPECT_FALSE(Made(5, chain, 3).IsVoter(3, LifeOf(3)));
}

}  // namespace
}  // namespace cairn::paxos
