#include "node/node.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "client/client.h"
#include "common/limits.h"
#include "tests/node/fixture.h"

namespace cairn::node {
namespace {

using testing::GenesisOf;
using testing::Nodes;

TEST(NodeTest, AClusterOfOneFormsByItself) {
  Nodes nodes;
  nodes.Start();
  EXPECT_EQ(nodes.AwaitLeader(), 1U);
  const api::StatusReport report = nodes[1].Report();
  EXPECT_EQ(report.incarnation, nodes.memory(1).directory.identity().incarnation);
  EXPECT_EQ(report.replica.words, "node 1 leads");
  EXPECT_GE(report.replica.decided, 1U);
  EXPECT_TRUE(report.links.empty());
}

TEST(NodeTest, WhatWasAnsweredSurvivesACrash) {
  Nodes nodes;
  nodes.Start();
  nodes.AwaitLeader();
  const api::Answer put = nodes.Put(1, "key", "value");
  ASSERT_EQ(put.code, Code::kOk) << put.message;
  EXPECT_EQ(put.leader, 1U);
  for (int i = 0; i < 2; ++i) {
    nodes.Crash(1);
    nodes.Start();
    nodes.AwaitLeader();
    const api::Answer get = nodes.Get(1, "key");
    EXPECT_EQ(get.code, Code::kOk) << get.message;
    EXPECT_EQ(get.value, "value");
    EXPECT_GE(get.slot, put.slot);
  }
}

TEST(NodeTest, TheStatusCountsTheSessionsOfClients) {
  Nodes nodes;
  nodes.Start();
  nodes.AwaitLeader();
  EXPECT_EQ(nodes[1].Report().sessions, 0U);
  for (const ClientId client : {7U, 8U, 8U}) {
    Request request = testing::PutRequest(1, "key", "value");
    request.client = client;
    (void)nodes.Call(1, api::Write{request});
  }
  EXPECT_EQ(nodes[1].Report().sessions, 2U);
}

TEST(NodeTest, TheStatusSaysHowLongTheLongestTurnTook) {
  Nodes nodes;
  nodes.Start();
  nodes.AwaitLeader();
  const std::uint64_t before = nodes[1].Report().longest_turn;
  EXPECT_GT(before, 0U);
  (void)nodes.Put(1, "key", std::string(kMaxValueBytes, 'v'));
  EXPECT_GE(nodes[1].Report().longest_turn, before);
}

TEST(NodeTest, ARetryAfterACrashGetsTheFirstAnswer) {
  Nodes nodes;
  nodes.Start();
  nodes.AwaitLeader();
  const api::Write write{testing::PutRequest(1, "key", "value")};
  const Slot slot = std::get<api::Answer>(nodes.Call(1, write)).slot;
  ASSERT_EQ(nodes.Put(1, "later", "value").code, Code::kOk);
  nodes.Crash(1);
  nodes.Start();
  nodes.AwaitLeader();
  const auto again = std::get<api::Answer>(nodes.Call(1, write));
  EXPECT_EQ(again.code, Code::kOk) << again.message;
  EXPECT_EQ(again.slot, slot);
}

TEST(NodeTest, AHelloIsAnsweredWithWhoThisIs) {
  Nodes nodes;
  nodes.Start();
  nodes.AwaitLeader();
  const auto welcome = std::get<api::Welcome>(nodes.Call(1, api::Hello{}));
  EXPECT_EQ(welcome.node, 1U);
  EXPECT_EQ(welcome.cluster_name, "test");
  EXPECT_EQ(welcome.cluster, GenesisOf(nodes.cluster())->hash);
  EXPECT_GE(welcome.decided, 1U);
  EXPECT_EQ(welcome.leader, 1U);
}

TEST(NodeTest, AStaleReadNeedsNoLeader) {
  Nodes nodes(2);
  nodes.Start();
  nodes.AwaitLeader();
  const Slot slot = nodes.Put(1, "key", "value").slot;
  ASSERT_TRUE(nodes.RunUntil([&] { return nodes[1].machine().applied() >= slot; }));
  nodes.Crash(2);
  ASSERT_TRUE(nodes.RunUntil([&] { return nodes[1].Report().replica.leader == 0; }));
  const auto found = std::get<api::Answer>(nodes.Call(1, api::StaleRead{"key"}));
  EXPECT_EQ(found.code, Code::kOk) << found.message;
  EXPECT_EQ(found.value, "value");
  EXPECT_GE(found.slot, slot);
  EXPECT_EQ(found.leader, 0U);
  const auto missing = std::get<api::Answer>(nodes.Call(1, api::StaleRead{"other"}));
  EXPECT_EQ(missing.code, Code::kNotFound);
  EXPECT_EQ(missing.message, "there is no such key at node 1");
  EXPECT_GE(missing.slot, slot);
}

TEST(NodeTest, AStatusCallGetsTheReport) {
  Nodes nodes(2);
  nodes.Start();
  nodes.AwaitLeader();
  ASSERT_TRUE(nodes.RunUntil([&] { return nodes[1].Report().links.at(0).state == "up"; }));
  const auto report = std::get<api::StatusReport>(nodes.Call(1, api::StatusCall{}));
  EXPECT_EQ(report.replica.node, 1U);
  EXPECT_EQ(report.incarnation, nodes.memory(1).directory.identity().incarnation);
  ASSERT_EQ(report.links.size(), 1U);
  EXPECT_EQ(report.links[0].peer, 2U);
  EXPECT_EQ(report.links[0].state, "up");
}

TEST(NodeTest, AChainCallGetsTheBlocksOfThisNode) {
  Nodes nodes;
  nodes.Start();
  nodes.AwaitLeader();
  const Slot slot = nodes.Put(1, "key", "value").slot;
  const auto all = std::get<api::ChainPart>(nodes.Call(1, api::ChainCall{0, slot}));
  ASSERT_EQ(all.blocks.size(), slot + 1);
  EXPECT_EQ(all.blocks.front()->hash, GenesisOf(nodes.cluster())->hash);
  EXPECT_EQ(all.blocks.back()->requests.back().key, "key");
  EXPECT_EQ(all.tip, slot);
  EXPECT_EQ(all.decided, slot);
  const auto some = std::get<api::ChainPart>(nodes.Call(1, api::ChainCall{1, 1}));
  ASSERT_EQ(some.blocks.size(), 1U);
  EXPECT_EQ(some.blocks[0]->slot(), 1U);
}

TEST(NodeTest, AChainCallBeyondTheTipGetsNoBlocks) {
  Nodes nodes;
  nodes.Start();
  nodes.AwaitLeader();
  const Slot tip = nodes[1].ledger().head().tip;
  const std::vector<api::ChainCall> calls = {{tip + 1, tip + 9}, {1, 0}};
  for (const api::ChainCall& call : calls) {
    const auto part = std::get<api::ChainPart>(nodes.Call(1, call));
    EXPECT_TRUE(part.blocks.empty());
    EXPECT_EQ(part.tip, tip);
  }
}

TEST(NodeTest, FaultsAreDeniedUnlessTheClusterFileAllowsThem) {
  using Kind = api::FaultCall::Kind;
  Nodes nodes(2, false);
  nodes.Start();
  for (const Kind kind : {Kind::kFailLink, Kind::kFixLink, Kind::kFailProcess}) {
    const auto answer = std::get<api::Answer>(nodes.Call(1, api::FaultCall{kind, 1, 2}));
    EXPECT_EQ(answer.code, Code::kDenied);
    EXPECT_NE(answer.message.find("allow_faults = true in " + nodes.cluster().path),
              std::string::npos)
        << answer.message;
  }
  EXPECT_NE(nodes[1].Report().links.at(0).state, "cut");
}

TEST(NodeTest, ALinkIsCutAndMendedAtBothEnds) {
  using Kind = api::FaultCall::Kind;
  Nodes nodes(2);
  nodes.Start();
  nodes.AwaitLeader();
  const auto states = [&](const std::string& state) {
    return nodes.RunUntil([&] {
      return nodes[1].Report().links.at(0).state == state &&
             nodes[2].Report().links.at(0).state == state;
    });
  };
  const auto cut = std::get<api::FaultDone>(nodes.Call(1, api::FaultCall{Kind::kFailLink, 2, 1}));
  EXPECT_EQ(cut.words, "the link between node 1 and node 2 is cut, in both directions");
  EXPECT_TRUE(states("cut"));
  EXPECT_TRUE(nodes.RunUntil([&] { return !nodes[1].Report().replica.quorum; }));
  const auto refused = nodes.Put(1, "key", "value");
  EXPECT_NE(refused.code, Code::kOk);
  EXPECT_NE(refused.message.find("no majority"), std::string::npos) << refused.message;

  const auto mended = std::get<api::FaultDone>(nodes.Call(2, api::FaultCall{Kind::kFixLink, 2, 1}));
  EXPECT_EQ(mended.words, "the link between node 2 and node 1 is mended");
  EXPECT_TRUE(states("up"));
  EXPECT_NE(nodes.AwaitLeader(), 0U);
}

TEST(NodeTest, ALinkNeedsTwoNodesAndThisOneAmongThem) {
  Nodes nodes(3);
  nodes.Start();
  const std::vector<std::pair<NodeId, NodeId>> wrong = {{2, 3}, {1, 1}, {1, 4}, {0, 1}};
  for (const auto& [a, b] : wrong) {
    const auto done = nodes[1].ChangeLink(true, a, b);
    EXPECT_EQ(done.status().code(), Code::kUsage) << a << " " << b;
  }
  EXPECT_TRUE(nodes[1].ChangeLink(true, 3, 1).ok());
}

TEST(NodeTest, EveryNodeServesWhateverNodeLeads) {
  Nodes nodes(2);
  nodes.Start();
  nodes.AwaitLeader();
  EXPECT_EQ(nodes.Put(1, "a", "by 1").code, Code::kOk);
  EXPECT_EQ(nodes.Put(2, "b", "by 2").code, Code::kOk);
  EXPECT_EQ(nodes.Get(1, "b").value, "by 2");
  EXPECT_EQ(nodes.Get(2, "a").value, "by 1");
  EXPECT_TRUE(nodes.RunUntil([&] {
    return nodes[1].machine().applied() == nodes[2].machine().applied() &&
           nodes[1].machine().applied() == nodes[1].ledger().head().tip;
  }));
  EXPECT_EQ(nodes[1].Report().replica.tip_hash, nodes[2].Report().replica.tip_hash);
}

TEST(NodeTest, ANodeThatMissedBlocksLearnsThem) {
  Nodes nodes(3);
  nodes.Start();
  const NodeId leader = nodes.AwaitLeader();
  const NodeId away = leader == 3 ? 2 : 3;
  ASSERT_EQ(nodes.Put(leader, "before", "value").code, Code::kOk);
  nodes.Crash(away);
  Slot slot = 0;
  for (int i = 0; i < 20; ++i) {
    const api::Answer put = nodes.Put(leader, "key" + std::to_string(i), "value");
    ASSERT_EQ(put.code, Code::kOk) << put.message;
    slot = put.slot;
  }
  nodes.Start();
  EXPECT_TRUE(nodes.RunUntil([&] { return nodes[away].machine().applied() >= slot; }));
  EXPECT_EQ(nodes[away].machine().Get("key19")->value, "value");
  EXPECT_EQ(nodes[away].ledger().Read(slot).value()->hash,
            nodes[leader].ledger().Read(slot).value()->hash);
}

TEST(NodeTest, ATakenPortIsSaidWithItsAddress) {
  Nodes nodes;
  const testing::TakenPort taken;
  config::Cluster cluster = nodes.cluster();
  cluster.nodes[0].client_port = taken.port();
  auto memory = testing::Recall(nodes.DirectoryOf(1), cluster);
  const auto node = Node::Open(cluster, 1, &*memory);
  EXPECT_EQ(node.status().code(), Code::kOther);
  EXPECT_NE(node.status().message().find("127.0.0.1:" + std::to_string(taken.port())),
            std::string::npos)
      << node.status().message();
}

TEST(NodeTest, AByteOnADescriptorEndsTheWait) {
  Nodes nodes;
  nodes.Start();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  nodes[1].RunOnce({ends[0]});
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 1);  // it is the caller's to read
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(NodeTest, TheClientOfTheProgramIsServed) {
  Nodes nodes(3);
  nodes.Start();
  nodes.AwaitLeader();
  std::atomic<bool> done = false;
  client::OperationResult put;
  client::OperationResult get;
  client::OperationResult del;
  client::OperationResult gone;
  std::thread thread([&] {
    client::Options options;
    options.timeout = 60'000'000;
    client::Client client(nodes.cluster(), options, client::RealEnvironment(nodes.cluster()));
    put = client.Put("key", "value");
    get = client.Get("key");
    del = client.Del("key");
    gone = client.Get("key");
    done = true;
  });
  EXPECT_TRUE(nodes.RunUntil([&] { return done.load(); }));
  thread.join();
  EXPECT_TRUE(put.ok()) << put.message;
  EXPECT_EQ(get.value, "value") << get.message;
  EXPECT_TRUE(del.ok()) << del.message;
  EXPECT_EQ(gone.code, Code::kNotFound) << gone.message;
}

}  // namespace
}  // namespace cairn::node
