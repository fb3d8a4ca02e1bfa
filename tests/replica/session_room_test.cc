// Room for sessions runs out (kv/sessions.h): what a leader, a block and a client's node make of
// it.

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

Request First(ClientId client, Slot base) {
  Request request = PutOf(client, 1);
  request.session_base = base;
  return request;
}

TEST(SessionRoomTest, ALeaderRefusesANewSessionWithoutABlockAndServesTheOthers) {
  OneNode node({.max_sessions = 1});
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1));
  node.Turns();
  AcceptAll(node, ballot);
  const Slot tip = node.Tip();
  node.Forget();
  node->Submit(2, First(8, tip));
  node.Turns();
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kFull);
  EXPECT_NE(node.answers[0].answer.message.find("no room for this client's session"),
            std::string::npos);
  EXPECT_EQ(node.Tip(), tip);
  node->Submit(3, PutOf(7, 2));
  node.Turns();
  AcceptAll(node, ballot);
  ASSERT_EQ(node.answers.size(), 2U);
  EXPECT_EQ(node.answers[1].answer.code, Code::kOk);
  // Once the other one is at rest, the newcomer takes its place.
  for (Micros waited = 0; waited <= kSessionRest; waited += 1'000'000) {
    node.Pass(1'000'000);
  }
  node->Submit(4, First(8, node.Decided()));
  node.Turns();
  AcceptAll(node, ballot);
  ASSERT_EQ(node.answers.size(), 3U);
  EXPECT_EQ(node.answers[2].answer.code, Code::kOk);
}

TEST(SessionRoomTest, ABlockThatRefusesTheSecondOfTwoNewSessionsTellsItsClient) {
  OneNode node({.max_sessions = 1});
  const Ballot ballot = node.Lead();
  node->Submit(1, First(7, 1));
  node->Submit(2, First(8, 1));
  node.Turns();
  AcceptAll(node, ballot);
  ASSERT_EQ(node.answers.size(), 2U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kOk);
  EXPECT_EQ(node.answers[1].answer.code, Code::kFull);
  EXPECT_EQ(node.machine().session_count(), 1U);
}

// A later block may apply what this one refused, so nothing is said before.
TEST(SessionRoomTest, OnlyTheLastBlockThatHoldsARequestMayRefuseIt) {
  Proposals proposals;
  proposals.Add({1, 10}, PutOf(1, 1));
  EXPECT_TRUE(proposals.Refuse(1, 1, 7).empty());
  EXPECT_EQ(proposals.TakeBatch(8, 100, 1000).size(), 1U);
  EXPECT_TRUE(proposals.Refuse(1, 1, 7).empty());
  EXPECT_EQ(proposals.Refuse(1, 1, 8), (std::vector<Origin>{{1, 10}}));
  EXPECT_TRUE(proposals.Refuse(1, 1, 8).empty());
}

TEST(SessionRoomTest, AnAnswerThatOneCopyDidNothingIsNoneForTheOtherCopies) {
  for (const Code code : {Code::kFull, Code::kUnknownOutcome}) {
    OneNode node;
    (void)node.Follow(3, 6);
    node->Submit(1, PutOf(7, 1));
    node.Turns();
    node.Hear(3, ForwardAnswer{1, {code, "alone", 9, "", 3}});
    node->Submit(2, PutOf(7, 2));
    node.Turns();
    (void)node.Follow(2, 7);  // the old leader has it in a block, perhaps
    node.Hear(2, ForwardAnswer{2, {code, "one of two", 9, "", 2}});
    node.Turns();
    ASSERT_EQ(node.answers.size(), 2U);
    EXPECT_EQ(node.answers[0].answer.code, code);
    EXPECT_EQ(node.answers[0].answer.slot, 9U);
    EXPECT_EQ(node.answers[1].answer.code, Code::kUnknownOutcome);
    EXPECT_EQ(node.answers[1].answer.slot, 0U) << "nobody knows";
  }
}

}  // namespace
}  // namespace cairn::replica
