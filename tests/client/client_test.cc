#include "client/client.h"

#include <gtest/gtest.h>

#include "client/fake_cluster.h"
#include "common/limits.h"

namespace cairn::client {
namespace {

constexpr Micros kSecond = 1'000'000;

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() : client_(fake_.cluster, Preferring(1), fake_.MakeEnvironment()) {}

  static Options Preferring(NodeId node) {
    Options options;
    options.preferred = node;
    return options;
  }

  FakeCluster fake_{5};
  Client client_;
};

TEST_F(ClientTest, BeginsItsSessionAtADecidedSlotThatItHeardOfBefore) {
  fake_.nodes[1].welcome.decided = 42;
  const OperationResult result = client_.Put("k", "v");
  ASSERT_TRUE(result.ok()) << result.message;
  EXPECT_EQ(result.slot, 11U);
  EXPECT_EQ(result.leader, 1U);
  ASSERT_EQ(fake_.nodes[1].calls.size(), 1U);
  EXPECT_EQ(fake_.nodes[1].hellos, 1);
  const Request& request = fake_.nodes[1].WriteAt(0);
  EXPECT_NE(request.client, 0U);
  EXPECT_EQ(request.sequence, 1U);
  EXPECT_EQ(request.first_open, 1U);
  EXPECT_EQ(request.session_base, 42U);
  EXPECT_EQ(request.op, Op::kPut);
  EXPECT_EQ(request.key, "k");
  EXPECT_EQ(request.value, "v");
}

TEST_F(ClientTest, NumbersItsRequestsAndKeepsItsBase) {
  ASSERT_TRUE(client_.Put("a", "1").ok());
  fake_.nodes[1].welcome.decided = 99;
  ASSERT_TRUE(client_.Del("a").ok());
  const Request& second = fake_.nodes[1].WriteAt(1);
  EXPECT_EQ(second.client, fake_.nodes[1].WriteAt(0).client);
  EXPECT_EQ(second.sequence, 2U);
  EXPECT_EQ(second.first_open, 2U);
  EXPECT_EQ(second.session_base, 10U);
  EXPECT_EQ(second.op, Op::kDel);
  EXPECT_EQ(fake_.nodes[1].hellos, 1);
}

TEST_F(ClientTest, RetriesTheSameSequenceOverALeaderChange) {
  fake_.nodes[1].answer = [](const api::CallBody&) { return std::nullopt; };
  fake_.nodes[2].answer = [](const api::CallBody&) {
    return FakeCluster::Failed(Code::kUnknownOutcome, "the leader changed");
  };
  const OperationResult result = client_.Put("k", "v");
  ASSERT_TRUE(result.ok()) << result.message;
  EXPECT_EQ(fake_.order, (std::vector<NodeId>{1, 2, 3}));
  EXPECT_EQ(fake_.nodes[2].WriteAt(0), fake_.nodes[1].WriteAt(0));
  EXPECT_EQ(fake_.nodes[3].WriteAt(0), fake_.nodes[1].WriteAt(0));
}

TEST_F(ClientTest, FollowsTheHintOfALeaderAtOnce) {
  fake_.nodes[1].answer = [](const api::CallBody&) {
    return FakeCluster::Failed(Code::kUnavailable, "ask the leader", 0, 4);
  };
  const Micros before = fake_.now;
  EXPECT_TRUE(client_.Put("k", "v").ok());
  EXPECT_EQ(fake_.order, (std::vector<NodeId>{1, 4}));
  EXPECT_EQ(fake_.now, before);
}

TEST_F(ClientTest, PausesLongerAndLongerWhileNobodyCanServe) {
  int refusals = 0;
  fake_.SetAnswers([&refusals](const api::CallBody&) {
    return ++refusals <= 6 ? FakeCluster::NoMajority() : FakeCluster::Ok(12);
  });
  const Micros before = fake_.now;
  EXPECT_TRUE(client_.Put("k", "v").ok());
  EXPECT_EQ(fake_.order, (std::vector<NodeId>{1, 2, 3, 4, 5, 1, 2}));
  // 20 + 40 + 80 + 160 + 200 + 200 ms.
  EXPECT_EQ(fake_.now - before, 700'000U);
}

TEST_F(ClientTest, TwoNodesThatNameEachOtherAreNotAskedWithoutAPause) {
  for (const NodeId node : {1U, 2U}) {
    fake_.nodes[node].answer = [node](const api::CallBody&) {
      return FakeCluster::Failed(Code::kUnavailable, "ask the other", 0, 3 - node);
    };
  }
  for (const NodeId node : {3U, 4U, 5U}) {
    fake_.nodes[node].up = false;
  }
  EXPECT_EQ(client_.Get("k").code, Code::kUnavailable);
  EXPECT_LT(fake_.order.size(), 100U);
}

TEST_F(ClientTest, SaysUnavailableWhenEveryTransmissionWasRefused) {
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  fake_.nodes[4].up = false;
  fake_.nodes[5].up = false;
  const Micros before = fake_.now;
  const OperationResult result = client_.Put("k", "v");
  EXPECT_EQ(result.code, Code::kUnavailable);
  EXPECT_EQ(ExitCode(result.code), 4);
  EXPECT_NE(result.message.find("says: no majority: 2 of 5 nodes answer"), std::string::npos)
      << result.message;
  EXPECT_NE(result.message.find("no answer from nodes 4 and 5"), std::string::npos)
      << result.message;
  EXPECT_NE(result.message.find("was not applied"), std::string::npos);
  EXPECT_LE(fake_.now - before, 5 * kSecond);
  EXPECT_GE(fake_.now - before, 4 * kSecond);
}

TEST_F(ClientTest, DoesNotSpoilACertainRefusalByALastTransmission) {
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  for (auto& [id, node] : fake_.nodes) {
    node.delay = 700'000;
  }
  for (const Micros timeout : {kSecond, 2 * kSecond, 5 * kSecond, 5'300'000UL}) {
    Options options = Preferring(1);
    options.timeout = timeout;
    Client client(fake_.cluster, options, fake_.MakeEnvironment());
    const Micros before = fake_.now;
    EXPECT_EQ(client.Put("k", "v").code, Code::kUnavailable) << timeout;
    EXPECT_LE(fake_.now - before, timeout);
  }
}

TEST_F(ClientTest, SaysUnavailableWhenNoConnectionEverStood) {
  for (auto& [id, node] : fake_.nodes) {
    node.up = false;
  }
  const Micros before = fake_.now;
  const OperationResult result = client_.Put("k", "v");
  EXPECT_EQ(result.code, Code::kUnavailable);
  EXPECT_EQ(result.message,
            "this put was not applied: no answer from nodes 1, 2, 3, 4 and 5; asked nodes 1, 2, 3, "
            "4 and 5 for 5.0 s; `cairn status` shows the nodes");
  EXPECT_EQ(fake_.now - before, 5 * kSecond);
}

TEST_F(ClientTest, SaysUnknownOutcomeWhenATransmissionIsUnanswered) {
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  fake_.nodes[1].answer = [](const api::CallBody&) { return std::nullopt; };
  const OperationResult result = client_.Put("k", "v");
  EXPECT_EQ(result.code, Code::kUnknownOutcome);
  EXPECT_EQ(ExitCode(result.code), 5);
  EXPECT_EQ(result.slot, 0U);
  EXPECT_NE(result.message.find("may be applied now or later"), std::string::npos);
}

TEST_F(ClientTest, SaysUnknownOutcomeWhenANodeLostTrackOnce) {
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  int calls = 0;
  fake_.nodes[1].answer = [&calls](const api::CallBody&) {
    return ++calls == 1 ? FakeCluster::Failed(Code::kUnknownOutcome, "the leader changed")
                        : FakeCluster::NoMajority();
  };
  EXPECT_EQ(client_.Put("k", "v").code, Code::kUnknownOutcome);
}

TEST_F(ClientTest, TakesTheAnswerToAnEarlierTransmissionWhenItComesLate) {
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  fake_.nodes[1].answer = [](const api::CallBody&) { return FakeCluster::Ok(77); };
  fake_.nodes[1].delay = 1'500'000;
  const OperationResult result = client_.Put("k", "v");
  EXPECT_TRUE(result.ok()) << result.message;
  EXPECT_EQ(result.slot, 77U);
  EXPECT_EQ(fake_.nodes[1].calls.size(), 1U);
}

TEST_F(ClientTest, LooksForLateAnswersBeforeItGivesUp) {
  Options options = Preferring(1);
  options.timeout = 2 * kSecond;
  Client hurried(fake_.cluster, options, fake_.MakeEnvironment());
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  fake_.nodes[1].answer = [](const api::CallBody&) { return FakeCluster::Ok(77); };
  fake_.nodes[1].delay = 1'900'000;
  const Micros before = fake_.now;
  EXPECT_EQ(hurried.Put("k", "v").slot, 77U);
  EXPECT_EQ(fake_.now - before, 2 * kSecond);
}

TEST_F(ClientTest, TheLogsOwnUnknownOutcomeIsFinalAndEndsTheSession) {
  fake_.nodes[1].answer = [](const api::CallBody&) {
    return FakeCluster::Failed(Code::kUnknownOutcome, "the session is gone", 30);
  };
  const OperationResult result = client_.Put("k", "v");
  EXPECT_EQ(result.code, Code::kUnknownOutcome);
  EXPECT_EQ(result.slot, 30U);
  EXPECT_EQ(result.message, "the session is gone");
  ASSERT_EQ(fake_.order.size(), 1U);
  fake_.nodes[1].answer = [](const api::CallBody&) { return FakeCluster::Ok(31); };
  EXPECT_TRUE(client_.Put("k", "v").ok());
  EXPECT_NE(fake_.nodes[1].WriteAt(1).client, fake_.nodes[1].WriteAt(0).client);
  EXPECT_EQ(fake_.nodes[1].WriteAt(1).sequence, 1U);
}

TEST_F(ClientTest, AReadIsNeverOfUnknownOutcome) {
  fake_.SetAnswers([](const api::CallBody&) { return std::nullopt; });
  EXPECT_EQ(client_.Get("k").code, Code::kUnavailable);
  fake_.SetAnswers(
      [](const api::CallBody&) { return FakeCluster::Failed(Code::kUnknownOutcome, "lost", 9); });
  EXPECT_EQ(client_.Get("k").code, Code::kUnavailable);
}

TEST_F(ClientTest, ReadsAValueWithItsSlot) {
  fake_.nodes[1].answer = [](const api::CallBody& body) {
    return FakeCluster::Ok(15, "value of " + std::get<api::Read>(body).key, 3);
  };
  const OperationResult result = client_.Get("k");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.value, "value of k");
  EXPECT_EQ(result.slot, 15U);
  EXPECT_EQ(result.leader, 3U);
}

TEST_F(ClientTest, SaysWhichKeyIsMissing) {
  fake_.SetAnswers(
      [](const api::CallBody&) { return FakeCluster::Failed(Code::kNotFound, "", 8); });
  const OperationResult got = client_.Get("a\nb");
  EXPECT_EQ(got.code, Code::kNotFound);
  EXPECT_EQ(got.message, "there is no key \"a\\nb\"");
  EXPECT_EQ(got.slot, 8U);
  EXPECT_EQ(client_.Del("k").message, "there was no key \"k\" to delete");
}

TEST_F(ClientTest, AUsageErrorIsFinal) {
  fake_.nodes[1].answer = [](const api::CallBody&) {
    return FakeCluster::Failed(Code::kUsage, "too many open requests");
  };
  EXPECT_EQ(client_.Put("k", "v").code, Code::kUsage);
  EXPECT_EQ(fake_.order.size(), 1U);
}

TEST_F(ClientTest, ADeadPreferredNodeCostsItsPatienceOnceOnly) {
  fake_.nodes[1].up = false;
  Micros before = fake_.now;
  EXPECT_TRUE(client_.Put("k", "v").ok());
  EXPECT_EQ(fake_.now - before, 250'000U);
  before = fake_.now;
  EXPECT_TRUE(client_.Put("k", "w").ok());
  EXPECT_EQ(fake_.now, before);
  EXPECT_EQ(fake_.order, (std::vector<NodeId>{2, 2}));
}

TEST_F(ClientTest, GoesBackToThePreferredNodeWhenItIsThereAgain) {
  fake_.nodes[1].up = false;
  EXPECT_TRUE(client_.Put("k", "v").ok());
  fake_.nodes[1].up = true;
  fake_.now += 10 * kSecond;
  EXPECT_TRUE(client_.Put("k", "w").ok());
  EXPECT_EQ(fake_.order, (std::vector<NodeId>{2, 1}));
}

TEST_F(ClientTest, GreetsASilentNodeBeforeItTrustsItAgain) {
  fake_.nodes[1].answer = [](const api::CallBody&) { return std::nullopt; };
  EXPECT_TRUE(client_.Put("k", "v").ok());
  fake_.now += 10 * kSecond;
  fake_.nodes[1].mute = true;
  EXPECT_TRUE(client_.Put("k", "w").ok());
  EXPECT_EQ(fake_.nodes[1].hellos, 2);
  EXPECT_EQ(fake_.nodes[1].calls.size(), 1U);
}

TEST_F(ClientTest, AShortTimeoutStillReachesASecondNode) {
  Options options = Preferring(1);
  options.timeout = 300'000;
  Client hurried(fake_.cluster, options, fake_.MakeEnvironment());
  fake_.nodes[1].mute = true;
  const Micros before = fake_.now;
  EXPECT_TRUE(hurried.Put("k", "v").ok());
  EXPECT_EQ(fake_.now - before, 100'000U);
}

TEST_F(ClientTest, KeepsToTheLimitsToTheByte) {
  const std::string key(kMaxKeyBytes, 'k');
  const std::string value(kMaxValueBytes, 'v');
  EXPECT_TRUE(client_.Put(key, value).ok());
  EXPECT_TRUE(client_.Put("k", "").ok());
  EXPECT_EQ(fake_.order.size(), 2U);
  EXPECT_EQ(client_.Put(key + "k", "v").message,
            "the key has 4097 bytes, the limit is 4096 (4 KiB); nothing was sent");
  EXPECT_EQ(client_.Put("k", value + "v").message,
            "the value has 1048577 bytes, the limit is 1048576 (1 MiB); nothing was sent");
  EXPECT_EQ(client_.Get("").code, Code::kUsage);
  EXPECT_EQ(client_.Del(key + "k").code, Code::kUsage);
  EXPECT_EQ(fake_.order.size(), 2U);
}

TEST_F(ClientTest, ReplacesASessionThatWasIdleBeforeItCanBeEvicted) {
  EXPECT_TRUE(client_.Put("k", "v").ok());
  fake_.now += 20 * kSecond;
  fake_.nodes[1].welcome.decided = 500;
  EXPECT_TRUE(client_.Put("k", "w").ok());
  const Request& second = fake_.nodes[1].WriteAt(1);
  EXPECT_NE(second.client, fake_.nodes[1].WriteAt(0).client);
  EXPECT_EQ(second.sequence, 1U);
  EXPECT_EQ(second.session_base, 500U);
}

TEST_F(ClientTest, AnyNodeIsAskedFirstWhenNoneIsNamedAndThenTheLeader) {
  fake_.random = 1;
  Client any(fake_.cluster, Options{}, fake_.MakeEnvironment());
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::Ok(11, "", 1); });
  EXPECT_TRUE(any.Put("a", "b").ok());
  EXPECT_TRUE(any.Put("a", "b").ok());
  ASSERT_EQ(fake_.order.size(), 2U);
  EXPECT_NE(fake_.order[0], 1U) << "random";
  EXPECT_EQ(fake_.order[1], 1U) << "whom the first answer named";
}

}  // namespace
}  // namespace cairn::client
