#include "replica/thrifty_quorum.h"

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

TEST(ThriftyQuorumTest, AsksAllUntilEnoughHaveAnswered) {
  ThriftyQuorum prompt;
  prompt.Begin(2);
  prompt.Answered(4);
  prompt.Answered(4);
  EXPECT_TRUE(prompt.Asks(2));
  prompt.Answered(3);
  prompt.Answered(2);  // too late
  EXPECT_FALSE(prompt.Asks(2));
  EXPECT_TRUE(prompt.Asks(3));
  EXPECT_TRUE(prompt.Asks(4));
}

TEST(ThriftyQuorumTest, BeginsAnew) {
  ThriftyQuorum prompt;
  prompt.Begin(1);
  prompt.Answered(3);
  prompt.Begin(1);
  EXPECT_TRUE(prompt.Asks(2));
  prompt.Answered(2);
  EXPECT_FALSE(prompt.Asks(3));
}

std::vector<Slot> SlotsSent(const OneNode& node, NodeId to) {
  std::vector<Slot> slots;
  for (const paxos::Accept& accept : node.Said<paxos::Accept>(to)) {
    slots.push_back(accept.block->slot());
  }
  return slots;
}

/// Leads; the write of slot 2 is decided by the word of node 2.
Ballot LeadsWithNodeTwo(OneNode& node) {
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  node.Hear(2, paxos::Accepted{ballot, 2});
  node.Turns();
  EXPECT_EQ(SlotsSent(node, 3), (std::vector<Slot>{2}));
  return ballot;
}

TEST(ThriftyQuorumTest, TheOthersGetAtATickWhatHasComeTogether) {
  OneNode node;
  const Ballot ballot = LeadsWithNodeTwo(node);
  for (Sequence i = 2; i <= 4; ++i) {
    node->Submit(i, PutOf(7, i));
    node.Turns();
    node.Hear(2, paxos::Accepted{ballot, node.Tip()});
    node.Turns();
  }
  EXPECT_EQ(node.Decided(), 5U);
  EXPECT_EQ(SlotsSent(node, 2), (std::vector<Slot>{2, 3, 4, 5}));
  EXPECT_EQ(SlotsSent(node, 3), (std::vector<Slot>{2}));
  node.Pass(10'000);
  EXPECT_EQ(SlotsSent(node, 3), (std::vector<Slot>{2, 3, 4, 5}));
  EXPECT_EQ(SlotsSent(node, 2), (std::vector<Slot>{2, 3, 4, 5}));
}

// What was decided without it is no answer that anybody waits for.
TEST(ThriftyQuorumTest, AFollowerThatComesLateIsNotAskedFirst) {
  OneNode node;
  const Ballot ballot = LeadsWithNodeTwo(node);
  node.Pass(10'000);
  node.Hear(3, paxos::Accepted{ballot, 2});
  node->Submit(2, PutOf(7, 2));
  node.Turns();
  EXPECT_EQ(SlotsSent(node, 2), (std::vector<Slot>{2, 3}));
  EXPECT_EQ(SlotsSent(node, 3), (std::vector<Slot>{2, 3}));
}

TEST(ThriftyQuorumTest, ManyWritesGoToAllAtOnce) {
  OneNode node;
  LeadsWithNodeTwo(node);
  for (Token i = 2; i <= 70; ++i) {
    node->Submit(i, PutOf(i, 1));
  }
  node.Turns();
  EXPECT_EQ(SlotsSent(node, 3), (std::vector<Slot>{2, 3}));
}

TEST(ThriftyQuorumTest, ALargeBlockGoesToAllAtOnce) {
  OneNode node;
  LeadsWithNodeTwo(node);
  Request request = PutOf(7, 2);
  request.value = std::string(100'000, 'v');
  node->Submit(2, request);
  node.Turns();
  EXPECT_EQ(SlotsSent(node, 3), (std::vector<Slot>{2, 3}));
}

// R7: it is readmitted once it has all that is decided, so nothing is held back from it.
TEST(ThriftyQuorumTest, ANodeThatWaitsForItsReadmissionGetsEverythingAtOnce) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node.lives[3] = 777;
  node.Pass(20'000);
  for (Sequence i = 1; i <= 3; ++i) {
    node->Submit(i, PutOf(7, i));
    node.Turns();
    node.Hear(2, paxos::Accepted{ballot, node.Tip()});
    node.Turns();
  }
  EXPECT_EQ(SlotsSent(node, 3), (std::vector<Slot>{2, 3, 4}));
}

/// Leads; a read is confirmed by the word of node 2.
Ballot ReadsWithNodeTwo(OneNode& node) {
  const Ballot ballot = node.Lead();
  node->Read(1, "key");
  node.Turns();
  node.Hear(2, paxos::ProbeAck{ballot, node.Said<paxos::Probe>(2).at(0).number});
  node.Turns();
  EXPECT_EQ(node.answers.size(), 1U);
  node.Forget();
  return ballot;
}

// R9: a round that was begun with few is not lost if one of them is.
TEST(ThriftyQuorumTest, AProbeThatIsNotAnsweredGoesToAllAtATick) {
  OneNode node;
  const Ballot ballot = ReadsWithNodeTwo(node);
  node->Read(2, "key");
  node.Turns();
  EXPECT_EQ(node.Said<paxos::Probe>(2).size(), 1U);
  EXPECT_TRUE(node.Said<paxos::Probe>(3).empty());
  node.Pass(20'000);
  ASSERT_EQ(node.Said<paxos::Probe>(3).size(), 1U);
  node.Hear(3, paxos::ProbeAck{ballot, node.Said<paxos::Probe>(3)[0].number});
  node.Turns();
  EXPECT_EQ(node.answers.size(), 1U);
}

TEST(ThriftyQuorumTest, AProbeForManyReadsGoesToAllAtOnce) {
  OneNode node;
  ReadsWithNodeTwo(node);
  for (Token i = 2; i <= 70; ++i) {
    node->Read(i, "key");
  }
  node.Turns();
  EXPECT_EQ(node.Said<paxos::Probe>(3).size(), 1U);
}

}  // namespace
}  // namespace cairn::replica
