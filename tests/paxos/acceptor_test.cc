#include "paxos/acceptor.h"

#include <gtest/gtest.h>

#include "paxos/chain_builder.h"

namespace cairn::paxos {
namespace {

Promise PromiseOf(Acceptor& acceptor, const Prepare& prepare) {
  auto answer = acceptor.OnPrepare(prepare);
  EXPECT_TRUE(std::holds_alternative<Promise>(answer));
  return std::get<Promise>(answer);
}

// --- phase 1

// R1
TEST(AcceptorTest, NeverPromisesBelowItsPromise) {
  Acceptor acceptor = Made(5, Chain(2), 1);
  const auto answer = acceptor.OnPrepare({BallotOf(4), 1, BallotOf(3), 2});
  ASSERT_TRUE(std::holds_alternative<Refuse>(answer));
  EXPECT_EQ(std::get<Refuse>(answer).promised, BallotOf(5));
  EXPECT_EQ(acceptor.promised(), BallotOf(5));
  EXPECT_FALSE(acceptor.changed());
}

// R1: (round, node, incarnation), in this order.
TEST(AcceptorTest, OfTwoBallotsOfOneRoundTheGreaterNodeWins) {
  Acceptor acceptor({}, {}, LogOf(Chain(2), 1));
  (void)PromiseOf(acceptor, {BallotOf(5, 2), 1, {}, 2});
  EXPECT_TRUE(std::holds_alternative<Refuse>(acceptor.OnPrepare({BallotOf(5, 1), 1, {}, 2})));
  EXPECT_EQ(PromiseOf(acceptor, {BallotOf(5, 3), 1, {}, 2}).ballot, BallotOf(5, 3));
}

// R1, R7: a ballot of an old incarnation is never mistaken for one of the new.
TEST(AcceptorTest, TellsTheBallotsOfTwoLivesOfOneNodeApart) {
  Acceptor acceptor = Followed(5, Chain(2), 1);
  const Ballot other{5, 1, LifeOf(1) + 1};
  EXPECT_EQ(acceptor.OnAccept({other, 1, Child(Chain(2)[2], "x")}), Verdict::kBehind);
  EXPECT_EQ(PromiseOf(acceptor, {other, 1, {}, 0}).accepted, BallotOf(5));
}

TEST(AcceptorDeathTest, NeverHasAcceptedAboveItsPromise) {
  EXPECT_DEATH(Acceptor(BallotOf(4), BallotOf(5), LogOf(Chain(1), 1)), "R1");
}

// R2: a promise is durable before it leaves.
TEST(AcceptorTest, APromiseIsSomethingToWrite) {
  Acceptor acceptor = Made(5, Chain(2), 1);
  (void)PromiseOf(acceptor, {BallotOf(6), 1, BallotOf(5), 2});
  const auto changes = acceptor.TakeChanges();
  EXPECT_TRUE(changes.any);
  EXPECT_TRUE(changes.promise);
  EXPECT_TRUE(changes.blocks.empty());
  EXPECT_FALSE(acceptor.changed());
}

// R2
TEST(AcceptorTest, SaysALostPromiseAgain) {
  Acceptor acceptor = Made(5, Chain(3), 1);
  const Prepare prepare{BallotOf(6), 1, BallotOf(5), 1};
  const Promise first = PromiseOf(acceptor, prepare);
  (void)acceptor.TakeChanges();
  const Promise again = PromiseOf(acceptor, prepare);
  EXPECT_EQ(again.ballot, first.ballot);
  EXPECT_EQ(again.accepted, first.accepted);
  EXPECT_EQ(again.blocks, first.blocks);
  EXPECT_FALSE(acceptor.changed());  // it is durable already
}

// R2: phase 1 of a ballot is over once its leader's log was accepted.
TEST(AcceptorTest, SaysNothingToAPrepareOfTheBallotThatItHasAccepted) {
  Acceptor acceptor = Followed(5, Chain(3), 1);
  EXPECT_TRUE(
      std::holds_alternative<std::monostate>(acceptor.OnPrepare({BallotOf(5), 1, BallotOf(4), 1})));
}

// R2: with the blocks that the candidate lacks.
TEST(AcceptorTest, APromiseCarriesWhatTheCandidateLacks) {
  const auto chain = Chain(5);
  Acceptor acceptor = Made(5, chain, 4);
  const Promise promise = PromiseOf(acceptor, {BallotOf(6), 2, BallotOf(5), 3});
  EXPECT_EQ(promise.accepted, BallotOf(5));
  EXPECT_EQ(promise.tip, 5U);
  EXPECT_EQ(promise.decided, 4U);
  EXPECT_EQ(promise.blocks, Part(chain, 3, 5));  // from the candidate's decided slot on
}

// R2: equal hashes at the candidate's tip, equal logs up to it.
TEST(AcceptorTest, APromiseLeavesOutWhatTheCandidateHas) {
  const auto chain = Chain(5);
  Acceptor acceptor = Made(5, chain, 1);
  EXPECT_EQ(PromiseOf(acceptor, {BallotOf(6), 1, BallotOf(5), 3, chain[3]->hash}).blocks,
            Part(chain, 4, 5));
  EXPECT_TRUE(PromiseOf(acceptor, {BallotOf(7), 1, BallotOf(4), 5, chain[5]->hash}).blocks.empty());
  EXPECT_EQ(
      PromiseOf(acceptor, {BallotOf(8), 1, BallotOf(4), 3, Chain(3, "other")[3]->hash}).blocks,
      Part(chain, 2, 5));
}

// R3: the greatest (accepted, tip) is adopted; a lesser log need not travel.
TEST(AcceptorTest, APromiseOfALesserLogCarriesNoBlocks) {
  Acceptor acceptor = Made(5, Chain(5), 1);
  EXPECT_TRUE(PromiseOf(acceptor, {BallotOf(6), 1, BallotOf(5), 5}).blocks.empty());
  EXPECT_TRUE(PromiseOf(acceptor, {BallotOf(7, 2), 1, BallotOf(5, 2), 1}).blocks.empty());
  EXPECT_EQ(PromiseOf(acceptor, {BallotOf(8), 1, BallotOf(4), 9}).blocks.size(), 4U);
}

// R2: what is no longer in memory the candidate fetches, as decided blocks.
TEST(AcceptorTest, APromiseToACandidateFarBehindCarriesTheUndecidedBlocks) {
  const auto chain = Chain(9);
  Acceptor acceptor(BallotOf(5), BallotOf(5), LogFrom(chain, 6, 7));
  EXPECT_EQ(PromiseOf(acceptor, {BallotOf(6), 2, BallotOf(3), 2}).blocks, Part(chain, 8, 9));
}

// --- sync

// R3
TEST(AcceptorTest, ASyncTakesOverTheWholeLogInOneStep) {
  const auto chain = Chain(4);
  Acceptor acceptor({}, {}, LogOf(Chain(0), 0));
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(5), chain, 0, 2)), Verdict::kAccepted);
  EXPECT_EQ(acceptor.promised(), BallotOf(5));
  EXPECT_EQ(acceptor.accepted(), BallotOf(5));
  EXPECT_EQ(acceptor.matched(), 4U);
  EXPECT_EQ(acceptor.log().decided(), 2U);
  const auto changes = acceptor.TakeChanges();
  EXPECT_TRUE(changes.promise);
  EXPECT_EQ(changes.blocks, Part(chain, 1, 4));
}

