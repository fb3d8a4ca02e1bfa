// A full disk: the ledger is never at risk, reads go on, and whoever has room leads.

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

Request Put(const std::string& key) {
  Request request;
  request.client = 9;
  request.sequence = 1;
  request.first_open = 1;
  request.op = Op::kPut;
  request.key = key;
  request.value = "v";
  return request;
}

TEST(RoomTest, WithoutRoomAFollowerTakesNoBlockAndSaysSo) {
  OneNode node;
  const paxos::Ballot ballot = node.Follow(2);
  node->SetRoom(false);
  node.Forget();
  const BlockPtr tip = node->acceptor().log().At(node.Tip());
  node.Hear(2, paxos::Accept{ballot, 1, paxos::Child(tip, "x")});
  node.Hear(2, paxos::Blocks{{paxos::Child(tip, "x")}, 2});
  node.Pass(100'000);
  EXPECT_TRUE(node.writes.empty());
  EXPECT_TRUE(node.Said<paxos::Accepted>().empty());
  ASSERT_FALSE(node.Said<paxos::Heartbeat>(2).empty());
  EXPECT_TRUE(node.Said<paxos::Heartbeat>(2).back().full);
  EXPECT_TRUE(node->Status().full);
}

TEST(RoomTest, APromiseNeedsNoRoom) {
  OneNode node;
  node->SetRoom(false);
  node.Hear(2, paxos::Prepare{paxos::BallotOf(9, 2), 1, paxos::BallotOf(5, 3), 1});
  node.Turns();
  EXPECT_EQ(node.Said<paxos::Promise>(2).size(), 1U);
}

TEST(RoomTest, AFullLeaderMakesWayForThoseWithRoom) {
  OneNode node;
  (void)node.Lead();
  node->SetRoom(false);
  // Neither sealed here nor refused: the next leader will have room for it.
  node->Submit(1, Put("k"));
  node.Turns();
  EXPECT_TRUE(node.answers.empty());
  EXPECT_TRUE(node.Said<paxos::Accept>().empty());
  node.Pass(50'000);
  EXPECT_FALSE(node->leading());
  node.Pass(2'000'000);
  EXPECT_TRUE(node.Said<paxos::Prepare>().empty()) << "it stands again";
}

TEST(RoomTest, WhereAMajorityIsFullTheLeaderServesReadsAndRefusesWrites) {
  OneNode node;
  const paxos::Ballot ballot = node.Lead();
  node.Peer(2).full = node.Peer(3).full = true;
  node.Pass(20'000);
  EXPECT_TRUE(node->leading());
  node->Submit(1, Put("k"));
  node->Read(2, "k");
  node.Turns();
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kFull);
  EXPECT_NE(node.answers[0].answer.message.find("nodes 2 and 3 are full"), std::string::npos);
  ASSERT_FALSE(node.Said<paxos::Probe>(2).empty());
  node.Hear(2, paxos::ProbeAck{ballot, node.Said<paxos::Probe>(2).back().number});
  node.Turns();
  ASSERT_EQ(node.answers.size(), 2U);
  EXPECT_EQ(node.answers[1].answer.code, Code::kNotFound);
  // There is room again.
  node.Peer(2).full = node.Peer(3).full = false;
  node.Pass(20'000);
  node.Forget();
  node->Submit(3, Put("k"));
  node.Turns();
  EXPECT_EQ(node.Said<paxos::Accept>(2).size(), 1U);
}

// Else the tip that a new leader adopted would never be decided, and no read be answered.
TEST(RoomTest, WithoutRoomAFollowerAcceptsAgainWhatItHas) {
  const auto chain = paxos::Chain(4);
  OneNode node({.chain = chain, .decided = 3});
  node->SetRoom(false);
  const paxos::Ballot ballot = paxos::BallotOf(9, 2);
  node.Hear(2, paxos::Sync{ballot, 3, 4, chain[4]->hash, {chain[4]}});
  node.Turns();
  ASSERT_EQ(node.Said<paxos::Accepted>(2).size(), 1U);
  EXPECT_EQ(node.Said<paxos::Accepted>(2)[0].tip, 4U);
  node.Forget();
  node.Hear(2, paxos::Sync{paxos::BallotOf(10, 2),
                           3,
                           5,
                           paxos::Child(chain[4], "x")->hash,
                           {chain[4], paxos::Child(chain[4], "x")}});
  node.Turns();
  EXPECT_TRUE(node.Said<paxos::Accepted>().empty());
}

TEST(RoomTest, OneFullFollowerStopsNobody) {
  OneNode node;
  (void)node.Lead();
  node.Peer(2).full = true;
  node.Pass(20'000);
  node.Forget();
  node->Submit(1, Put("k"));
  node.Turns();
  EXPECT_EQ(node.Said<paxos::Accept>(3).size(), 1U);
}

}  // namespace
}  // namespace cairn::replica
