#include "client/batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "client/fake_cluster.h"
#include "common/limits.h"

namespace cairn::client {
namespace {

using Kind = Operation::Kind;

class BatchTest : public testing::Test {
 protected:
  BatchTest() { options_.preferred = 1; }

  std::vector<OperationResult> Run(const std::vector<Operation>& operations) {
    Client client(fake_.cluster, options_, fake_.MakeEnvironment());
    return client.Run(operations);
  }
  static std::vector<Operation> Puts(std::size_t count) {
    std::vector<Operation> puts;
    for (std::size_t i = 0; i < count; ++i) {
      puts.push_back({Kind::kPut, "key" + std::to_string(i), "value" + std::to_string(i)});
    }
    return puts;
  }
  static std::size_t CountOf(Code code, const std::vector<OperationResult>& results) {
    return static_cast<std::size_t>(std::ranges::count(results, code, &OperationResult::code));
  }

  FakeCluster fake_{3};
  Options options_;
};

TEST_F(BatchTest, ResultsAreInTheOrderOfTheOperations) {
  fake_.SetAnswers([](const api::CallBody& body) -> api::ReplyBody {
    if (const auto* read = std::get_if<api::Read>(&body)) {
      return FakeCluster::Ok(7, "value of " + read->key);
    }
    const Request& request = std::get<api::Write>(body).request;
    return request.op == Op::kDel ? FakeCluster::Failed(Code::kNotFound, "there is no such key", 9)
                                  : FakeCluster::Ok(8);
  });
  const auto results = Run({{Kind::kGet, "a", ""},
                            {Kind::kPut, "b", "1"},
                            {Kind::kDel, "c", ""},
                            {Kind::kGet, "d", ""}});
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(results[0].value, "value of a");
  EXPECT_EQ(results[1].slot, 8U);
  EXPECT_TRUE(results[1].ok());
  EXPECT_EQ(results[2].code, Code::kNotFound);
  EXPECT_NE(results[2].message.find("\"c\""), std::string::npos) << results[2].message;
  EXPECT_EQ(results[3].value, "value of d");
}

TEST_F(BatchTest, ManyAreInFlightAtOnce) {
  fake_.nodes[1].delay = 100'000;
  const Micros began = fake_.now;
  EXPECT_EQ(CountOf(Code::kOk, Run(Puts(400))), 400U);
  EXPECT_LT(fake_.now - began, 200'000) << "not one after the other";
}

TEST_F(BatchTest, NoTwoRequestsBearTheSameSequence) {
  EXPECT_EQ(CountOf(Code::kOk, Run(Puts(5000))), 5000U);
  std::set<Sequence> sequences;
  for (std::size_t i = 0; i < 5000; ++i) {
    sequences.insert(fake_.nodes[1].WriteAt(i).sequence);
  }
  EXPECT_EQ(sequences.size(), 5000U);
}

TEST_F(BatchTest, WhatASilentNodeHadGoesToTheNextUnderTheSameSequence) {
  // It answers a Hello, and nothing else.
  fake_.nodes[1].answer = [](const api::CallBody&) { return std::nullopt; };
  EXPECT_EQ(CountOf(Code::kOk, Run(Puts(20))), 20U);
  ASSERT_EQ(fake_.nodes[1].calls.size(), 20U);
  ASSERT_EQ(fake_.nodes[2].calls.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(fake_.nodes[1].WriteAt(i).client, fake_.nodes[2].WriteAt(i).client);
    EXPECT_EQ(fake_.nodes[1].WriteAt(i).sequence, fake_.nodes[2].WriteAt(i).sequence);
    EXPECT_EQ(fake_.nodes[1].WriteAt(i).key, fake_.nodes[2].WriteAt(i).key);
  }
}

TEST_F(BatchTest, WhatIsRefusedGoesToTheLeaderThatIsNamed) {
  fake_.nodes[1].answer = [](const api::CallBody&) {
    return FakeCluster::Failed(Code::kUnavailable, "node 1 does not lead", 0, 3);
  };
  EXPECT_EQ(CountOf(Code::kOk, Run(Puts(10))), 10U);
  EXPECT_TRUE(fake_.nodes[2].calls.empty());
  EXPECT_EQ(fake_.nodes[3].calls.size(), 10U);
}

TEST_F(BatchTest, WritesThatWereAlwaysRefusedAreSurelyNotApplied) {
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  const auto results = Run(Puts(10));
  EXPECT_EQ(CountOf(Code::kUnavailable, results), 10U);
  EXPECT_NE(results[0].message.find("no majority"), std::string::npos) << results[0].message;
}

TEST_F(BatchTest, WritesWithoutAnAnswerAreUnknownAndReadsAreNot) {
  fake_.SetAnswers([](const api::CallBody&) { return std::nullopt; });
  std::vector<Operation> operations = Puts(3);
  operations.push_back({Kind::kGet, "a", ""});
  const auto results = Run(operations);
  EXPECT_EQ(CountOf(Code::kUnknownOutcome, results), 3U);
  EXPECT_EQ(results[3].code, Code::kUnavailable);
}

TEST_F(BatchTest, AnAnswerThatComesInThePauseSettlesItsOperation) {
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  fake_.nodes[1].answer = [](const api::CallBody&) { return FakeCluster::Ok(77); };
  fake_.nodes[1].delay = Options{}.try_timeout + 10'000;
  const auto results = Run(Puts(3));
  EXPECT_EQ(CountOf(Code::kOk, results), 3U);
  EXPECT_EQ(results[2].slot, 77U);
  EXPECT_EQ(fake_.order, std::vector<NodeId>({1, 1, 1})) << "nobody else was asked";
}

TEST_F(BatchTest, LooksForLateAnswersBeforeItGivesUp) {
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  fake_.nodes[1].answer = [](const api::CallBody&) { return FakeCluster::Ok(77); };
  fake_.nodes[1].delay = 1'900'000;
  options_.timeout = 2'000'000;
  const auto results = Run(Puts(3));
  EXPECT_EQ(CountOf(Code::kOk, results), 3U) << results[0].message;
}

TEST_F(BatchTest, DoesNotSpoilACertainRefusalByALastTransmission) {
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  for (auto& [id, node] : fake_.nodes) {
    node.delay = 700'000;
  }
  for (const Micros timeout : {500'000UL, 1'000'000UL, 2'000'000UL, 5'000'000UL, 5'300'000UL}) {
    options_.timeout = timeout;
    const Micros before = fake_.now;
    EXPECT_EQ(CountOf(Code::kUnavailable, Run(Puts(600))), timeout < 700'000 ? 88U : 600U)
        << timeout;
    EXPECT_LE(fake_.now - before, timeout);
  }
}

TEST_F(BatchTest, ReadsAreAskedForUntilTheTimeIsOver) {
  const Micros ready = fake_.now + 4'500'000;
  fake_.SetAnswers([this, ready](const api::CallBody&) {
    return fake_.now < ready ? FakeCluster::NoMajority() : FakeCluster::Ok(12, "v");
  });
  EXPECT_EQ(CountOf(Code::kOk, Run({{Kind::kGet, "a", ""}, {Kind::kGet, "b", ""}})), 2U);
}

TEST_F(BatchTest, AShortTimeoutStillReachesASecondNode) {
  options_.timeout = 300'000;
  fake_.nodes[1].mute = true;
  EXPECT_EQ(CountOf(Code::kOk, Run(Puts(3))), 3U);
}

TEST_F(BatchTest, WhatWasNeverSentIsSurelyNotApplied) {
  for (auto& [id, node] : fake_.nodes) {
    node.up = false;
  }
  EXPECT_EQ(CountOf(Code::kUnavailable, Run(Puts(3))), 3U);
}

TEST_F(BatchTest, AWrongOperationIsRefusedAndTheOthersAreDone) {
  std::vector<Operation> operations = Puts(3);
  operations[1].key = "";
  const auto results = Run(operations);
  EXPECT_EQ(results[1].code, Code::kUsage);
  EXPECT_TRUE(results[0].ok());
  EXPECT_TRUE(results[2].ok());
  EXPECT_EQ(fake_.nodes[1].calls.size(), 2U);
}

// The state remembers so many outcomes of a session; a request farther above its own first_open is
// refused for ever.
TEST_F(BatchTest, OpenSequencesStayWithinWhatASessionRemembers) {
  bool first = true;
  fake_.nodes[1].answer = [&first](const api::CallBody&) -> std::optional<api::ReplyBody> {
    return std::exchange(first, false) ? std::nullopt : std::optional(FakeCluster::Ok(11));
  };
  EXPECT_EQ(CountOf(Code::kOk, Run(Puts(3000))), 3000U);
  Sequence open = 1;  // all that came before the answer to the first one
  for (const auto& [time, body] : fake_.nodes[1].calls) {
    const Request& request = std::get<api::Write>(body).request;
    EXPECT_LT(request.sequence - request.first_open, kMaxOpenRequests);
    EXPECT_GE(request.first_open, open);
    open = std::max(open, request.first_open);
  }
  EXPECT_EQ(fake_.nodes[1].calls.size() + fake_.nodes[2].calls.size(), 3001U);
}

TEST_F(BatchTest, AForgottenSessionIsReplaced) {
  bool first = true;
  fake_.nodes[1].answer = [&first](const api::CallBody&) -> std::optional<api::ReplyBody> {
    return std::exchange(first, false)
               ? FakeCluster::Failed(Code::kUnknownOutcome, "the session is gone", 11, 1)
               : FakeCluster::Ok(12);
  };
  EXPECT_EQ(CountOf(Code::kUnknownOutcome, Run(Puts(1000))), 1U);
  EXPECT_NE(fake_.nodes[1].WriteAt(999).client, fake_.nodes[1].WriteAt(0).client);
}

TEST_F(BatchTest, ABadGreetingSettlesNothingThatIsUnderWay) {
  fake_.nodes[1].answer = [](const api::CallBody&) { return std::nullopt; };
  for (const NodeId node : {2U, 3U}) {
    fake_.nodes[node].refuses = {Code::kUsage, "go away", 0, "", 0};
  }
  EXPECT_EQ(CountOf(Code::kUnknownOutcome, Run(Puts(3))), 3U);
}

TEST_F(BatchTest, ANodeThatRefusesToGreetIsNoMoreThanASilentOne) {
  fake_.nodes[1].refuses = {Code::kUnavailable, "this node mends its disk", 0, "", 0};
  fake_.nodes[2].speaks_as = 3;
  EXPECT_EQ(CountOf(Code::kOk, Run(Puts(50))), 50U);
}

TEST_F(BatchTest, WhereAllNodesRefuseTheReasonIsToldAtOnce) {
  for (auto& [id, node] : fake_.nodes) {
    node.refuses = {Code::kUsage, "the client belongs to another cluster", 0, "", 0};
  }
  const Micros before = fake_.now;
  const auto results = Run(Puts(3));
  EXPECT_EQ(CountOf(Code::kUsage, results), 3U);
  EXPECT_EQ(results[0].message, "the client belongs to another cluster");
  EXPECT_LT(fake_.now - before, 1'000'000U);
}

TEST_F(BatchTest, AnEmptyBatchHasNoResults) { EXPECT_TRUE(Run({}).empty()); }

}  // namespace
}  // namespace cairn::client
