#include "cli/verify_cluster.h"

#include <gtest/gtest.h>

#include "chain/block_format.h"
#include "client/fake_cluster.h"

namespace cairn::cli {
namespace {

using Chain = std::vector<BlockPtr>;

class VerifyClusterTest : public ::testing::Test {
 protected:
  VerifyClusterTest() {
    chain_ = {chain::MakeGenesis(config::ParametersOf(fake_.cluster))};
    Grow(&chain_, 20, "value");
    for (NodeId node = 1; node <= 5; ++node) {
      Hold(node, chain_, 20);
    }
  }

  static void Grow(Chain* chain, Slot tip, const std::string& value) {
    while (chain->back()->slot() < tip) {
      Request request;
      request.client = 7;
      request.sequence = chain->size();
      request.key = "key";
      request.value = value;
      chain->push_back(
          chain::Seal(chain->back()->slot() + 1, chain->back()->hash, 1000, {request}));
    }
  }
  /// The chain with other blocks from that slot on.
  Chain Forked(Slot from) const {
    Chain fork(chain_.begin(), chain_.begin() + static_cast<std::ptrdiff_t>(from));
    Grow(&fork, 20, "forged");
    return fork;
  }
  /// The node has these blocks, and sends three of them at a time.
  void Hold(NodeId node, const Chain& chain, Slot decided) {
    fake_.nodes[node].answer = [=](const api::CallBody& body) -> std::optional<api::ReplyBody> {
      if (std::holds_alternative<api::StatusCall>(body)) {
        api::StatusReport report;
        report.replica.node = node;
        report.replica.decided = decided;
        return report;
      }
      const auto& call = std::get<api::ChainCall>(body);
      api::ChainPart part{{}, chain.back()->slot(), decided};
      for (Slot slot = call.first; slot <= call.last && part.blocks.size() < 3; ++slot) {
        part.blocks.push_back(chain.at(slot));
      }
      return part;
    };
  }
  ClusterVerdict Run(bool full = false) {
    client::Client client(fake_.cluster, {}, fake_.MakeEnvironment());
    return VerifyCluster(&client, full);
  }
  std::size_t CallsTo(NodeId node) { return fake_.nodes[node].calls.size(); }