// R3
TEST(AcceptorTest, ASyncReplacesOnlyUndecidedBlocks) {
  const auto old_chain = Chain(5, "old");
  const auto new_chain = Grow(Part(old_chain, 0, 2), 2, "new");
  Acceptor acceptor = Made(4, old_chain, 2);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(5), new_chain, 2, 2)), Verdict::kAccepted);
  EXPECT_EQ(acceptor.log().tip(), 4U);  // the old block 5 is gone
  EXPECT_EQ(acceptor.log().tip_hash(), new_chain[4]->hash);
  EXPECT_EQ(acceptor.TakeChanges().blocks, Part(new_chain, 3, 4));
}

// R5: an older leader's log without what is decided is refused.
TEST(AcceptorTest, ASyncThatContradictsWhatIsDecidedChangesNothing) {
  const auto chain = Chain(4, "decided");
  Acceptor acceptor = Made(4, chain, 4);
  const auto longer = Grow(Part(chain, 0, 2), 4, "other");
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(5), longer, 2, 6)), Verdict::kNothing);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(5), longer, 4, 6)), Verdict::kNothing);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(5), Part(longer, 0, 3), 2, 3)),
            Verdict::kNothing);
  EXPECT_EQ(acceptor.log().tip_hash(), chain[4]->hash);
  EXPECT_EQ(acceptor.promised(), BallotOf(4));
  EXPECT_FALSE(acceptor.changed());
}

