#include <gtest/gtest.h>

#include "chain/block_format.h"
#include "client/client.h"
#include "client/fake_cluster.h"

namespace cairn::client {
namespace {

using Kind = api::FaultCall::Kind;

class ClientCallsTest : public ::testing::Test {
 protected:
  ClientCallsTest() : client_(fake_.cluster, Preferring(1), fake_.MakeEnvironment()) {}

  static Options Preferring(NodeId node) {
    Options options;
    options.preferred = node;
    return options;
  }
  static std::vector<BlockPtr> MakeChain(Slot tip) {
    std::vector<BlockPtr> blocks = {chain::MakeGenesis({"test", {1, 2, 3, 4, 5}, 100})};
    for (Slot slot = 1; slot <= tip; ++slot) {
      Request request;
      request.client = 7;
      request.sequence = slot;
      request.key = "k" + std::to_string(slot);
      request.value = "v";
      blocks.push_back(chain::Seal(slot, blocks.back()->hash, slot * 1000, {request}));
    }
    return blocks;
  }
  /// The node has these blocks and gives at most two at a time.
  void ServeChain(NodeId node, const std::vector<BlockPtr>& blocks) {
    fake_.nodes[node].answer = [blocks](const api::CallBody& body) -> api::ReplyBody {
      if (std::holds_alternative<api::StatusCall>(body)) {
        return api::StatusReport{};
      }
      const auto& call = std::get<api::ChainCall>(body);
      api::ChainPart part;
      part.tip = blocks.size() - 1;
      part.decided = part.tip;
      for (Slot slot = call.first; slot <= std::min(call.last, part.tip); ++slot) {
        if (part.blocks.size() < 2) {
          part.blocks.push_back(blocks[slot]);
        }
      }
      return part;
    };
  }
  Status Visit(NodeId node, Slot from, std::optional<Slot> to, std::vector<Slot>* slots) {
    return client_.Chain(node, from, to,
                         [slots](const Block& block, Slot) { slots->push_back(block.slot()); });
  }