  client::FakeCluster fake_{5};
  Chain chain_;
};

TEST_F(VerifyClusterTest, EqualNodesAreComparedByOneBlockEachAndOneChainIsVerified) {
  const ClusterVerdict verdict = Run();
  EXPECT_TRUE(verdict.status.ok()) << verdict.status.message();
  EXPECT_EQ(verdict.common, 20U);
  EXPECT_EQ(verdict.hash, chain_.back()->hash);
  EXPECT_EQ(verdict.blocks, 21U);
  EXPECT_EQ(verdict.requests, 21U);
  for (NodeId node = 1; node <= 5; ++node) {
    if (node != verdict.reference) {
      EXPECT_EQ(CallsTo(node), 2U);  // its status and one block
    }
  }
  EXPECT_NE(VerdictText(verdict).find("equal at slot 20 (" + chain_.back()->hash.Hex() + ")"),
            std::string::npos);
}

TEST_F(VerifyClusterTest, EveryChainIsVerifiedIfThatIsAskedFor) {
  const ClusterVerdict verdict = Run(true);
  EXPECT_TRUE(verdict.status.ok()) << verdict.status.message();
  EXPECT_EQ(verdict.blocks, 5U * 21U);
  for (const NodeVerdict& node : verdict.nodes) {
    EXPECT_EQ(node.blocks, 21U);
  }
}

TEST_F(VerifyClusterTest, ANodeThatIsBehindIsComparedAsFarAsItKnows) {
  Hold(3, chain_, 7);
  Hold(4, Chain(chain_.begin(), chain_.begin() + 12), 11);
  const ClusterVerdict verdict = Run();
  EXPECT_TRUE(verdict.status.ok()) << verdict.status.message();
  EXPECT_EQ(verdict.common, 7U);
  EXPECT_EQ(verdict.nodes[2].compared, 7U);
  EXPECT_EQ(verdict.nodes[3].compared, 11U);
  EXPECT_EQ(verdict.blocks, 21U);
}

TEST_F(VerifyClusterTest, TheFirstDifferenceIsFoundWhereverItIs) {
  for (const Slot slot : {Slot{1}, Slot{2}, Slot{13}, Slot{19}, Slot{20}}) {
    Hold(2, Forked(slot), 20);
    const ClusterVerdict verdict = Run();
    EXPECT_EQ(verdict.status.code(), Code::kIntegrity);
    EXPECT_EQ(verdict.nodes[1].first_difference, slot);
    EXPECT_NE(verdict.reference, 2U);
    for (const std::string& part :
         {std::string("node 2"), "from slot " + std::to_string(slot) + " on",
          chain_[slot]->hash.Hex(), Forked(slot)[slot]->hash.Hex()}) {
      EXPECT_NE(verdict.status.message().find(part), std::string::npos) << verdict.status.message();
    }
  }
}

TEST_F(VerifyClusterTest, ADifferenceAboveTheCommonSlotIsFoundToo) {
  Hold(2, Forked(13), 20);
  Hold(5, chain_, 8);
  const ClusterVerdict verdict = Run();
  EXPECT_EQ(verdict.common, 8U);
  EXPECT_EQ(verdict.status.code(), Code::kIntegrity);
  const NodeId reference = verdict.reference;
  const NodeId other = reference == 2 ? 1 : 2;
  EXPECT_EQ(verdict.nodes[other - 1].first_difference, Slot{13});
}

TEST_F(VerifyClusterTest, AChainThatEndsInTheRightBlockIsVerifiedNonetheless) {
  Chain forged = chain_;
  forged[9] = Forked(9)[9];
  Hold(2, forged, 20);
  const ClusterVerdict verdict = Run(true);
  EXPECT_EQ(verdict.status.code(), Code::kIntegrity);
  EXPECT_EQ(verdict.nodes[1].problem.code(), Code::kIntegrity);
  EXPECT_NE(verdict.status.message().find("slot 10"), std::string::npos)
      << verdict.status.message();
}

TEST_F(VerifyClusterTest, WithoutAMajorityNothingIsCompared) {
  for (const NodeId node : {1, 2, 3}) {
    fake_.nodes[node].up = false;
  }
  const ClusterVerdict verdict = Run();
  EXPECT_EQ(verdict.status.code(), Code::kUnavailable);
  EXPECT_NE(verdict.status.message().find("2 of 5 nodes answer, 3 are needed"), std::string::npos);
  EXPECT_EQ(verdict.reference, 0U);
}

TEST_F(VerifyClusterTest, AMinorityThatIsSilentIsNoFault) {
  fake_.nodes[1].up = false;
  fake_.nodes[5].up = false;
  const ClusterVerdict verdict = Run();
  EXPECT_TRUE(verdict.status.ok()) << verdict.status.message();
  EXPECT_FALSE(verdict.nodes[0].reachable);
  EXPECT_NE(VerdictText(verdict).find("node 1: no answer\n"), std::string::npos);
}

TEST_F(VerifyClusterTest, ABlockThatANodeHasLostIsNamed) {
  const auto answer = fake_.nodes[4].answer;
  fake_.nodes[4].answer = [answer](const api::CallBody& body) -> std::optional<api::ReplyBody> {
    if (const auto* call = std::get_if<api::ChainCall>(&body); call != nullptr) {
      if (call->first <= 5 && 5 <= call->last) {
        return client::FakeCluster::Failed(Code::kIntegrity,
                                           "the block of slot 5 in /data is missing");
      }
    }
    return answer(body);
  };
  EXPECT_TRUE(Run().status.ok() || Run().reference == 4);
  const ClusterVerdict verdict = Run(true);
  EXPECT_EQ(verdict.status.code(), Code::kIntegrity);
  EXPECT_EQ(verdict.status.message(), "node 4: the block of slot 5 in /data is missing");
  EXPECT_NE(VerdictText(verdict).find("node 4: decided up to slot 20, DOES NOT VERIFY"),
            std::string::npos);
}

TEST_F(VerifyClusterTest, AnotherGenesisBlockThanTheClusterFilesIsFound) {
  Chain other = {chain::MakeGenesis({"other", {1, 2, 3, 4, 5}, 100})};
  Grow(&other, 20, "value");
  for (NodeId node = 1; node <= 5; ++node) {
    Hold(node, other, 20);
  }
  const ClusterVerdict verdict = Run();
  EXPECT_EQ(verdict.status.code(), Code::kIntegrity);
  EXPECT_NE(verdict.status.message().find(fake_.cluster.path), std::string::npos);
}

TEST_F(VerifyClusterTest, ANodeThatIsAnotherOneIsNotCompared) {
  fake_.nodes[1].speaks_as = 2;
  fake_.nodes[2].speaks_as = 1;
  const ClusterVerdict verdict = Run();
  EXPECT_EQ(verdict.status.code(), Code::kIntegrity);
  EXPECT_EQ(verdict.status.message(),
            "node 1: who answers as node 1 (127.0.0.1:5001) is node 2; compare the addresses of "
            "nodes 1 and 2 in the cluster file with those of the nodes");
  EXPECT_NE(VerdictText(verdict).find("node 2: NOT COMPARED"), std::string::npos)
      << VerdictText(verdict);
}

TEST_F(VerifyClusterTest, TheJsonHasTheDocumentedFields) {
  Hold(2, Forked(13), 20);
  fake_.nodes[5].up = false;
  const text::Json json = VerdictJson(Run());
  EXPECT_EQ(json["ok"], false);
  EXPECT_EQ(json["error"], "integrity");
  EXPECT_EQ(json["common_slot"], 20);
  EXPECT_EQ(json["hash"], chain_[20]->hash.Hex());
  EXPECT_EQ(json["nodes"][1]["equal"], false);
  EXPECT_EQ(json["nodes"][1]["first_difference"], 13);
  EXPECT_EQ(json["nodes"][4]["reachable"], false);
  EXPECT_EQ(json["nodes"][4]["decided"], nullptr);
}

}  // namespace
}  // namespace cairn::cli
