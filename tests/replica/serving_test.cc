#include <gtest/gtest.h>

#include "common/limits.h"
#include "replica/one_node.h"

namespace cairn::replica {
namespace {

// --- writes at the leader

// R6: a reply leaves only after the sync that it rests on.
TEST(ServingTest, AnAnswerLeavesOnlyAfterTheWrite) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  Effects effects = node.TakeEffects();
  ASSERT_TRUE(effects.write.needed);
  ASSERT_EQ(effects.write.blocks.size(), 1U);
  EXPECT_EQ(node.Said<paxos::Accept>().size(), 2U);  // it rests on nothing that is not durable
  // The others are faster than this node's own disk.
  for (const NodeId id : {2U, 3U}) {
    node.Hear(id, paxos::Accepted{ballot, node.Tip()});
  }
  EXPECT_TRUE(effects.answers.empty());
  EXPECT_EQ(node.Decided(), 1U);
  node.Remember(effects);
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].token, 1U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kOk);
  EXPECT_EQ(node.answers[0].answer.slot, 2U);
}

// R5
TEST(ServingTest, AWriteIsAnsweredWhenAMajorityHasIt) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  EXPECT_TRUE(node.answers.empty());
  node.Hear(3, paxos::Accepted{ballot, node.Tip()});
  node.Turns();
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.machine().Get("key")->value, "value");
}

TEST(ServingTest, RequestsThatWaitTogetherTravelInOneBlock) {
  OneNode node;
  const Ballot ballot = node.Lead();
  for (Sequence i = 1; i <= 20; ++i) {
    node->Submit(i, PutOf(7, i));
  }
  node.Turns();
  EXPECT_EQ(node.Tip(), 2U);
  AcceptAll(node, ballot);
  EXPECT_EQ(node.answers.size(), 20U);
}

TEST(ServingTest, OnlySoManySlotsAreInFlight) {
  OneNode node({.slots_in_flight = 2});
  const Ballot ballot = node.Lead();
  for (Sequence i = 1; i <= 5; ++i) {
    node->Submit(i, PutOf(7, i));
    node.Turns();
  }
  EXPECT_EQ(node.Tip(), 3U);
  AcceptAll(node, ballot);
  EXPECT_EQ(node.Tip(), 4U);  // all three that waited
  AcceptAll(node, ballot);
  EXPECT_EQ(node.answers.size(), 5U);
}

// R10
TEST(ServingTest, ATurnSealsAndAppliesNoMoreThanItHasTimeFor) {
  OneNode node;
  const Ballot ballot = node.Lead();
  for (Sequence sequence = 1; sequence <= 3; ++sequence) {
    node->Submit(sequence, PutOf(7, sequence, "key", std::string(kMaxValueBytes, 'v')));
  }
  for (std::size_t turns = 1; turns <= 3; ++turns) {
    EXPECT_TRUE(node->HasWork());
    node.Turn();
    EXPECT_EQ(node.writes.size(), turns);
    EXPECT_EQ(node.Tip(), 1 + turns);
  }
  EXPECT_FALSE(node->HasWork());
  node.Hear(2, paxos::Accepted{ballot, node.Tip()});
  ASSERT_EQ(node.Decided(), 4U);
  for (Slot applied = 2; applied <= 4; ++applied) {
    EXPECT_TRUE(node->HasWork());
    node.Turn();
    EXPECT_EQ(node.machine().applied(), applied);
    EXPECT_EQ(node.answers.size(), applied - 1);
  }
  EXPECT_FALSE(node->HasWork());
}

TEST(ServingTest, ARetryGetsTheFirstAnswer) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  AcceptAll(node, ballot);
  node->Submit(2, PutOf(7, 2, "key", "newer"));
  node.Turns();
  AcceptAll(node, ballot);
  const Slot tip = node.Tip();
  node.Forget();
  Request again = PutOf(7, 2, "key", "newer");
  node->Submit(3, again);
  node.Turns();
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kOk);
  EXPECT_EQ(node.answers[0].answer.slot, 3U);
  EXPECT_EQ(node.Tip(), tip);
}

// R10: at once, through two nodes.
TEST(ServingTest, ARequestThatComesTwiceIsAppliedOnceAndAnsweredTwice) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node.Hear(2, ForwardWrite{55, PutOf(7, 1)});
  node.Turns();
  ASSERT_EQ(node.Tip(), 2U);
  EXPECT_EQ(node.writes.back().blocks.front()->requests.size(), 1U);
  AcceptAll(node, ballot);
  EXPECT_EQ(node.answers.size(), 1U);
  ASSERT_EQ(node.Said<ForwardAnswer>(2).size(), 1U);
  EXPECT_EQ(node.Said<ForwardAnswer>(2)[0].token, 55U);
  EXPECT_EQ(node.Said<ForwardAnswer>(2)[0].answer.slot, 2U);
  EXPECT_EQ(node.Said<ForwardAnswer>(2)[0].answer.leader, 1U);
}