// R1
TEST(AcceptorTest, NeverAcceptsBelowItsPromise) {
  const auto chain = Chain(2);
  Acceptor acceptor = Followed(5, chain, 1);
  (void)PromiseOf(acceptor, {BallotOf(6, 2), 1, BallotOf(5), 2});
  EXPECT_EQ(acceptor.OnAccept({BallotOf(5), 1, Child(chain[2], "late")}), Verdict::kRefused);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(5), Grow(chain, 1), 1, 1)),
            Verdict::kRefused);
  EXPECT_EQ(acceptor.log().tip(), 2U);
}

// R3: one that begins beyond what the node has decided can't be linked to it.
TEST(AcceptorTest, ASyncWithAGapIsAnsweredWithBehind) {
  Acceptor acceptor = Made(4, Chain(2), 1);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(5), Chain(9), 4, 4)), Verdict::kBehind);
  EXPECT_EQ(acceptor.accepted(), BallotOf(4));
}

// R3: equal hashes, equal logs. What both have need not be sent.
TEST(AcceptorTest, ASyncOnAnUndecidedBlockThatItHasBringsOnlyTheRest) {
  const auto chain = Chain(6);
  Acceptor acceptor = Made(5, Part(chain, 0, 4), 1);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(6), chain, 4, 1)), Verdict::kAccepted);
  EXPECT_EQ(acceptor.accepted(), BallotOf(6));
  EXPECT_EQ(acceptor.log().tip_hash(), chain[6]->hash);
  EXPECT_EQ(acceptor.matched(), 6U);
}

TEST(AcceptorTest, ASyncOfATipThatItHasNeedsNoBlocks) {
  const auto chain = Chain(6);
  Acceptor acceptor = Made(5, chain, 1);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(6), Part(chain, 0, 4), 4, 1)),
            Verdict::kAccepted);
  EXPECT_EQ(acceptor.accepted(), BallotOf(6));
  EXPECT_EQ(acceptor.log().tip_hash(), chain[4]->hash);
}

// R4: the same slot is not the same block.
TEST(AcceptorTest, ASyncOnAnotherUndecidedBlockIsAnsweredWithBehind) {
  const auto chain = Chain(2);
  Acceptor acceptor = Made(5, Grow(chain, 2, "mine"), 1);
  const auto other = Grow(chain, 4, "other");
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(6), other, 4, 1)), Verdict::kBehind);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(6), Part(other, 0, 4), 4, 1)),
            Verdict::kBehind);
  EXPECT_EQ(acceptor.accepted(), BallotOf(5));
}

TEST(AcceptorTest, ASyncWhoseBlocksAreNoChainIsIgnored) {
  const auto chain = Chain(4);
  Acceptor acceptor = Made(4, Chain(1), 1);
  AcceptSync sync = AcceptSyncOf(BallotOf(5), chain, 1, 1);
  std::swap(sync.blocks[0], sync.blocks[1]);
  EXPECT_EQ(acceptor.OnAcceptSync(sync), Verdict::kNothing);
  sync = AcceptSyncOf(BallotOf(5), chain, 1, 1);
  sync.tip = 3;
  EXPECT_EQ(acceptor.OnAcceptSync(sync), Verdict::kNothing);
  EXPECT_EQ(acceptor.log().tip(), 1U);
}

// R4: an old copy of a AcceptSync takes nothing back that was accepted after it in the same ballot.
TEST(AcceptorTest, AnOldSyncOfTheSameBallotCutsNothing) {
  const auto chain = Chain(5);
  Acceptor acceptor = Followed(5, Part(chain, 0, 3), 1);
  ASSERT_EQ(acceptor.OnAccept({BallotOf(5), 1, chain[4]}), Verdict::kAccepted);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(5), Part(chain, 0, 3), 1, 1)),
            Verdict::kAccepted);
  EXPECT_EQ(acceptor.log().tip(), 4U);
  EXPECT_EQ(acceptor.matched(), 4U);
}

// R3: a node whose log is longer than the leader's, in an older ballot, is cut to the leader's.
TEST(AcceptorTest, ASyncWithoutBlocksCutsWhatIsUndecided) {
  const auto chain = Chain(5);
  Acceptor acceptor = Made(4, chain, 3);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(5), Part(chain, 0, 3), 3, 3)),
            Verdict::kAccepted);
  EXPECT_EQ(acceptor.log().tip(), 3U);
  EXPECT_TRUE(acceptor.changed());
}

// --- accept

