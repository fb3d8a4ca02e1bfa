#include "replica/lane.h"

#include <gtest/gtest.h>

#include "paxos/chain_builder.h"

namespace cairn::replica {
namespace {

TEST(LaneTest, WhatKeepsALeaderInItsPlaceNeverWaitsBehindABlock) {
  for (const Message& message :
       {Message(paxos::Heartbeat{}), Message(paxos::Prepare{}), Message(paxos::Promise{}),
        Message(paxos::Refuse{}), Message(paxos::Accepted{}), Message(paxos::Behind{}),
        Message(paxos::Fetch{}), Message(paxos::Probe{}), Message(paxos::ProbeAck{})}) {
    EXPECT_EQ(LaneOf(message), Lane::kQuick) << message.index();
  }
}

// R4: a small block that overtakes a large one is a gap.
TEST(LaneTest, ALeadersBlocksStayInOrder) {
  const auto chain = paxos::Chain(2);
  EXPECT_EQ(LaneOf(paxos::Accept{{}, 0, chain[1]}), Lane::kLarge);
  EXPECT_EQ(LaneOf(paxos::AcceptSync{}), Lane::kLarge);
  EXPECT_EQ(LaneOf(paxos::Blocks{}), Lane::kLarge);
}

TEST(LaneTest, WhatIsLargeGoesWithTheBlocks) {
  ForwardWrite write;
  EXPECT_EQ(LaneOf(write), Lane::kQuick);
  write.request.value.assign(kLargeMessageBytes, 'x');
  EXPECT_EQ(LaneOf(write), Lane::kLarge);
  ForwardAnswer answer;
  EXPECT_EQ(LaneOf(answer), Lane::kQuick);
  answer.answer.value.assign(kLargeMessageBytes, 'x');
  EXPECT_EQ(LaneOf(answer), Lane::kLarge);
}

TEST(LaneTest, WhatAClientWaitsForIsNotDropped) {
  EXPECT_TRUE(IsSaidAgain(paxos::Accept{}));
  EXPECT_FALSE(IsSaidAgain(ForwardWrite{}));
  EXPECT_FALSE(IsSaidAgain(ForwardRead{}));
  EXPECT_FALSE(IsSaidAgain(ForwardAnswer{}));
}

}  // namespace
}  // namespace cairn::replica
