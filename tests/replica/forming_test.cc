// A cluster forms once: who was a member, and has lost the chain, helps with no other one.

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

class FormingTest : public ::testing::Test {
 protected:
  static OneNode WithoutAChain(bool was_member) {
    return OneNode({.chain = {paxos::Genesis()}, .decided = 0, .was_member = was_member});
  }
  /// What a leader says that has just proposed block 1, or has it decided.
  [[nodiscard]] paxos::AcceptSync BlockOne(Slot decided) const {
    const BlockPtr block = paxos::Forming(paxos::Roster(3));
    return {ballot_, decided, 1, block->hash, {block}};
  }

  Ballot ballot_ = BallotOf(6, 2);
};

TEST_F(FormingTest, ANewNodeAcceptsTheFirstBlock) {
  OneNode node = WithoutAChain(false);
  node.Hear(2, BlockOne(0));
  node.Turns();
  EXPECT_EQ(node.Said<paxos::Accepted>(2).size(), 1U);
  EXPECT_EQ(node.Tip(), 1U);
}

TEST_F(FormingTest, AFormerMemberDoesNotAcceptTheFirstBlock) {
  OneNode node = WithoutAChain(true);
  node.Hear(2, BlockOne(0));
  node.Hear(2, paxos::Accept{ballot_, 0, paxos::Forming(paxos::Roster(3))});
  node.Turns();
  EXPECT_TRUE(node.Said<paxos::Accepted>().empty());
  EXPECT_EQ(node.Tip(), 0U);
  EXPECT_NE(node->Report().words.find("was a member"), std::string::npos);
}

TEST_F(FormingTest, AFormerMemberLearnsTheChainOfAClusterThatHasFormed) {
  OneNode node = WithoutAChain(true);
  node.Hear(2, BlockOne(1));
  node.Turns();
  EXPECT_EQ(node.Tip(), 1U);
  EXPECT_EQ(node.Said<paxos::Accepted>(2).size(), 1U);
  EXPECT_EQ(node->Report().words.find("was a member"), std::string::npos);
}

TEST_F(FormingTest, AFormerMemberNeitherVotesNorStands) {
  OneNode node = WithoutAChain(true);
  EXPECT_FALSE(node->IsVoter());
  EXPECT_TRUE(node.Campaign().IsNone());
  node->Campaign();
  node.Hear(2, paxos::Prepare{BallotOf(9, 2), 0, {}, 0});
  node.Turns();
  EXPECT_TRUE(node.Said<paxos::Prepare>().empty());
  EXPECT_TRUE(node.Said<paxos::Promise>().empty());
  EXPECT_EQ(node->Report().role, "learner");
}

}  // namespace
}  // namespace cairn::replica
