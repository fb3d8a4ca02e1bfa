// What a replica refuses, and in which words.

#include <gtest/gtest.h>

#include "common/limits.h"
#include "replica/one_node.h"

namespace cairn::replica {
namespace {

TEST(RefusalTest, LimitsAreRefusedInWords) {
  OneNode node;
  (void)node.Lead();
  node->Submit(1, PutOf(7, 1, ""));
  node->Submit(2, PutOf(7, 1, std::string(kMaxKeyBytes + 1, 'k')));
  node->Submit(3, PutOf(7, 1, "key", std::string(kMaxValueBytes + 1, 'v')));
  node->Submit(4, PutOf(0, 1));
  node->Submit(5, PutOf(7, 0));
  node->Read(6, std::string(kMaxKeyBytes + 1, 'k'));
  node.Turns();
  ASSERT_EQ(node.answers.size(), 6U);
  for (const LocalAnswer& local : node.answers) {
    EXPECT_EQ(local.answer.code, Code::kUsage);
    EXPECT_FALSE(local.answer.message.empty());
  }
  EXPECT_NE(node.answers[1].answer.message.find("4096"), std::string::npos);
  EXPECT_NE(node.answers[2].answer.message.find("1048576"), std::string::npos);
  EXPECT_EQ(node.Tip(), 1U);
}

TEST(RefusalTest, WhatIsExactlyAtTheLimitIsTaken) {
  OneNode node;
  const Ballot ballot = node.Lead();
  node->Submit(1, PutOf(7, 1, std::string(kMaxKeyBytes, 'k'), std::string(kMaxValueBytes, 'v')));
  node.Turns();
  AcceptAll(node, ballot);
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kOk);
}

TEST(RefusalTest, TheClustersOwnOperationsAreDeniedToClients) {
  OneNode node;
  (void)node.Lead();
  Request request = PutOf(7, 1);
  request.op = Op::kForm;
  node->Submit(1, request);
  node.Hear(2, ForwardWrite{2, request});  // nor through a node that does not check
  node.Turns();
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kDenied);
  EXPECT_EQ(node.Tip(), 1U);
}

TEST(RefusalTest, AFullQueueIsRefusedInWordsAndNothingIsLost) {
  OneNode node;
  node.Lose(2);
  node.Lose(3);
  std::size_t refused = 0;
  for (Token token = 1; token <= kMaxQueuedRequests + 3; ++token) {
    node->Read(token, "key");
  }
  node.Turns();
  for (const LocalAnswer& local : node.answers) {
    refused += local.answer.code == Code::kUnavailable ? 1U : 0U;
    EXPECT_NE(local.answer.message.find("too many requests"), std::string::npos);
  }
  EXPECT_EQ(refused, 3U);
  node.Pass(2'000'000);
  EXPECT_EQ(node.answers.size(), kMaxQueuedRequests + 3);  // each exactly once
}

TEST(RefusalTest, ARequestWithoutLeaderIsRefusedInWordsAfterAWhile) {
  OneNode node;
  node.Lose(2);
  node.Lose(3);
  node->Submit(1, PutOf(7, 1));
  node->Read(2, "key");
  node.Pass(paxos::Timing{}.park - 50'000);
  EXPECT_TRUE(node.answers.empty());
  node.Pass(150'000);
  ASSERT_EQ(node.answers.size(), 2U);
  for (const LocalAnswer& local : node.answers) {
    EXPECT_EQ(local.answer.code, Code::kUnavailable);
    EXPECT_NE(local.answer.message.find("no majority"), std::string::npos) << local.answer.message;
    EXPECT_EQ(local.answer.leader, 0U);
  }
}

// "Surely not applied" must be true.
TEST(RefusalTest, AWriteThatWasOnItsWayIsOfUnknownOutcome) {
  OneNode node;
  (void)node.Follow(3);
  node->Submit(1, PutOf(7, 1));
  node->Read(2, "key");
  node.Turns();
  node.Lose(2);
  node.Lose(3);
  node.Pass(1'500'000);
  ASSERT_EQ(node.answers.size(), 2U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kUnknownOutcome);
  EXPECT_EQ(node.answers[1].answer.code, Code::kUnavailable);  // a read changes nothing
}

TEST(RefusalTest, ALeaderThatNeverAnswersIsGivenUpInTheEnd) {
  OneNode node;
  (void)node.Follow(3);
  node->Submit(1, PutOf(7, 1));
  node.Pass(paxos::Timing{}.expire - 100'000);
  EXPECT_TRUE(node.answers.empty());
  node.Pass(200'000);
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].answer.code, Code::kUnknownOutcome);
}

}  // namespace
}  // namespace cairn::replica