// R5: its request may be decided by the next leader; nobody must say now what became of it.
TEST(ServingTest, ADeposedLeaderAnswersNothingOfWhatItHasSealed) {
  OneNode node({.slots_in_flight = 1});
  const Ballot ballot = node.Lead();
  node.Hear(2, ForwardWrite{55, PutOf(7, 1)});
  node.Turns();
  node.Hear(2, ForwardWrite{56, PutOf(7, 2)});  // waits for a place
  node.Turns();
  node.Hear(3, paxos::Prepare{{ballot.round + 1, 3, LifeOf(3)}, 1, ballot, 1});
  node.Turns();
  EXPECT_FALSE(node->leading());
  const auto told = node.Said<ForwardAnswer>(2);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].token, 56U);  // surely not applied
  EXPECT_EQ(told[0].answer.code, Code::kUnavailable);
}

// --- at a follower

TEST(ServingTest, AFollowerHandsARequestToTheLeader) {
  OneNode node;
  (void)node.Follow(3);
  node->Submit(1, PutOf(7, 1));
  node->Read(2, "key");
  const Effects effects = node.TakeEffects();  // a redirect rests on nothing
  ASSERT_EQ(node.Said<ForwardWrite>(3).size(), 1U);
  EXPECT_EQ(node.Said<ForwardWrite>(3)[0].token, 1U);
  EXPECT_EQ(node.Said<ForwardWrite>(3)[0].request, PutOf(7, 1));
  ASSERT_EQ(node.Said<ForwardRead>(3).size(), 1U);
  EXPECT_EQ(node.Said<ForwardRead>(3)[0].key, "key");
}

TEST(ServingTest, TheLeadersAnswerReachesTheClient) {
  OneNode node;
  (void)node.Follow(3);
  node->Read(2, "key");
  node.Turns();
  node.Hear(3, ForwardAnswer{2, {Code::kOk, "", 9, "value", 3}});
  node.Turns();
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].answer.value, "value");
  EXPECT_EQ(node.answers[0].answer.slot, 9U);
  EXPECT_EQ(node.answers[0].answer.leader, 3U);
}

TEST(ServingTest, ATokenIsAnsweredExactlyOnce) {
  OneNode node;
  (void)node.Follow(3);
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  for (int copy = 0; copy < 3; ++copy) {
    node.Hear(3, ForwardAnswer{1, {Code::kOk, "", 9, "", 3}});
    node.Hear(2, ForwardAnswer{1, {Code::kOk, "", 9, "", 2}});
    node.Hear(2, ForwardAnswer{99, {Code::kOk, "", 9, "", 2}});  // never asked
    node.Turns();
  }
  node.Pass(15'000'000);
  EXPECT_EQ(node.answers.size(), 1U);
}

// R10 makes that safe.
TEST(ServingTest, WhatWaitsIsHandedToTheNextLeader) {
  OneNode node;
  (void)node.Follow(3, 6);
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  EXPECT_EQ(node.Said<ForwardWrite>(3).size(), 1U);
  (void)node.Follow(2, 7);
  ASSERT_EQ(node.Said<ForwardWrite>(2).size(), 1U);
  EXPECT_EQ(node.Said<ForwardWrite>(2)[0].token, 1U);
  node.Hear(2, ForwardAnswer{1, {Code::kOk, "", 9, "", 2}});
  node.Hear(3, ForwardAnswer{1, {Code::kUnavailable, "node 3 does not lead", 0, "", 0}});
  node.Turns();
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kOk);
}

