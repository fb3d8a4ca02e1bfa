#include "client/exchange.h"

#include <gtest/gtest.h>

#include "client/fake_cluster.h"

namespace cairn::client {
namespace {

constexpr Micros kSecond = 1'000'000;

/// Nodes that refuse, and others who answer in their place.
class ExchangeTest : public ::testing::Test {
 protected:
  ExchangeTest() : client_(fake_.cluster, Preferring(1), fake_.MakeEnvironment()) {}

  static Options Preferring(NodeId node) {
    Options options;
    options.preferred = node;
    return options;
  }

  FakeCluster fake_{5};
  Client client_;
};

TEST_F(ExchangeTest, ANodeThatRefusesToGreetIsNoMoreThanASilentOne) {
  fake_.nodes[1].refuses = {Code::kUnavailable, "this node mends its disk", 0, "", 0};
  fake_.nodes[2].refuses = {Code::kUsage, "the client belongs to another cluster", 0, "", 0};
  fake_.nodes[3].welcome.node = 4;
  for (int i = 0; i < 10; ++i) {
    const OperationResult result = client_.Put("k", "v");
    EXPECT_TRUE(result.ok()) << result.message;
    EXPECT_TRUE(client_.Get("k").ok());
    fake_.now += kSecond;
  }
}

TEST_F(ExchangeTest, ABadGreetingSettlesNothingThatIsUnderWay) {
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  fake_.nodes[1].answer = [](const api::CallBody&) { return std::nullopt; };
  for (const Code code : {Code::kUnavailable, Code::kUsage, Code::kDenied, Code::kOther}) {
    for (const NodeId node : {2U, 3U, 4U, 5U}) {
      fake_.nodes[node].refuses = {code, "go away", 0, "", 0};
    }
    Client client(fake_.cluster, Preferring(1), fake_.MakeEnvironment());
    const OperationResult result = client.Put("k", "v");
    EXPECT_EQ(result.code, Code::kUnknownOutcome) << result.message;
    EXPECT_NE(result.message.find("nodes 2, 3, 4 and 5 refuse: go away"), std::string::npos)
        << result.message;
  }
}

TEST_F(ExchangeTest, ADefiniteErrorOfOneNodeSettlesNothingThatAnotherOneMayHaveApplied) {
  fake_.nodes[1].answer = [](const api::CallBody&) { return FakeCluster::Ok(77); };
  fake_.nodes[1].delay = 2 * kSecond;
  fake_.nodes[2].answer = [](const api::CallBody&) {
    return FakeCluster::Failed(Code::kUsage, "the call is refused");
  };
  for (const NodeId node : {3U, 4U, 5U}) {
    fake_.nodes[node].up = false;
  }
  const OperationResult result = client_.Put("k", "v");
  EXPECT_EQ(result.slot, 77U) << result.message;
}

TEST_F(ExchangeTest, WhereAllNodesRefuseTheReasonIsToldAtOnce) {
  for (auto& [id, node] : fake_.nodes) {
    node.refuses = {Code::kUsage, "the client belongs to cluster \"other\"", 0, "", 0};
  }
  const Micros before = fake_.now;
  const OperationResult result = client_.Put("k", "v");
  EXPECT_EQ(result.code, Code::kUsage);
  EXPECT_EQ(result.message, "the client belongs to cluster \"other\"");
  EXPECT_EQ(client_.Get("k").code, Code::kUsage);
  EXPECT_LT(fake_.now - before, 2 * kSecond);
}

TEST_F(ExchangeTest, WhoUsesOneNodeOnlyIsAnsweredByThatOneAlone) {
  client_.UseOnly(2);
  fake_.SetAnswers([](const api::CallBody&) { return FakeCluster::NoMajority(); });
  fake_.nodes[3].answer = [](const api::CallBody&) { return FakeCluster::Ok(11); };
  const OperationResult refused = client_.Put("k", "v");
  EXPECT_EQ(refused.code, Code::kUnavailable);
  EXPECT_NE(refused.message.find("asked node 2 for"), std::string::npos) << refused.message;
  for (const OperationResult& result : client_.Run({{Operation::Kind::kPut, "k", "v"}})) {
    EXPECT_EQ(result.code, Code::kUnavailable);
  }
  for (const NodeId node : fake_.order) {
    EXPECT_EQ(node, 2U);
  }
  fake_.nodes[2].answer = [](const api::CallBody&) { return FakeCluster::Ok(11); };
  EXPECT_TRUE(client_.Put("k", "v").ok());
}

TEST_F(ExchangeTest, NodesThatMendAreAskedUntilTheyServe) {
  const api::Answer mending{Code::kUnavailable, "this node mends its disk", 0, "", 0};
  for (auto& [id, node] : fake_.nodes) {
    node.refuses = mending;
  }
  const Micros before = fake_.now;
  const OperationResult refused = client_.Put("k", "v");
  EXPECT_EQ(refused.code, Code::kUnavailable);
  EXPECT_GE(fake_.now - before, 4 * kSecond);
  EXPECT_NE(refused.message.find("nodes 1, 2, 3, 4 and 5 refuse: this node mends its disk"),
            std::string::npos)
      << refused.message;
  fake_.nodes[4].refuses.reset();
  EXPECT_TRUE(client_.Put("k", "v").ok());
}

TEST_F(ExchangeTest, NoticesThatAnotherNodeListensAtAnAddress) {
  for (auto& [id, node] : fake_.nodes) {
    node.speaks_as = id % 5 + 1;
  }
  const OperationResult result = client_.Put("k", "v");
  EXPECT_EQ(result.code, Code::kUsage);
  EXPECT_EQ(
      result.message,
      "who answers as node 1 (127.0.0.1:5001) is node 2; compare the addresses of nodes 1 and "
      "2 in the cluster file with those of the nodes");
  EXPECT_TRUE(fake_.order.empty());
}

TEST_F(ExchangeTest, WhoAnswersForAnotherNodeIsNotHeard) {
  fake_.nodes[1].answer = [this](const api::CallBody&) {
    fake_.nodes[1].speaks_as = 2;  // since it was greeted
    return FakeCluster::Ok(66);
  };
  EXPECT_EQ(client_.Put("k", "v").slot, 11U);
  EXPECT_EQ(fake_.order, (std::vector<NodeId>{1, 2}));
}

TEST_F(ExchangeTest, KeepsToTheClusterThatItHasMetFirst) {
  Hash one;
  one.bytes[0] = 0xaa;
  Hash other;
  other.bytes[0] = 0xbb;
  std::optional<Hash> kept;
  Environment environment = fake_.MakeEnvironment();
  environment.keep = [&kept](const Hash& formed) { kept = formed; };
  Client client(fake_.cluster, Preferring(1), environment);
  EXPECT_TRUE(client.Put("k", "v").ok()) << "a cluster that is not formed has no block 1";
  EXPECT_EQ(kept, std::nullopt);
  for (auto& [id, node] : fake_.nodes) {
    node.formed = one;
  }
  EXPECT_TRUE(client.Put("k", "v").ok());
  EXPECT_EQ(kept, one);
  fake_.nodes[1].formed = other;  // a wrong address
  const std::size_t calls = fake_.nodes[1].calls.size();
  fake_.now += kSecond;
  EXPECT_TRUE(client.Reconnect(1).code() == Code::kIntegrity);
  EXPECT_TRUE(client.Put("k", "v").ok()) << "the others are the right ones";
  EXPECT_EQ(fake_.nodes[1].calls.size(), calls) << "nothing is sent there";
  EXPECT_EQ(fake_.meant_for, one);
}

TEST_F(ExchangeTest, RefusesAClusterThatIsNotTheOneThatTheFileHasLedTo) {
  Environment environment = fake_.MakeEnvironment();
  environment.formed.emplace().bytes[0] = 0xaa;
  environment.kept_at = "/state/cairn/clusters/x";
  Hash other;
  other.bytes[0] = 0xbb;
  for (auto& [id, node] : fake_.nodes) {
    node.formed = other;
  }
  Client client(fake_.cluster, Preferring(1), environment);
  const OperationResult result = client.Put("k", "v");
  EXPECT_EQ(ExitCode(result.code), 6);
  EXPECT_EQ(result.message,
            "node 1 (127.0.0.1:5001) belongs to another cluster than the one that this cluster "
            "file has led to: its block 1 is bb0000000000, and aa0000000000 is known; compare the "
            "addresses in the cluster file with those of the nodes, or, if the cluster was made "
            "anew, remove /state/cairn/clusters/x");
  EXPECT_TRUE(fake_.order.empty());
  EXPECT_EQ(client.GetStale(2, "k").code, Code::kIntegrity);
}

}  // namespace
}  // namespace cairn::client
