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
  const Ballot ballot = node.Follow(2);
  node->SetRoom(Room::kReserve);
  node.Forget();
  const BlockPtr tip = node->acceptor().log().At(node.Tip());
  node.Hear(2, paxos::Accept{ballot, 1, paxos::Child(tip, "x")});
  node.Hear(2, paxos::Blocks{{paxos::Child(tip, "x")}, 2});
  node.Pass(100'000);
  EXPECT_TRUE(node.writes.empty());
  EXPECT_TRUE(node.Said<paxos::Accepted>().empty());
  ASSERT_FALSE(node.Said<paxos::Heartbeat>(2).empty());
  EXPECT_TRUE(node.Said<paxos::Heartbeat>(2).back().full);
  EXPECT_TRUE(node->Report().full);
}

// The disk ran full while they waited for a block before them.
TEST(RoomTest, WhatWaitedForABlockIsNotTakenWithoutRoom) {
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
  node.Hear(2, paxos::AcceptSync{ballot, second - 1, second - 1, chain[second - 1]->hash,
                                 paxos::Part(chain, 2, second - 1)});
  node->SetRoom(Room::kNone);
  node.Pass(20'000);
  EXPECT_LT(node.Tip(), second);
}

TEST(RoomTest, APromiseNeedsNoRoom) {
  OneNode node;
  node->SetRoom(Room::kReserve);
  node.Hear(2, paxos::Prepare{paxos::BallotOf(9, 2), 1, paxos::BallotOf(5, 3), 1});
  node.Turns();
  EXPECT_EQ(node.Said<paxos::Promise>(2).size(), 1U);
}

TEST(RoomTest, AFullLeaderMakesWayForThoseWithRoom) {
  OneNode node;
  (void)node.Lead();
  node->SetRoom(Room::kReserve);
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
  const Ballot ballot = node.Lead();
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
  node->SetRoom(Room::kReserve);
  node.Pass(20'000);  // the others have room
  const Ballot ballot = paxos::BallotOf(9, 2);
  node.Hear(2, paxos::AcceptSync{ballot, 3, 4, chain[4]->hash, {chain[4]}});
  node.Turns();
  ASSERT_EQ(node.Said<paxos::Accepted>(2).size(), 1U);
  EXPECT_EQ(node.Said<paxos::Accepted>(2)[0].tip, 4U);
  node.Forget();
  node.Hear(2, paxos::AcceptSync{paxos::BallotOf(10, 2),
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

// --- the reserve

TEST(RoomTest, WhereAMajorityIsFullAFollowerFinishesWhatIsInFlightOutOfItsReserve) {
  for (const Room room : {Room::kReserve, Room::kNone}) {
    OneNode node;
    const Ballot ballot = node.Follow(2);
    node.Peer(3).full = true;
    node->SetRoom(room);
    node.Pass(20'000);
    node.Forget();
    const BlockPtr next = paxos::Child(node->acceptor().log().At(node.Tip()), "x");
    const Ballot newer = paxos::BallotOf(ballot.round + 1, 2);
    node.Hear(2, paxos::AcceptSync{newer, 1, next->slot(), next->hash, {next}});
    node.Turns();
    const bool takes = room == Room::kReserve;
    EXPECT_EQ(node.Said<paxos::Accepted>(2).size(), takes ? 1U : 0U);
    EXPECT_EQ(node.Tip(), takes ? next->slot() : next->slot() - 1);
  }
}

TEST(RoomTest, AFullDiskAmongThoseWithRoomKeepsItsReserve) {
  OneNode node;
  const Ballot ballot = node.Follow(2);
  node->SetRoom(Room::kReserve);
  node.Forget();
  const BlockPtr next = paxos::Child(node->acceptor().log().At(node.Tip()), "x");
  node.Hear(2, paxos::AcceptSync{
                   paxos::BallotOf(ballot.round + 1, 2), 1, next->slot(), next->hash, {next}});
  node.Turns();
  EXPECT_TRUE(node.writes.empty());
}

TEST(RoomTest, ReadsThatWaitForFullDisksAreRefusedInTheirName) {
  // It leads, with room, and the others can't take the block that it adopted.
  const auto chain = paxos::Chain(2);
  OneNode node({.chain = chain, .decided = 1});
  node.Peer(2).full = node.Peer(3).full = true;
  node.Peer(2).tip = node.Peer(3).tip = 1;
  const Ballot ballot = node.Campaign();
  node.HearPromise(2, ballot);
  node.Turns();
  ASSERT_TRUE(node->leading());
  node.Peer(2).promised = node.Peer(3).promised = ballot;
  node->Read(1, "k");
  node.Pass(100'000);
  EXPECT_TRUE(node.answers.empty()) << "they may be about to take it";
  node.Pass(500'000);
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kFull);
  EXPECT_NE(node.answers[0].answer.message.find("nodes 2 and 3 are full and can't take the blocks"),
            std::string::npos)
      << node.answers[0].answer.message;
}

}  // namespace
}  // namespace cairn::replica
