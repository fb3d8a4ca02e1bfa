// R11: time enters through blocks, and never goes back. One wrong clock must not stop it.

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

constexpr Micros kHour = Micros{3600} * 1'000'000;

/// A chain whose newest block was sealed by a node with a clock that is `ahead` of the others'.
std::vector<BlockPtr> ChainFromAhead(Micros time) {
  auto chain = paxos::Chain(1);
  Request request = PutOf(5, 1);
  chain.push_back(chain::Seal(2, chain.back()->hash, time, {request}));
  return chain;
}

/// The time of the next block that the leader seals.
Micros Put(OneNode& node, const Ballot& ballot, Sequence sequence) {
  node->Submit(sequence, PutOf(7, sequence));
  node.Turns();
  AcceptAll(node, ballot);
  return node->acceptor().log().tip_block().header.time;
}

TEST(BlockTimeTest, BehindAChainFromTheFutureTimeGoesOnAtHalfSpeed) {
  OneNode node({.chain = ChainFromAhead(kHour), .decided = 2});
  EXPECT_EQ(node->Report().ahead, 0U) << "it does not know its own clock yet";
  const Ballot ballot = node.Lead();
  const Micros led = node.now();
  const Micros first = Put(node, ballot, 1);
  EXPECT_GE(first, kHour);
  EXPECT_LT(first, kHour + 1'000'000);
  node.Pass(10'000'000);
  const Micros second = Put(node, ballot, 2);
  EXPECT_EQ(second, first + (node.now() - led) / 2);
  EXPECT_EQ(node->Report().ahead, second - node.now());
}

TEST(BlockTimeTest, OnceTheClockHasCaughtUpItsTimeCounts) {
  OneNode node({.chain = ChainFromAhead(60'000'000), .decided = 2});
  const Ballot ballot = node.Lead();
  for (Sequence sequence = 1; sequence <= 130; ++sequence) {
    Put(node, ballot, sequence);
    node.Pass(1'000'000);
  }
  const Micros now = node.now();
  EXPECT_EQ(Put(node, ballot, 200), now);
  EXPECT_EQ(node->Report().ahead, 0U);
}

}  // namespace
}  // namespace cairn::replica