  FakeCluster fake_{5};
  Client client_;
};

TEST_F(ClientCallsTest, AsksAllNodesForTheirStatusAtOnce) {
  for (auto& [id, node] : fake_.nodes) {
    node.delay = 100'000;
    node.answer = [id = id](const api::CallBody&) {
      api::StatusReport report;
      report.replica.node = id;
      return report;
    };
  }
  const Micros before = fake_.now;
  const std::vector<NodeReport> reports = client_.StatusOfAll();
  ASSERT_EQ(reports.size(), 5U);
  for (NodeId id = 1; id <= 5; ++id) {
    EXPECT_EQ(reports[id - 1].node, id);
    ASSERT_TRUE(reports[id - 1].report);
    EXPECT_EQ(reports[id - 1].report->replica.node, id);
  }
  EXPECT_LT(fake_.now - before, 150'000U);
}

TEST_F(ClientCallsTest, DoesNotWaitLongForTheStatusOfDeadNodes) {
  fake_.SetAnswers([](const api::CallBody&) { return api::StatusReport{}; });
  fake_.nodes[2].up = false;
  const Micros before = fake_.now;
  std::vector<NodeReport> reports = client_.StatusOfAll();
  EXPECT_LT(fake_.now - before, 500'000U);
  EXPECT_TRUE(reports[0].report);
  EXPECT_FALSE(reports[1].report);
  EXPECT_EQ(reports[1].reason, "no answer");
}

TEST_F(ClientCallsTest, WaitsASecondAtMostForTheStatusOfAStuckNode) {
  fake_.SetAnswers([](const api::CallBody&) { return api::StatusReport{}; });
  fake_.nodes[2].mute = true;
  const Micros before = fake_.now;
  EXPECT_FALSE(client_.StatusOfAll()[1].report);
  EXPECT_LE(fake_.now - before, 1'002'000U);
}

TEST_F(ClientCallsTest, ReadsAChainPartByPart) {
  ServeChain(3, MakeChain(6));
  std::vector<Slot> slots;
  ASSERT_TRUE(Visit(3, 0, std::nullopt, &slots).ok());
  EXPECT_EQ(slots, (std::vector<Slot>{0, 1, 2, 3, 4, 5, 6}));
  slots.clear();
  ASSERT_TRUE(Visit(3, 2, 4, &slots).ok());
  EXPECT_EQ(slots, (std::vector<Slot>{2, 3, 4}));
  slots.clear();
  ASSERT_TRUE(Visit(3, 5, 100, &slots).ok());
  EXPECT_EQ(slots, (std::vector<Slot>{5, 6}));
}

TEST_F(ClientCallsTest, ReadsTheChainOfThePreferredNodeIfItAnswers) {
  ServeChain(1, MakeChain(1));
  ServeChain(4, MakeChain(3));
  fake_.nodes[2].up = fake_.nodes[3].up = fake_.nodes[5].up = false;
  std::vector<Slot> slots;
  ASSERT_TRUE(Visit(0, 0, std::nullopt, &slots).ok());
  EXPECT_EQ(slots.size(), 2U);
  fake_.nodes[1].up = false;
  slots.clear();
  ASSERT_TRUE(Visit(0, 0, std::nullopt, &slots).ok());
  EXPECT_EQ(slots.size(), 4U);
}

TEST_F(ClientCallsTest, RefusesAChainWhoseLinksDoNotHold) {
  std::vector<BlockPtr> blocks = MakeChain(4);
  blocks[3] = chain::Seal(3, blocks[1]->hash, 9000, {});
  ServeChain(3, blocks);
  std::vector<Slot> slots;
  EXPECT_EQ(Visit(3, 0, std::nullopt, &slots).code(), Code::kIntegrity);
  blocks = MakeChain(4);
  std::swap(blocks[1], blocks[2]);
  ServeChain(3, blocks);
  EXPECT_EQ(Visit(3, 0, std::nullopt, &slots).code(), Code::kIntegrity);
}

TEST_F(ClientCallsTest, SaysWhereAChainEnds) {
  ServeChain(3, MakeChain(2));
  std::vector<Slot> slots;
  EXPECT_EQ(Visit(3, 7, std::nullopt, &slots).message(),
            "node 3 has no block 7; its newest one is 2");
  EXPECT_EQ(Visit(3, 2, 1, &slots).code(), Code::kUsage);
  EXPECT_EQ(Visit(8, 0, std::nullopt, &slots).message(),
            "there is no node 8; /etc/cairn/cluster.toml has nodes 1, 2, 3, 4 and 5");
}

TEST_F(ClientCallsTest, AStaleReadAsksOneNodeOnly) {
  fake_.nodes[4].answer = [](const api::CallBody& body) {
    EXPECT_TRUE(std::holds_alternative<api::StaleRead>(body));
    return FakeCluster::Ok(3, "old");
  };
  EXPECT_EQ(client_.GetStale(4, "k").value, "old");
  fake_.nodes[4].up = false;
  const OperationResult result = client_.GetStale(4, "k");
  EXPECT_EQ(result.code, Code::kUnavailable);
  EXPECT_EQ(result.message,
            "node 4 (127.0.0.1:5004) does not answer; is `cairn server 4` running there?");
  EXPECT_EQ(fake_.order, std::vector<NodeId>{4});
}

TEST_F(ClientCallsTest, TellsEitherEndOfALinkToCutIt) {
  fake_.SetAnswers([](const api::CallBody& body) {
    const auto& call = std::get<api::FaultCall>(body);
    return api::FaultDone{std::to_string(call.a) + "-" + std::to_string(call.b)};
  });
  EXPECT_EQ(client_.FaultLink(Kind::kFailLink, 1, 3).value(), "1-3");
  fake_.nodes[1].up = false;
  EXPECT_EQ(client_.FaultLink(Kind::kFixLink, 1, 3).value(), "3-1");
  EXPECT_EQ(client_.FaultLink(Kind::kFixLink, 3, 3).status().code(), Code::kUsage);
  EXPECT_EQ(client_.FaultLink(Kind::kFixLink, 3, 9).status().code(), Code::kUsage);
}

TEST_F(ClientCallsTest, PassesOnThatFaultsAreNotAllowed) {
  fake_.SetAnswers([](const api::CallBody&) {
    return FakeCluster::Failed(Code::kDenied, "the cluster file does not allow faults");
  });
  EXPECT_EQ(client_.FaultLink(Kind::kFailLink, 1, 3).status().code(), Code::kDenied);
  EXPECT_EQ(client_.FailProcess(1).status().code(), Code::kDenied);
}

TEST_F(ClientCallsTest, ADyingNodeNeedNotAnswer) {
  fake_.nodes[2].answer = [this](const api::CallBody&) {
    fake_.nodes[2].up = false;
    return std::nullopt;
  };
  EXPECT_TRUE(client_.FailProcess(2).ok());
  EXPECT_EQ(fake_.nodes[2].calls.size(), 1U);
}

TEST_F(ClientCallsTest, NoFaultIsLeftWaitingForADeadNode) {
  fake_.nodes[2].up = false;
  EXPECT_EQ(client_.FailProcess(2).status().code(), Code::kUnavailable);
  fake_.nodes[2].up = true;
  EXPECT_TRUE(client_.Reconnect(2).ok());
  EXPECT_TRUE(fake_.nodes[2].calls.empty());
}

TEST_F(ClientCallsTest, NobodyElseIsToldToFail) {
  fake_.nodes[2].welcome.node = 3;
  EXPECT_EQ(client_.FailProcess(2).status().code(), Code::kUsage);
  EXPECT_EQ(client_.FaultLink(Kind::kFailLink, 2, 1).status().code(), Code::kUsage);
  EXPECT_EQ(client_.Reconnect(2).code(), Code::kUsage);
  EXPECT_TRUE(fake_.nodes[2].calls.empty());
}

TEST_F(ClientCallsTest, ReconnectTalksToThatNodeFirst) {
  ASSERT_TRUE(client_.Reconnect(3).ok());
  EXPECT_TRUE(client_.Put("k", "v").ok());
  EXPECT_EQ(fake_.order, std::vector<NodeId>{3});
  EXPECT_EQ(client_.Reconnect(7).code(), Code::kUsage);
  fake_.nodes[4].up = false;
  EXPECT_EQ(client_.Reconnect(4).code(), Code::kUnavailable);
}

}  // namespace
}  // namespace cairn::client