TEST(ServingTest, WhatWaitsIsHandedOnByAndBy) {
  OneNode node;
  for (Sequence sequence = 1; sequence <= 3; ++sequence) {
    node->Submit(sequence, PutOf(7, sequence, "key", std::string(kMaxValueBytes, 'v')));
  }
  (void)node.Follow(3);  // two ticks
  EXPECT_EQ(node.Said<ForwardWrite>(3).size(), 2U);
  node.Pass(10'000);
  EXPECT_EQ(node.Said<ForwardWrite>(3).size(), 3U);
}

TEST(ServingTest, WhatALeaderRefusesIsTriedAgain) {
  OneNode node;
  (void)node.Follow(3);
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  node.Hear(3, ForwardAnswer{1, {Code::kUnavailable, "node 3 does not lead", 0, "", 0}});
  node.Turns();
  EXPECT_TRUE(node.answers.empty());
  node.Pass(10'000);
  EXPECT_EQ(node.Said<ForwardWrite>(3).size(), 2U);
}

// What is handed back comes again with every tick: from all nodes, all that is too much.
TEST(ServingTest, WhatIsTooMuchForALeaderIsRefusedAndNotHandedBack) {
  OneNode node;
  (void)node.Lead();
  for (const NodeId from : {2U, 3U}) {
    for (Token token = 0; token <= kMaxQueuedRequests / 2; ++token) {
      node.Hear(from, ForwardWrite{token, PutOf(100 + from, token + 1)});
    }
  }
  node.Turns();
  const auto refused = node.Said<ForwardAnswer>();
  ASSERT_FALSE(refused.empty());
  EXPECT_EQ(refused.front().answer.code, Code::kUnavailable);
  EXPECT_EQ(refused.front().answer.leader, 1U);  // it leads: nobody else would do better

  OneNode follower;
  (void)follower.Follow(3);
  follower->Submit(1, PutOf(7, 1));
  follower.Turns();
  follower.Hear(3, ForwardAnswer{1, {Code::kUnavailable, "too many", 0, "", 3}});
  follower.Turns();
  ASSERT_EQ(follower.answers.size(), 1U);
  EXPECT_EQ(follower.answers[0].answer.code, Code::kUnavailable);
  follower.Pass(100'000);
  EXPECT_EQ(follower.Said<ForwardWrite>(3).size(), 1U);
}

// R10: the session of such a request would not count as evicted when it is.
TEST(ServingTest, ASlotThatNoChainHasReachedIsNotBelieved) {
  OneNode node;
  const Ballot ballot = node.Lead();
  for (const Slot base : {node.Tip() + 1, (Slot{1} << 56) - 1, ~Slot{0}}) {
    Request request = PutOf(7, 1);
    request.session_base = base;
    node->Submit(base, request);
    node.Turns();
    ASSERT_EQ(node.answers.size(), 1U);
    EXPECT_EQ(node.answers[0].answer.code, Code::kUnavailable);
    EXPECT_EQ(node.answers[0].answer.slot, 1U) << "with this one it may try again";
    node.Forget();
  }
  EXPECT_EQ(node.Tip(), 1U);
  Request request = PutOf(7, 1);
  request.session_base = 1;
  node->Submit(1, request);
  node.Turns();
  AcceptAll(node, ballot);
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kOk);
}

TEST(ServingTest, ACrowdThatWaitsForALeaderIsHandedOnInParts) {
  OneNode node;
  node.Lose(3);
  node.Lose(2);
  constexpr Token kCrowd = 10'000;
  for (Token token = 1; token <= kCrowd; ++token) {
    node->Submit(token, PutOf(token, 1));
  }
  node.Pass(10'000);
  // A heartbeat of a leader, and one tick.
  paxos::Heartbeat leads;
  leads.promised = BallotOf(6, 3);
  leads.leading = leads.satisfied = true;
  leads.heard = 1U << 1;
  node.Hear(3, leads);
  node->Tick(node.now() + 10'000, 0);
  node.Turns();
  const std::size_t first = node.Said<ForwardWrite>(3).size();
  EXPECT_GT(first, 0U);
  EXPECT_LE(first, 4096U);
  for (int i = 2; i <= 4; ++i) {
    node->Tick(node.now() + 10'000, 0);
    node.Turns();
  }
  EXPECT_EQ(node.Said<ForwardWrite>(3).size(), kCrowd);
  EXPECT_TRUE(node.answers.empty());
}

// --- printQueue

TEST(ServingTest, TheQueueSaysWhatWaitsForWhat) {
  OneNode node;
  node.Lose(2);
  node.Lose(3);
  node->Submit(1, PutOf(7, 1, "a"));
  ASSERT_EQ(node->Queue().size(), 1U);
  EXPECT_EQ(node->Queue()[0].what, "put a");
  EXPECT_EQ(node->Queue()[0].waits_for, "a leader");

  OneNode leader;
  (void)leader.Lead();
  leader->Submit(1, PutOf(7, 1, "a"));
  leader->Read(2, "b");
  leader.Turns();
  ASSERT_EQ(leader->Queue().size(), 2U);
  EXPECT_EQ(leader->Queue()[0].waits_for, "a quorum for slot 2");
  EXPECT_NE(leader->Queue()[1].waits_for.find("majority"), std::string::npos);
}

}  // namespace
}  // namespace cairn::replica
