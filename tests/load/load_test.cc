#include "load/load.h"

#include <gtest/gtest.h>

#include <set>

#include "client/fake_cluster.h"

namespace cairn::load {
namespace {

class LoadTest : public ::testing::Test {
 protected:
  LoadTest() {
    options_.nodes = {1, 2, 3};
    options_.connections = 3;
    options_.clients = 6;
    options_.warmup = 100'000;
    options_.duration = 1'000'000;
    for (auto& [id, node] : fake_.nodes) {
      node.delay = 10'000;
    }
  }

  LoadResult Run() {
    Load load(fake_.cluster, options_, fake_.MakeEnvironment());
    Result<LoadResult> result = load.Run(nullptr);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? std::move(result).value() : LoadResult{};
  }
  std::vector<Request> Writes() {
    std::vector<Request> writes;
    for (const auto& [id, node] : fake_.nodes) {
      for (std::size_t i = 0; i < node.calls.size(); ++i) {
        writes.push_back(node.WriteAt(i));
      }
    }
    return writes;
  }

  client::FakeCluster fake_{3};
  LoadOptions options_;
};

TEST_F(LoadTest, EveryClientIsASessionWithOneOperationOpenAtATime) {
  const LoadResult result = Run();
  EXPECT_GT(result.operations, 0U);
  EXPECT_EQ(result.Errors(), 0U);
  EXPECT_EQ(result.retries, 0U);
  std::map<ClientId, Sequence> last;
  for (const auto& [id, node] : fake_.nodes) {
    EXPECT_FALSE(node.calls.empty()) << "clients are spread over all nodes";
    for (std::size_t i = 0; i < node.calls.size(); ++i) {
      const Request& request = node.WriteAt(i);
      EXPECT_EQ(request.sequence, ++last[request.client]);
      EXPECT_EQ(request.first_open, request.sequence);
      EXPECT_EQ(request.session_base, 10U) << "what the Welcome said";
      EXPECT_EQ(request.key.size(), 16U);
      EXPECT_EQ(request.value.size(), 100U);
    }
  }
  EXPECT_EQ(last.size(), 6U);
}

TEST_F(LoadTest, ThroughputAndLatencyAreThoseOfTheMeasuredTime) {
  const LoadResult result = Run();
  EXPECT_EQ(result.elapsed, options_.duration);
  // Six clients, each waiting for about ten milliseconds; the clock moves in steps of half of one.
  EXPECT_NEAR(result.Throughput(), 600, 60);
  EXPECT_NEAR(static_cast<double>(result.latency.Percentile(50)), 10'000, 1'100);
  EXPECT_NEAR(static_cast<double>(result.latency.count()), static_cast<double>(result.operations),
              7);
}

TEST_F(LoadTest, ARefusalIsNoSuccessAndIsSentAgainWithItsSequence) {
  std::set<std::pair<ClientId, Sequence>> refused;
  fake_.SetAnswers([&](const api::CallBody& body) -> std::optional<api::ReplyBody> {
    const Request& request = std::get<api::Write>(body).request;
    return refused.insert({request.client, request.sequence}).second
               ? client::FakeCluster::NoMajority()
               : client::FakeCluster::Ok(11);
  });
  const LoadResult result = Run();
  EXPECT_EQ(result.Errors(), 0U);
  EXPECT_GT(result.operations, 0U);
  EXPECT_NEAR(static_cast<double>(result.retries), static_cast<double>(result.operations), 7);
  EXPECT_GE(result.latency.Percentile(0), 30'000U) << "the time of an operation has its retries";
}

TEST_F(LoadTest, ALeaderThatIsNamedIsAskedNext) {
  options_.nodes = {1};
  options_.connections = 1;
  fake_.nodes[1].answer = [](const api::CallBody&) {
    return client::FakeCluster::Failed(Code::kUnavailable, "node 2 leads", 0, 2);
  };
  const LoadResult result = Run();
  EXPECT_EQ(result.Errors(), 0U);
  EXPECT_GT(result.operations, 0U);
  EXPECT_FALSE(fake_.nodes[2].calls.empty());
  EXPECT_TRUE(fake_.nodes[3].calls.empty());
}

TEST_F(LoadTest, ClientsOfADeadNodeMoveOn) {
  bool killed = false;
  fake_.nodes[1].answer = [&](const api::CallBody&) -> std::optional<api::ReplyBody> {
    if (!killed && fake_.now > 1'500'000) {
      killed = true;
      fake_.nodes[1].up = false;
    }
    return killed ? std::nullopt : std::optional(client::FakeCluster::Ok(11));
  };
  const LoadResult result = Run();
  EXPECT_TRUE(killed);
  EXPECT_EQ(result.Errors(), 0U);
  EXPECT_GE(result.retries, 2U);
  EXPECT_LT(result.latency.max(), options_.try_timeout) << "a broken connection is noticed";
}

TEST_F(LoadTest, WhenTheOnlyNodeThatWasNamedDiesTheOthersAreAsked) {
  options_.nodes = {1};
  options_.timeout = 3'000'000;
  options_.duration = 4'000'000;
  fake_.nodes[1].answer = [this](const api::CallBody&) -> std::optional<api::ReplyBody> {
    if (fake_.now > 1'500'000) {
      fake_.nodes[1].up = false;
      return std::nullopt;
    }
    return client::FakeCluster::Ok(11);
  };
  const LoadResult result = Run();
  EXPECT_EQ(result.Errors(), 0U);
  EXPECT_FALSE(fake_.nodes[2].calls.empty() && fake_.nodes[3].calls.empty());
}

TEST_F(LoadTest, WhatGotNoAnswerIsAnErrorAndNothingElse) {
  fake_.SetAnswers([](const api::CallBody&) { return std::nullopt; });
  const LoadResult result = Run();
  EXPECT_EQ(result.operations, 0U);
  EXPECT_EQ(result.latency.count(), 0U);
  EXPECT_EQ(result.errors.at(Code::kUnknownOutcome), 6U);
  EXPECT_EQ(result.WorstError(), Code::kUnknownOutcome);
  EXPECT_EQ(result.longest_gap, options_.duration);
}

TEST_F(LoadTest, WhatWasAlwaysRefusedIsSurelyNotApplied) {
  fake_.SetAnswers([](const api::CallBody&) { return client::FakeCluster::NoMajority(); });
  const LoadResult result = Run();
  EXPECT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(result.errors.at(Code::kUnavailable), 6U);
}

TEST_F(LoadTest, AForgottenSessionIsAnErrorAndThenANewSession) {
  bool forgotten = false;
  fake_.SetAnswers([&](const api::CallBody&) -> std::optional<api::ReplyBody> {
    if (!forgotten && fake_.now > 1'500'000) {
      forgotten = true;
      return client::FakeCluster::Failed(Code::kUnknownOutcome, "session gone", 12);
    }
    return client::FakeCluster::Ok(11);
  });
  const LoadResult result = Run();
  EXPECT_EQ(result.errors.at(Code::kUnknownOutcome), 1U);
  std::set<ClientId> sessions;
  for (const Request& request : Writes()) {
    sessions.insert(request.client);
  }
  EXPECT_EQ(sessions.size(), 7U);
}

TEST_F(LoadTest, AnOpenLoopCountsFromWhenAnOperationWasDue) {
  options_.rate = 100;
  options_.clients = 1;
  options_.warmup = 0;
  bool stalled = false;
  fake_.SetAnswers([&](const api::CallBody&) {
    for (auto& [id, node] : fake_.nodes) {
      node.delay = stalled ? 1'000 : 500'000;  // The first answer takes half a second.
    }
    stalled = true;
    return client::FakeCluster::Ok(11);
  });
  const LoadResult result = Run();
  EXPECT_EQ(result.latency.count(), 100U) << "what was due while it stalled is made up for";
  EXPECT_EQ(result.late, 0U);
  EXPECT_GE(result.latency.max(), 500'000U);
  EXPECT_GE(result.latency.Percentile(75), 200'000U) << "one slow answer delayed fifty others";
}

TEST_F(LoadTest, AnOpenLoopSaysWhatItCouldNotBegin) {
  options_.rate = 10'000;
  options_.warmup = 0;
  const LoadResult result = Run();
  EXPECT_NEAR(static_cast<double>(result.late), 10'000 - 600, 70);
  EXPECT_EQ(result.latency.count(), 10'000U) << "an overload does not look fast";
  EXPECT_GT(result.latency.Percentile(50), 400'000U);
}

TEST_F(LoadTest, AReadThatGetsTheValueOfAnotherKeyIsAnIntegrityError) {
  options_.op = LoadOp::kGet;
  fake_.SetAnswers([](const api::CallBody& body) {
    const std::string& key = std::get<api::Read>(body).key;
    return client::FakeCluster::Ok(11,
                                   key.back() == '7' ? "bench-0000000000, not it" : key + "value");
  });
  const LoadResult result = Run();
  EXPECT_GT(result.operations, 0U);
  EXPECT_GT(result.errors.at(Code::kIntegrity), 0U);
  EXPECT_EQ(result.errors.size(), 1U);
}

TEST_F(LoadTest, AReadThatFindsNothingIsCountedAsSuch) {
  options_.op = LoadOp::kGet;
  fake_.SetAnswers([](const api::CallBody&) {
    return client::FakeCluster::Failed(Code::kNotFound, "none", 11);
  });
  const LoadResult result = Run();
  EXPECT_EQ(result.Errors(), 0U);
  EXPECT_GT(result.not_found, 0U);
  EXPECT_EQ(result.not_found, result.operations);
}

TEST_F(LoadTest, AFillPutsEveryKeyOnceAndEnds) {
  options_.op = LoadOp::kFill;
  options_.keys = 500;
  options_.warmup = 0;
  const LoadResult result = Run();
  EXPECT_EQ(result.operations, 500U);
  std::set<std::string> keys;
  for (const Request& request : Writes()) {
    keys.insert(request.key);
  }
  EXPECT_EQ(keys.size(), 500U);
}

TEST_F(LoadTest, AMixIsHalfOfEach) {
  options_.op = LoadOp::kMix;
  std::size_t writes = 0;
  std::size_t reads = 0;
  fake_.SetAnswers([&](const api::CallBody& body) {
    std::holds_alternative<api::Write>(body) ? ++writes : ++reads;
    return client::FakeCluster::Ok(11);
  });
  (void)Run();
  EXPECT_NEAR(static_cast<double>(writes), static_cast<double>(reads), 120);
  EXPECT_GT(writes, 0U);
}

TEST_F(LoadTest, ANodeThatIsDownIsLeftOut) {
  fake_.nodes[2].up = false;
  const LoadResult result = Run();
  EXPECT_EQ(result.connections, 2U);
  EXPECT_EQ(result.Errors(), 0U);
  EXPECT_GT(result.operations, 0U);
}

TEST_F(LoadTest, WithoutAnyNodeItDoesNotBegin) {
  for (auto& [id, node] : fake_.nodes) {
    node.up = false;
  }
  Load load(fake_.cluster, options_, fake_.MakeEnvironment());
  const Result<LoadResult> result = load.Run(nullptr);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), Code::kUnavailable);
  EXPECT_NE(result.status().message().find("nodes 1, 2 and 3"), std::string::npos)
      << result.status().message();
}

TEST_F(LoadTest, ANodeThatRefusesIsLeftOut) {
  fake_.nodes[2].refuses = {Code::kUnavailable, "this node mends its disk", 0, "", 0};
  fake_.nodes[3].speaks_as = 2;
  const LoadResult result = Run();
  EXPECT_EQ(result.connections, 1U);
  EXPECT_EQ(result.Errors(), 0U);
  EXPECT_GT(result.operations, 0U);
}

TEST_F(LoadTest, ASessionThatWasIdleIsReplacedBeforeItCanBeEvicted) {
  options_.rate = 0.05;
  options_.duration = 90'000'000;
  EXPECT_EQ(Run().Errors(), 0U);
  std::set<ClientId> sessions;
  for (const Request& request : Writes()) {
    EXPECT_EQ(request.sequence, 1U);
    sessions.insert(request.client);
  }
  EXPECT_GT(sessions.size(), 1U);
  EXPECT_EQ(sessions.size(), Writes().size());
}

// --- crowds

/// A node that does so many operations in ten milliseconds, one after the other.
class BusyNode {
 public:
  BusyNode(client::FakeCluster* fake, std::size_t at_once) : fake_(fake), at_once_(at_once) {
    fake_->nodes[1].answer = [this](const api::CallBody&) {
      free_at_ = std::max(free_at_, fake_->now);
      done_ += 1;
      if (done_ % at_once_ == 0) {
        free_at_ += 10'000;
      }
      fake_->nodes[1].delay = free_at_ - fake_->now;
      longest = std::max(longest, fake_->nodes[1].delay);
      return client::FakeCluster::Ok(11);
    };
  }
  Micros longest = 0;  ///< For an answer.

 private:
  client::FakeCluster* fake_;
  std::size_t at_once_;
  std::size_t done_ = 0;
  Micros free_at_ = 0;
};

TEST_F(LoadTest, OfACrowdNoOutcomeIsUnknown) {
  options_.nodes = {1};
  options_.connections = 1;
  options_.clients = 4000;
  options_.duration = 8'000'000;
  BusyNode node(&fake_, 4);  // The last of the first round has its turn after ten seconds.
  const LoadResult result = Run();
  EXPECT_GT(result.operations, 2000U);
  EXPECT_EQ(result.errors.count(Code::kUnknownOutcome), 0U);
  EXPECT_GT(result.errors.at(Code::kUnavailable), 0U);
  EXPECT_EQ(result.retries, 0U) << "a node that answers others is busy";
  EXPECT_LT(node.longest, options_.timeout / 2);
}

TEST_F(LoadTest, ABusyNodeIsNotAskedTwice) {
  options_.nodes = {1};
  options_.connections = 1;
  options_.clients = 400;
  options_.duration = 8'000'000;
  BusyNode node(&fake_, 2);
  const LoadResult result = Run();
  EXPECT_GT(node.longest, options_.try_timeout);
  EXPECT_EQ(result.Errors(), 0U);
  EXPECT_EQ(result.retries, 0U);
}

TEST_F(LoadTest, AnAnswerThatIsLostAmongOthersIsAskedForAgain) {
  std::set<std::pair<ClientId, Sequence>> lost;
  fake_.SetAnswers([&](const api::CallBody& body) -> std::optional<api::ReplyBody> {
    const Request& request = std::get<api::Write>(body).request;
    const bool first = lost.insert({request.client, request.sequence}).second;
    return first && lost.size() == 30 ? std::nullopt : std::optional(client::FakeCluster::Ok(11));
  });
  options_.duration = 5'000'000;
  const LoadResult result = Run();
  EXPECT_EQ(result.Errors(), 0U);
  EXPECT_EQ(result.retries, 1U);
}

TEST_F(LoadTest, WhereAllNodesRefuseTheirReasonIsTold) {
  for (auto& [id, node] : fake_.nodes) {
    node.welcome.node = 5;
  }
  Load load(fake_.cluster, options_, fake_.MakeEnvironment());
  const Result<LoadResult> result = load.Run(nullptr);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), Code::kUsage);
}

}  // namespace
}  // namespace cairn::load
