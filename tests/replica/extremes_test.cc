// Well-formed words that are false: one number at its extreme, as the codec lets it through. What
// each may do is told in tests/sim/liar.h; the simulator says them all at random, this says the
// worst.

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

using paxos::BallotOf;

/// The round of the next ballot that the node makes.
std::uint64_t NextRound(OneNode& node) {
  node.Forget();
  return node.Campaign().round;
}

TEST(ExtremesTest, OneWordLiftsTheRoundByALeapAtMost) {
  const Ballot last = BallotOf(kMaxRound, 2);
  const std::vector<Message> words = {
      paxos::Heartbeat{last, true, true, 2, BallotOf(5, 3), 1, 1},
      paxos::Prepare{last, 1, {}, 1},
      paxos::Refuse{last},
      paxos::AcceptSync{last, 1, 1, paxos::Forming(paxos::Roster(3))->hash, {}},
      paxos::Accept{last, 1, paxos::Child(paxos::Forming(paxos::Roster(3)), "x")},
      paxos::Promise{BallotOf(6, 1), last, 1, 1, {}}};
  for (const Message& word : words) {
    OneNode node;
    node.Hear(2, word);
    node.Turns();
    EXPECT_EQ(node->acceptor().promised(), BallotOf(5, 3)) << word.index();
    EXPECT_TRUE(node.Said<paxos::Promise>().empty());
    const std::uint64_t next = NextRound(node);
    EXPECT_GT(next, 5U) << word.index();
    EXPECT_LE(next, 6 + kMaxRoundLeap) << word.index();
  }
}

// A node that was away for very long comes back in as many words as it takes.
TEST(ExtremesTest, ARoundThatIsFarAheadIsReachedInSteps) {
  OneNode node;
  const Ballot far = BallotOf(5 * kMaxRoundLeap, 2);
  int prepares = 0;
  while (node->acceptor().promised() != far && ++prepares < 100) {
    node.Hear(2, paxos::Prepare{far, 1, {}, 1});
    node.Turns();
  }
  EXPECT_EQ(prepares, 5);
}

TEST(ExtremesTest, ANodeNeverMakesABallotThatOthersRefuse) {
  OneNode node({.ballot = BallotOf(kMaxRound, 3)});
  node->Campaign();
  node.Pass(3'000'000);
  EXPECT_TRUE(node.Said<paxos::Prepare>().empty());
  EXPECT_EQ(node->acceptor().promised(), BallotOf(kMaxRound, 3));
  EXPECT_NE(node->Report().words.find("the last ballot that there can be"), std::string::npos);
}

// Its disk is beyond help (an older program let that happen), and it must not cost the others one.
TEST(ExtremesTest, ALeaderDoesNotChaseANodeThatPromisedTheLastBallot) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node.Peer(3).promised = BallotOf(kMaxRound, 3);
  node.Peer(3).satisfied = false;
  node.Pass(5'000'000);
  EXPECT_TRUE(node->leading());
  EXPECT_EQ(node->acceptor().promised(), ballot);
}

TEST(ExtremesTest, ADecidedSlotAboveTheTipIsNotBelieved) {
  OneNode node({.chain = paxos::Chain(4), .decided = 1});
  const Ballot ballot = node.Follow(2);
  ASSERT_EQ(node.Decided(), 1U);
  const Slot far = Slot{1} << 50;
  node.Hear(2, paxos::Heartbeat{ballot, true, true, 2, ballot, 4, far});
  const auto chain = paxos::Chain(5);
  node.Hear(2, paxos::Accept{ballot, far, chain[5]});
  node.Hear(2, paxos::AcceptSync{ballot, far, 4, chain[4]->hash, paxos::Part(chain, 2, 4)});
  node.Turns();
  EXPECT_EQ(node.Decided(), 1U);
  EXPECT_EQ(node.Tip(), 4U);
  node.Hear(2, paxos::Accept{ballot, 4, chain[5]});
  EXPECT_EQ(node.Decided(), 4U);
}

}  // namespace
}  // namespace cairn::replica
