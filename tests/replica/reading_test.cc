// Linearizable reads (R9).

#include <gtest/gtest.h>

#include "common/limits.h"
#include "replica/one_node.h"

namespace cairn::replica {
namespace {

// R9
TEST(ReadingTest, AReadWaitsForAMajoritysWord) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  AcceptAll(node, ballot);
  node.Forget();
  node->Read(2, "key");
  node->Read(3, "no such key");
  node.Turns();
  ASSERT_EQ(node.Said<paxos::Probe>(2).size(), 1U);  // one round for all that wait
  EXPECT_TRUE(node.answers.empty());
  EXPECT_TRUE(node.writes.empty());
  node.Hear(2, paxos::ProbeAck{ballot, node.Said<paxos::Probe>(2)[0].number});
  node.Turns();
  ASSERT_EQ(node.answers.size(), 2U);
  EXPECT_EQ(node.answers[0].answer.value, "value");
  EXPECT_EQ(node.answers[0].answer.slot, 2U);
  EXPECT_EQ(node.answers[1].answer.code, Code::kNotFound);
}

// R9: only once all that it adopted is decided.
TEST(ReadingTest, ANewLeaderReadsNothingBeforeAllThatItAdoptedIsDecided) {
  OneNode node({.chain = paxos::Chain(4), .decided = 2});
  const Ballot ballot = node.Campaign();
  node.HearPromise(2, ballot);
  node.Turns();
  ASSERT_TRUE(node->leading());
  node->Read(1, "key");
  node.Turns();
  EXPECT_TRUE(node.Said<paxos::Probe>().empty());
  node.Hear(2, paxos::Accepted{ballot, 3});
  node.Pass(10'000);
  EXPECT_TRUE(node.Said<paxos::Probe>().empty());
  node.Hear(2, paxos::Accepted{ballot, 4});
  node.Pass(10'000);
  EXPECT_FALSE(node.Said<paxos::Probe>().empty());
}

// R9: it would be a lie to a client that has the answer of a newer leader.
TEST(ReadingTest, ADeposedLeaderAnswersNoRead) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Read(1, "key");
  node.Turns();
  const std::uint64_t number = node.Said<paxos::Probe>(2).at(0).number;
  node.Hear(3, paxos::Prepare{{ballot.round + 1, 3, LifeOf(3)}, 1, ballot, 1});
  node.Hear(2, paxos::ProbeAck{ballot, number});
  node.Turns();
  EXPECT_TRUE(node.answers.empty());
}

// R9: who promised more has perhaps helped to decide what this leader does not know.
TEST(ReadingTest, AFollowerConfirmsOnlyTheBallotThatItPromisedLast) {
  OneNode node;
  const Ballot ballot = node.Follow(3);
  node.Hear(3, paxos::Probe{ballot, 1});
  node.Hear(2, paxos::Probe{ballot, 2});  // not its ballot
  node.Turns();
  EXPECT_EQ(node.Said<paxos::ProbeAck>(3).size(), 1U);
  EXPECT_TRUE(node.Said<paxos::ProbeAck>(2).empty());
  node.Hear(2, paxos::Prepare{{ballot.round + 1, 2, LifeOf(2)}, 1, ballot, 1});
  node.Hear(3, paxos::Probe{ballot, 3});
  node.Turns();
  EXPECT_EQ(node.Said<paxos::ProbeAck>(3).size(), 1U);
}

TEST(ReadingTest, ANodeThatTakesNoAnswersHoldsUpNobodyElse) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  AcceptAll(node, ballot);
  node.Forget();
  node->SetAnswerRoom(2, 1);  // for one, however large
  for (Token token = 10; token < 13; ++token) {
    node.Hear(2, ForwardRead{token, "key"});
  }
  node.Hear(3, ForwardRead{20, "key"});
  node->Read(30, "key");
  node.Turns();
  node.Hear(3, paxos::ProbeAck{ballot, node.Said<paxos::Probe>(3).at(0).number});
  node.Turns();
  EXPECT_EQ(node.Said<ForwardAnswer>(2).size(), 1U);
  EXPECT_EQ(node.Said<ForwardAnswer>(3).size(), 1U);
  EXPECT_EQ(node.answers.size(), 1U);
  EXPECT_FALSE(node->HasWork());
  node->SetAnswerRoom(2, 1 << 20);
  node.Turns();
  EXPECT_EQ(node.Said<ForwardAnswer>(2).size(), 3U);
}

TEST(ReadingTest, ATurnReadsNoMoreThanItHasTimeFor) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1, "key", std::string(kMaxValueBytes, 'v')));
  node.Turns();
  AcceptAll(node, ballot);
  node.Forget();
  for (Token token = 10; token < 13; ++token) {
    node->Read(token, "key");
  }
  node.Turns();
  node.Hear(2, paxos::ProbeAck{ballot, node.Said<paxos::Probe>(2).at(0).number});
  for (std::size_t turns = 1; turns <= 3; ++turns) {
    EXPECT_TRUE(node->HasWork());
    node.Turn();
    EXPECT_EQ(node.answers.size(), turns);
  }
  EXPECT_FALSE(node->HasWork());
}

TEST(ReadingTest, AloneANodeIsAMajorityForReadsAndWrites) {
  OneNode node({.ballot = BallotOf(5), .nodes = 1});
  node.Pass(100'000);
  ASSERT_TRUE(node->leading());
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  node->Read(2, "key");
  node.Turns();
  ASSERT_EQ(node.answers.size(), 2U);
  EXPECT_EQ(node.answers[1].answer.value, "value");
}

}  // namespace
}  // namespace cairn::replica