// R4
TEST(AcceptorTest, NeverAcceptsABlockWhoseParentIsNotItsTip) {
  const auto chain = Chain(3);
  Acceptor acceptor = Followed(5, chain, 1);
  EXPECT_EQ(acceptor.OnAccept({BallotOf(5), 1, Child(Chain(3, "other")[3], "x")}),
            Verdict::kBehind);
  EXPECT_EQ(acceptor.OnAccept({BallotOf(5), 1, Grow(chain, 2)[5]}), Verdict::kBehind);  // a gap
  EXPECT_EQ(acceptor.log().tip(), 3U);
}

// R4
TEST(AcceptorTest, NeverAcceptsInABallotThatItsLogIsNotIn) {
  const auto chain = Chain(3);
  Acceptor acceptor = Followed(5, chain, 1);
  (void)PromiseOf(acceptor, {BallotOf(6), 1, BallotOf(5), 3});
  // Promised, and the parent fits; but the log was not brought up in ballot 6.
  EXPECT_EQ(acceptor.OnAccept({BallotOf(6), 1, Child(chain[3], "x")}), Verdict::kBehind);
  EXPECT_EQ(acceptor.log().tip(), 3U);
  EXPECT_EQ(acceptor.accepted(), BallotOf(5));
}

// R4: nor in one that it has not promised, were it higher.
TEST(AcceptorTest, AnAcceptOfAnUnknownBallotIsAnsweredWithBehind) {
  const auto chain = Chain(3);
  Acceptor acceptor = Followed(5, chain, 1);
  EXPECT_EQ(acceptor.OnAccept({BallotOf(7), 1, Child(chain[3], "x")}), Verdict::kBehind);
  EXPECT_EQ(acceptor.promised(), BallotOf(5));
}

// R4
TEST(AcceptorTest, AcceptsBlockAfterBlock) {
  const auto chain = Chain(5);
  Acceptor acceptor = Followed(5, Part(chain, 0, 3), 1);
  EXPECT_EQ(acceptor.OnAccept({BallotOf(5), 2, chain[4]}), Verdict::kAccepted);
  EXPECT_EQ(acceptor.OnAccept({BallotOf(5), 3, chain[5]}), Verdict::kAccepted);
  EXPECT_EQ(acceptor.matched(), 5U);
  EXPECT_EQ(acceptor.log().decided(), 3U);
  const auto changes = acceptor.TakeChanges();
  EXPECT_FALSE(changes.promise);
  EXPECT_EQ(changes.blocks, Part(chain, 4, 5));
}

// R4: a second copy is acknowledged once more, and nothing is written.
TEST(AcceptorTest, AnAcceptThatCameTwiceIsAcceptedTwice) {
  const auto chain = Chain(4);
  Acceptor acceptor = Followed(5, Part(chain, 0, 3), 1);
  ASSERT_EQ(acceptor.OnAccept({BallotOf(5), 2, chain[4]}), Verdict::kAccepted);
  (void)acceptor.TakeChanges();
  EXPECT_EQ(acceptor.OnAccept({BallotOf(5), 2, chain[4]}), Verdict::kAccepted);
  EXPECT_FALSE(acceptor.changed());
}

// R4: equal hash, equal history. A node that has just started has only its newest blocks in memory.
TEST(AcceptorTest, ABlockThatItHasNeedsNoParentInMemory) {
  const auto chain = Chain(4);
  Acceptor acceptor(BallotOf(5), BallotOf(5), LogFrom(chain, 4, 4));
  EXPECT_EQ(acceptor.OnAccept({BallotOf(5), 4, chain[4]}), Verdict::kAccepted);
  EXPECT_EQ(acceptor.matched(), 4U);
}

// R5
TEST(AcceptorTest, AnOlderLeaderThatAsksForADecidedSlotIsRefused) {
  const auto chain = Chain(5, "newer");
  const auto older = Grow(Part(chain, 0, 3), 2, "older");
  Acceptor acceptor = Followed(5, Part(chain, 0, 3), 3);
  EXPECT_FALSE(acceptor.Learn(Part(chain, 4, 5)));  // decided in a ballot that it knows nothing of
  (void)acceptor.TakeChanges();
  EXPECT_EQ(acceptor.OnAccept({BallotOf(5), 3, older[4]}), Verdict::kNothing);
  EXPECT_EQ(acceptor.OnAcceptSync(AcceptSyncOf(BallotOf(5), older, 3, 3)), Verdict::kNothing);
  EXPECT_EQ(acceptor.log().tip_hash(), chain[5]->hash);
  EXPECT_FALSE(acceptor.changed());
}

}  // namespace
}  // namespace cairn::paxos
