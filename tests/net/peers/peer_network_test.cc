#include "net/peers/peer_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "common/limits.h"
#include "door/nodes.h"
#include "replica/lane.h"

namespace cairn::net {
namespace {

using door::testing::Nodes;

TEST(PeerNetworkTest, AMessageArrivesWithItsSender) {
  Nodes nodes(2);
  ASSERT_TRUE(nodes.Reaches(1, 2));
  EXPECT_EQ(nodes[2].messages.back().from, 1U);
  EXPECT_EQ(nodes[2].messages.back().incarnation, 101U);
  ASSERT_TRUE(nodes.Reaches(2, 1));
  EXPECT_EQ(nodes[1].dropped(), 0U);
  EXPECT_EQ(nodes[2].dropped(), 0U);
}

/// Of those that go by one connection: the two are not ordered against each other.
std::vector<replica::Message> OfLane(replica::Lane lane, std::vector<replica::Message> messages) {
  std::erase_if(messages,
                [&](const replica::Message& message) { return replica::LaneOf(message) != lane; });
  return messages;
}

TEST(PeerNetworkTest, EveryVerbArrivesInTheOrderOfItsConnection) {
  Nodes nodes(2);
  ASSERT_TRUE(nodes.Reaches(1, 2));
  testing::RandomMessages random(1);
  const std::vector<replica::Message> sent = random.EveryPeerMessage();
  for (const replica::Message& message : sent) {
    nodes[1].peers->Send({.to = 2, .message = message}, {1, 7}, {});
  }
  const auto got = [&] {
    std::vector<replica::Message> messages;
    for (const replica::Inbound& inbound : nodes[2].messages) {
      if (inbound.stamp == replica::Stamp{1, 7}) {
        messages.push_back(inbound.message);
      }
    }
    return messages;
  };
  ASSERT_TRUE(nodes.RunUntil([&] { return got().size() >= sent.size(); }));
  for (const replica::Lane lane : {replica::Lane::kQuick, replica::Lane::kLarge}) {
    const std::vector<replica::Message> want = OfLane(lane, sent);
    const std::vector<replica::Message> have = OfLane(lane, got());
    ASSERT_EQ(have.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      EXPECT_TRUE(testing::Same(have[i], want[i])) << "verb " << i;
    }
  }
}

TEST(PeerNetworkTest, MessagesOfOnePassReachTheirPeersInOrder) {
  Nodes nodes(3);
  ASSERT_TRUE(nodes.Reaches(1, 2) && nodes.Reaches(1, 3));
  const std::uint64_t unsent = nodes[1].unsent();
  std::vector<replica::Outbound> pass;
  constexpr std::uint64_t kMany = 2 * kMaxBatch + 100;  // More than one frame can have.
  for (std::uint64_t i = 1; i <= kMany; ++i) {
    pass.push_back({.to = i % 4 == 0 ? 3U : 2U, .message = paxos::Fetch{i, i}});
  }
  pass.push_back({.to = 9, .message = paxos::Fetch{1, 1}});
  const replica::Stamp stamp{7, 8, 5};
  nodes[1].peers->Send(pass, stamp, [](NodeId node) {
    return replica::Seen{.incarnation = 100 + node, .accused = node, .life = 9, .commits = node};
  });
  EXPECT_EQ(nodes[1].unsent(), unsent);
  std::map<NodeId, std::vector<std::uint64_t>> got;
  const auto take = [&](NodeId peer) {
    for (const replica::Inbound& message : std::exchange(nodes[peer].messages, {})) {
      if (message.stamp == stamp) {
        EXPECT_EQ(message.seen.incarnation, 100 + peer);
        got[peer].push_back(std::get<paxos::Fetch>(message.message).from);
      }
    }
    return got[peer].size();
  };
  ASSERT_TRUE(nodes.RunUntil([&] { return take(2) + take(3) >= kMany; }));
  std::map<NodeId, std::vector<std::uint64_t>> sent;
  for (std::uint64_t i = 1; i <= kMany; ++i) {
    sent[pass[i - 1].to].push_back(i);
  }
  EXPECT_EQ(got, sent);
}

TEST(PeerNetworkTest, AMessageThatIsTooLargeDoesNotHoldBackTheOthers) {
  Nodes nodes(2);
  ASSERT_TRUE(nodes.Reaches(1, 2));
  const std::uint64_t before = nodes[1].unsent();
  testing::RandomMessages random(1);
  Request request = random.AnyRequest();
  request.op = Op::kPut;
  request.value.assign(kMaxValueBytes, 'v');
  const BlockPtr block = chain::Seal(2, Hash{}, 1, {request});
  nodes[1].peers->Send(
      std::vector<replica::Outbound>{
          {.to = 2, .message = paxos::Fetch{1, 1'000'001}},
          {.to = 2, .message = paxos::Blocks{std::vector<BlockPtr>(70, block), 9}},
          {.to = 2, .message = paxos::Fetch{1, 1'000'002}}},
      {1, 1}, [](NodeId) { return replica::Seen{}; });
  ASSERT_TRUE(nodes.RunUntil([&] {
    const auto* fetch = std::get_if<paxos::Fetch>(&nodes[2].messages.back().message);
    return fetch != nullptr && fetch->last == 1'000'002;
  }));
  EXPECT_EQ(nodes[1].unsent(), before + 1);
  const auto& got = nodes[2].messages;
  EXPECT_EQ(std::get<paxos::Fetch>(got[got.size() - 2].message).last, 1'000'001U);
}

TEST(PeerNetworkTest, LocalhostIsAHostToo) {
  Nodes nodes(2, [](Nodes::Options& options) {
    options.host = "localhost";
    options.peers.front().host = "localhost";
  });
  EXPECT_TRUE(nodes.Reaches(1, 2));
}

TEST(PeerNetworkTest, AnotherClustersMessagesAreDroppedByName) {
  Nodes nodes(2, [](Nodes::Options& options) {
    if (options.self == 2) {
      options.cluster = door::testing::Nodes::HashOf(0xbb);
      options.cluster_name = "beta";
    }
  });
  ASSERT_TRUE(nodes.RunUntil([&] {
    nodes.Send(2, 1, 1);
    return !nodes[1].warnings.empty();
  }));
  EXPECT_GT(nodes[1].dropped(), 0U);
  EXPECT_TRUE(nodes[1].messages.empty());
  EXPECT_EQ(nodes[1].warnings.front(),
            "node 2 at 127.0.0.1 belongs to cluster \"beta\" (genesis bbbbbbbbbbbb…), this node 1 "
            "to \"alpha\" (genesis aaaaaaaaaaaa…): compare the cluster files");
}

TEST(PeerNetworkTest, AnotherClusterOfTheSameNameIsRefusedFromTheMomentThatBothKnowBlock1) {
  Nodes nodes(2);
  nodes[1].SetFormed(door::testing::Nodes::HashOf(0xcc));
  ASSERT_TRUE(nodes.Reaches(2, 1)) << "node 2 has no block 1 yet";
  ASSERT_TRUE(nodes.Reaches(1, 2)) << "and learns it from node 1";
  nodes[2].SetFormed(door::testing::Nodes::HashOf(0xdd));
  for (const NodeId from : {1U, 2U}) {
    const NodeId to = 3 - from;
    nodes[to].messages.clear();
    ASSERT_TRUE(nodes.RunUntil([&] {
      nodes.Send(from, to, 1'000'000);
      return !nodes[to].warnings.empty();
    }));
    EXPECT_NE(nodes[to].warnings.front().find("node " + std::to_string(from) +
                                              " at 127.0.0.1 belongs to another cluster"),
              std::string::npos)
        << nodes[to].warnings.front();
    EXPECT_NE(nodes.LastNumber(to, from), 1'000'000U);
  }
}

TEST(PeerNetworkTest, ACutLinkDropsBothDirectionsAndEitherEndMendsIt) {
  Nodes nodes(3);
  for (const NodeId mender : {1U, 2U}) {
    ASSERT_TRUE(nodes.Reaches(1, 2) && nodes.Reaches(2, 1));
    nodes[1].peers->FailLink(2);
    EXPECT_TRUE(nodes[1].peers->IsCut(2));
    ASSERT_TRUE(nodes.RunUntil([&] { return nodes[2].peers->IsCut(1); }));
    for (int i = 0; i < 20; ++i) {
      nodes.Send(1, 2, 1'000'000);
      nodes.Send(2, 1, 1'000'000);
      nodes.Pump();
    }
    EXPECT_TRUE(nodes.Reaches(1, 3) && nodes.Reaches(2, 3))
        << "other links are none of its business";
    const NodeId other = mender == 1 ? 2 : 1;
    nodes[mender].peers->FixLink(other);
    EXPECT_FALSE(nodes[mender].peers->IsCut(other));
    ASSERT_TRUE(nodes.RunUntil([&] { return !nodes[other].peers->IsCut(mender); }));
    ASSERT_TRUE(nodes.Reaches(1, 2) && nodes.Reaches(2, 1));
  }
  for (const NodeId id : {1U, 2U}) {
    EXPECT_TRUE(std::none_of(
        nodes[id].messages.begin(), nodes[id].messages.end(),
        [](const auto& m) { return std::get<paxos::Fetch>(m.message).from == 1'000'000; }))
        << "sent while the link was cut";
    EXPECT_EQ(nodes[id].dropped(), 0U) << "a cut is silent";
  }
}

TEST(PeerNetworkTest, WhatWasUnderwayWhenTheLinkWasCutIsDroppedOnArrival) {
  Nodes nodes(2);
  ASSERT_TRUE(nodes.Reaches(1, 2) && nodes.Reaches(2, 1));
  nodes.Send(2, 1, 1'000'000);
  nodes[1].peers->FailLink(2);
  // It came before the fix, whose echo proves that all before it was read.
  ASSERT_TRUE(nodes.RunUntil([&] { return nodes[2].peers->IsCut(1); }));
  nodes[2].peers->FixLink(1);
  ASSERT_TRUE(nodes.RunUntil([&] { return !nodes[1].peers->IsCut(2); }));
  ASSERT_TRUE(nodes.Reaches(2, 1));
  for (const replica::Inbound& message : nodes[1].messages) {
    EXPECT_NE(std::get<paxos::Fetch>(message.message).from, 1'000'000U);
  }
}

TEST(PeerNetworkTest, AClusterWithoutFaultsDoesNotObeyThem) {
  Nodes nodes(2, [](Nodes::Options& options) { options.allow_faults = options.self == 1; });
  ASSERT_TRUE(nodes.Reaches(1, 2));
  nodes[1].peers->FailLink(2);
  ASSERT_TRUE(nodes.RunUntil([&] { return nodes[2].dropped() > 0; }));
  EXPECT_FALSE(nodes[2].peers->IsCut(1));
}

TEST(PeerNetworkTest, APeerThatIsDownIsToldOfTheCutWhenItComes) {
  Nodes nodes(2);
  ASSERT_TRUE(nodes.Reaches(1, 2));
  nodes.Stop(2);
  const std::uint64_t unsent = nodes[1].unsent();  // before the connection stood
  ASSERT_TRUE(nodes.RunUntil([&] {
    nodes.Send(1, 2, 1);
    return nodes[1].unsent() > unsent;
  }));
  nodes[1].peers->FailLink(2);
  nodes.Restart(2);
  ASSERT_TRUE(nodes.RunUntil([&] {
    nodes.Send(1, 2, 1);
    return nodes[2].peers->IsCut(1);
  }));
  nodes[2].peers->FixLink(1);
  ASSERT_TRUE(nodes.RunUntil([&] {
    nodes.Send(2, 1, 1);
    return !nodes[1].peers->IsCut(2);
  }));
  EXPECT_TRUE(nodes.Reaches(1, 2));
}

TEST(PeerNetworkTest, ACutOutlivesTheRestartOfEitherEnd) {
  Nodes nodes(2);
  std::uint64_t life = 1;
  const auto cut_at_both = [&] {
    // As heartbeats do: a cut is silent, but for the word of it.
    return nodes.RunUntil([&] {
      for (const NodeId from : {1U, 2U}) {
        nodes[from].peers->Send({.to = 3 - from, .message = paxos::Fetch{1, 1}}, {life, 1}, {});
      }
      return nodes[1].peers->IsCut(2) && nodes[2].peers->IsCut(1);
    });
  };
  ASSERT_TRUE(nodes.Reaches(1, 2) && nodes.Reaches(2, 1));
  nodes[1].peers->FailLink(2);
  ASSERT_TRUE(cut_at_both());
  for (const NodeId restarted : {1U, 2U, 2U, 1U}) {
    nodes.Restart(restarted);
    ++life;
    EXPECT_TRUE(cut_at_both()) << "node " << restarted;
  }
  nodes[2].peers->FixLink(1);
  ASSERT_TRUE(nodes.RunUntil([&] { return !nodes[1].peers->IsCut(2); }));
  EXPECT_FALSE(nodes[2].peers->IsCut(1));
}

TEST(PeerNetworkTest, ReconnectLeavesOutWhomItShould) {
  Nodes nodes(3);
  ASSERT_TRUE(nodes.Reaches(1, 2) && nodes.Reaches(1, 3) && nodes.Reaches(2, 1));
  nodes[1].peers->Reconnect({2});
  ASSERT_TRUE(nodes.Reaches(1, 3));
  nodes[1].messages.clear();
  nodes[2].messages.clear();
  for (int i = 0; i < 20; ++i) {
    nodes.Send(1, 2, 1'000'000);
    nodes.Send(2, 1, 1'000'000);
    nodes.Pump();
  }
  EXPECT_TRUE(nodes.Reaches(3, 1));
  EXPECT_NE(nodes.LastNumber(1, 2), 1'000'000U);
  EXPECT_NE(nodes.LastNumber(2, 1), 1'000'000U);
  nodes[1].peers->Reconnect({});
  EXPECT_TRUE(nodes.Reaches(1, 2));
  EXPECT_TRUE(nodes.Reaches(2, 1));
}

TEST(PeerNetworkTest, WhatCanNotBeSentIsCountedAndNeverWaitedFor) {
  Nodes nodes(2);
  nodes.Stop(2);
  ASSERT_TRUE(nodes.RunUntil([&] {
    nodes.Send(1, 2, 1);
    return nodes[1].unsent() > 0;
  }));
  EXPECT_EQ(nodes[1].dropped(), 0U);
  const std::uint64_t before = nodes[1].unsent();
  nodes[1].door->Reply({.connection = 99, .call_id = 1}, api::FaultDone{"done"});
  nodes[1].door->Reply({.connection = 99, .call_id = 2}, api::FaultDone{"done"});
  nodes[1].door->Flush();
  EXPECT_EQ(nodes[1].unsent(), before + 2);
}

TEST(PeerNetworkTest, AnswersThatAPeerDoesNotTakeUseUpTheRoomForMore) {
  Nodes nodes(2);
  PeerNetwork& network = *nodes[1].peers;
  const std::size_t whole = network.AnswerRoom(2);
  replica::Outbound outbound{.to = 2, .message = replica::ForwardAnswer{}};
  std::get<replica::ForwardAnswer>(outbound.message).answer.value.assign(kMaxValueBytes, 'v');
  ASSERT_TRUE(nodes.RunUntil([&] {
    network.Send(outbound, {1, 1}, {});
    return !nodes[2].messages.empty();
  }));
  // From now on node 2 reads nothing; some megabytes are the kernels'.
  for (int sent = 0; network.AnswerRoom(2) > 0; ++sent) {
    ASSERT_LT(sent, 1000);
    network.Send(outbound, {1, 1}, {});
  }
  EXPECT_TRUE(nodes.RunUntil([&] { return network.AnswerRoom(2) == whole; }));
}

TEST(PeerNetworkTest, ATakenPortIsOneSentence) {
  Nodes nodes(1);
  const Nodes::Options& taken = nodes[1].options;
  Nodes::Node second;
  second.options = taken;
  second.options.client_port = testing::FreePort();
  const Status twice = second.Open();
  EXPECT_EQ(ExitCode(twice.code()), 1);
  EXPECT_EQ(twice.message(),
            "tcp://127.0.0.1:" + std::to_string(taken.peer_port) +
                " is already in use: stop the process that listens there (`ss -ltnp` names it), "
                "or change `peer_port` in the cluster file");
  second.options = taken;
  second.options.peer_port = testing::FreePort();
  EXPECT_NE(second.Open().message().find("`client_port`"), std::string::npos);
}

TEST(PeerNetworkTest, WaitReturnsWhenAByteCanBeRead) {
  Nodes nodes(1);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::thread writer([&] { ASSERT_EQ(write(ends[1], "x", 1), 1); });
  nodes[1].Wait(-1, {ends[0]});
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), 1);
  writer.join();
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace cairn::net
