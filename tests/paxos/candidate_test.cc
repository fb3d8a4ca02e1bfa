#include "paxos/candidate.h"

#include <gtest/gtest.h>

#include "paxos/chain_builder.h"

namespace cairn::paxos {
namespace {

using Kind = Candidate::Decision::Kind;

/// Node 1 stands in round 9, with its own promise given for what its log is.
struct Standing {
  Standing(Acceptor acceptor, std::size_t nodes)
      : own(std::move(acceptor)), candidate(BallotOf(9), nodes) {
    own.StartBallot(BallotOf(9));
    candidate.OnPromise(1, LifeOf(1),
                        {BallotOf(9), own.accepted(), own.log().tip(), own.log().decided(), {}},
                        own.log());
  }
  void Promised(NodeId from, std::uint64_t accepted, Slot decided, Slot tip,
                const std::vector<BlockPtr>& blocks) {
    candidate.OnPromise(from, LifeOf(from), {BallotOf(9), BallotOf(accepted), tip, decided, blocks},
                        own.log());
  }
  [[nodiscard]] Candidate::Decision Decide() const { return candidate.Decide(own); }

  Acceptor own;
  Candidate candidate;
};

// R3: a quorum of promises.
TEST(CandidateTest, WaitsForAQuorum) {
  Standing node(Made(5, Chain(2), 1), 5);
  EXPECT_EQ(node.Decide().kind, Kind::kWait);
  node.Promised(2, 5, 1, 2, {});
  EXPECT_EQ(node.Decide().kind, Kind::kWait);
  node.Promised(2, 5, 1, 2, {});  // the same node again is no second vote
  EXPECT_EQ(node.Decide().kind, Kind::kWait);
  node.Promised(3, 5, 1, 2, {});
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
}

// R6: its own promise counts like any other, once it is durable.
TEST(CandidateTest, DecidesNothingBeforeItsOwnPromiseIsDurable) {
  Acceptor own = Made(5, Chain(2), 1);
  own.StartBallot(BallotOf(9));
  Candidate candidate(BallotOf(9), 3);
  candidate.OnPromise(2, LifeOf(2), {BallotOf(9), BallotOf(5), 2, 1, {}}, own.log());
  candidate.OnPromise(3, LifeOf(3), {BallotOf(9), BallotOf(5), 2, 1, {}}, own.log());
  EXPECT_EQ(candidate.Decide(own).kind, Kind::kWait);
}

TEST(CandidateTest, AloneItIsAQuorum) {
  EXPECT_EQ(Standing(Made(5, Chain(2), 2), 1).Decide().kind, Kind::kAdopt);
}

// R3: all that was decided below its ballot is in the best log, so what is not was decided above
// it.
TEST(CandidateTest, GivesUpWhenItKnowsMoreDecidedThanTheBestLogHolds) {
  const auto chain = Chain(5);
  Standing node(Made(5, Part(chain, 0, 2), 2), 3);
  node.Promised(2, 6, 2, 3, Part(chain, 3, 3));
  Standing overtaken = node;
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
  overtaken.own.Learn(Part(chain, 3, 5));
  EXPECT_EQ(overtaken.Decide().kind, Kind::kGiveUp);
}

// R3
TEST(CandidateTest, ACandidateAdoptsTheGreatestBallotThenTheLongestLog) {
  const auto chain = Chain(9);
  Standing node(Made(5, Part(chain, 0, 4), 1), 5);
  node.Promised(2, 6, 1, 3, Part(chain, 2, 3));
  node.Promised(3, 5, 1, 9, Part(chain, 2, 9));  // longer, in an older ballot
  EXPECT_EQ(node.Decide().node, 2U);
  node.Promised(4, 6, 1, 4, Part(chain, 2, 4));
  EXPECT_EQ(node.Decide().node, 4U);
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
}

// R3: among equals the own log is at hand.
TEST(CandidateTest, PrefersItsOwnLogAmongEquals) {
  Standing node(Made(5, Chain(4), 1), 3);
  node.Promised(3, 5, 1, 4, {});
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
  EXPECT_EQ(node.Decide().node, 1U);
}

// R2
TEST(CandidateTest, IgnoresAPromiseOfAnotherBallot) {
  Standing node(Made(5, Chain(2), 1), 3);
  node.candidate.OnPromise(2, LifeOf(2), {BallotOf(8), BallotOf(5), 2, 1, {}}, node.own.log());
  EXPECT_FALSE(node.candidate.HasPromised(2));
  EXPECT_EQ(node.Decide().kind, Kind::kWait);
}

TEST(CandidateTest, IgnoresAPromiseThatIsNotWellFormed) {
  const auto chain = Chain(6);
  Standing node(Made(5, Part(chain, 0, 2), 1), 3);
  node.Promised(2, 9, 1, 2, {});                                // accepted what it now promises
  node.Promised(2, 6, 3, 2, {});                                // decided beyond its tip
  node.Promised(2, 6, 1, 6, Part(chain, 2, 5));                 // its blocks end before its tip
  node.Promised(2, 6, 1, 4, {chain[2], chain[4]});              // a gap
  node.Promised(2, 6, 1, 3, {chain[2], Chain(3, "other")[3]});  // no chain
  EXPECT_FALSE(node.candidate.HasPromised(2));
}

// R3: what is missing before the adopted log is decided: it is learned first.
TEST(CandidateTest, FetchesWhatLiesBetweenItsLogAndTheBest) {
  const auto chain = Chain(9);
  Standing node(Made(5, Part(chain, 0, 2), 2), 3);
  node.Promised(2, 6, 7, 9, Part(chain, 8, 9));
  EXPECT_EQ(node.Decide().kind, Kind::kFetch);
  EXPECT_EQ(node.Decide().node, 2U);
  (void)node.own.Learn(Part(chain, 3, 6));
  EXPECT_EQ(node.Decide().kind, Kind::kFetch);
  (void)node.own.Learn(Part(chain, 7, 7));
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
}

// R2: what both logs have does not travel; the candidate puts it back from its own.
TEST(CandidateTest, CompletesAPromiseWithWhatItsOwnLogHas) {
  const auto chain = Chain(6);
  Standing node(Made(5, Part(chain, 0, 4), 1), 3);
  Standing same = node;
  node.Promised(2, 6, 1, 6, Part(chain, 5, 6));
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
  EXPECT_EQ(node.candidate.promises().at(2).blocks, Part(chain, 2, 6));
  node.own.Adopt(node.candidate.promises().at(2));
  EXPECT_EQ(node.own.log().tip_hash(), chain[6]->hash);

  // The same blocks, accepted in a greater ballot.
  same.candidate.OnPromise(2, LifeOf(2), {BallotOf(9), BallotOf(6), 4, 1, {}, chain[4]->hash},
                           same.own.log());
  EXPECT_EQ(same.Decide().node, 2U);
  EXPECT_EQ(same.Decide().kind, Kind::kAdopt);
  same.own.Adopt(same.candidate.promises().at(2));
  EXPECT_EQ(same.own.accepted(), BallotOf(9));
  EXPECT_EQ(same.own.log().tip_hash(), chain[4]->hash);
}

// R3: another block at the slot is no common past; nothing is completed.
TEST(CandidateTest, DoesNotCompleteAPromiseOnAnotherBlock) {
  const auto chain = Chain(6);
  Standing node(Made(5, Chain(4, "mine"), 0), 3);
  node.Promised(2, 6, 0, 6, Part(chain, 5, 6));
  EXPECT_EQ(node.candidate.promises().at(2).blocks, Part(chain, 5, 6));
  EXPECT_EQ(node.Decide().kind, Kind::kFetch);
}

// R3: a better log that is all decided and no longer in memory comes without blocks.
TEST(CandidateTest, FetchesABetterLogThatIsAllDecided) {
  const auto chain = Chain(9);
  Standing node(Made(5, Part(chain, 0, 2), 2), 3);
  node.Promised(2, 6, 9, 9, {});
  EXPECT_EQ(node.Decide().kind, Kind::kFetch);
  (void)node.own.Learn(Part(chain, 3, 9));
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
}

// --- R7: each promise is judged by the log that is adopted.

TEST(CandidateTest, BeforeBlockOneEveryPromiseCounts) {
  Standing node(Acceptor({}, {}, LogOf(Chain(0), 0)), 3);
  node.candidate.OnPromise(2, 4711, {BallotOf(9), {}, 0, 0, {}}, node.own.log());
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
}

TEST(CandidateTest, APromiseOfAnUnknownLifeDoesNotCount) {
  Standing node(Made(5, Chain(3), 2), 3);
  node.candidate.OnPromise(2, LifeOf(2) + 1, {BallotOf(9), BallotOf(5), 3, 2, {}}, node.own.log());
  EXPECT_EQ(node.Decide().kind, Kind::kWait);
  node.Promised(3, 5, 2, 3, {});
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
}

// A readmission in the adopted log, even undecided, voids the old self…
TEST(CandidateTest, AnUndecidedReadmissionVoidsTheOldSelf) {
  auto chain = Chain(2);
  chain.push_back(Readmitting(chain.back(), 2, 777));
  Standing node(Made(5, chain, 2), 3);
  node.Promised(2, 5, 2, 3, {});
  EXPECT_EQ(node.Decide().kind, Kind::kWait);
}

// … and does not admit the new one …
TEST(CandidateTest, AnUndecidedReadmissionDoesNotAdmitTheNewSelf) {
  auto chain = Chain(2);
  chain.push_back(Readmitting(chain.back(), 2, 777));
  Standing node(Made(5, chain, 2), 3);
  node.candidate.OnPromise(2, 777, {BallotOf(9), BallotOf(5), 3, 2, {}}, node.own.log());
  EXPECT_EQ(node.Decide().kind, Kind::kWait);
}

// … which a decided one does, were it only the other node that knows it as decided.
TEST(CandidateTest, ADecidedReadmissionAdmitsTheNewSelf) {
  auto chain = Chain(2);
  chain.push_back(Readmitting(chain.back(), 2, 777));
  Standing node(Made(5, chain, 2), 3);
  node.candidate.OnPromise(2, 777, {BallotOf(9), BallotOf(5), 3, 3, {}}, node.own.log());
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
}

// The log that counts is the adopted one, not the candidate's own.
TEST(CandidateTest, TheReadmissionMayStandInTheOtherNodesLog) {
  auto chain = Chain(2);
  chain.push_back(Readmitting(chain.back(), 3, 777));
  Standing node(Made(5, Chain(2), 2), 5);
  node.Promised(2, 6, 2, 3, Part(chain, 3, 3));
  node.Promised(3, 5, 2, 2, {});  // the old self of node 3
  EXPECT_EQ(node.Decide().kind, Kind::kWait);
  node.Promised(4, 5, 2, 2, {});
  EXPECT_EQ(node.Decide().kind, Kind::kAdopt);
  EXPECT_EQ(node.Decide().node, 2U);
}

}  // namespace
}  // namespace cairn::paxos
