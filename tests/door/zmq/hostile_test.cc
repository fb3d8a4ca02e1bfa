// Strangers on both ports: whatever they send is dropped, counted and logged at a bounded rate, and
// nothing stops serving.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "client/client_link.h"
#include "door/nodes.h"
#include "net/wire/client_codec.h"
#include "net/wire/listener.h"

namespace cairn::door {
namespace {

using net::testing::RandomMessages;
using net::testing::RawConnection;
using net::testing::Stranger;
using testing::Nodes;

// Peers and clients are served, whatever happened before.
void ExpectService(Nodes& nodes) {
  EXPECT_TRUE(nodes.Reaches(2, 1));
  Result<std::unique_ptr<client::ClientLink>> link = client::ClientLink::Open(
      "127.0.0.1", nodes[1].options.client_port, nodes[1].options.cluster, "alpha");
  ASSERT_TRUE(link.ok());
  ASSERT_TRUE(link.value()->Send({.id = 77, .body = api::Hello{}}).ok());
  std::optional<api::ClientReply> reply;
  EXPECT_TRUE(nodes.RunUntil([&] {
    for (const InboundCall& call : nodes[1].calls) {
      nodes[1].door->Reply(call.address, api::FaultDone{"done"});
    }
    nodes[1].calls.clear();
    reply = link.value()->Receive(0);
    return reply.has_value();
  }));
  EXPECT_EQ(reply->id, 77U);
}

std::vector<std::uint16_t> Ports(Nodes& nodes) {
  return {nodes[1].options.peer_port, nodes[1].options.client_port};
}

TEST(HostileTest, BytesThatAreNotEvenZeroMqStopNothing) {
  Nodes nodes(2);
  RandomMessages random(1);
  // ZMTP's signature, a frame of 2^63 bytes and one of 2^64-1: all before any handshake.
  const std::string greeting = std::string("\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL", 16);
  for (const std::uint16_t port : Ports(nodes)) {
    for (int i = 0; i < 50; ++i) {
      RawConnection(port).Say(random.Bytes(2000));
      RawConnection(port).Say(greeting + random.Bytes(200));
      RawConnection(port).Say(greeting + std::string(48, '\0') + "\x02\x7f" +
                              std::string(7, '\xff'));
      RawConnection(port).Say(greeting + std::string(48, '\0') + "\x02" + std::string(8, '\xff'));
      RawConnection(port).Say("GET / HTTP/1.1\r\n\r\n");
      nodes.Pump();
    }
  }
  ExpectService(nodes);
}

TEST(HostileTest, RandomFramesAreDroppedCountedAndLoggedAtABoundedRate) {
  Nodes nodes(2);
  RandomMessages random(2);
  Stranger to_peers(nodes[1].options.peer_port);
  Stranger to_clients(nodes[1].options.client_port);
  for (int i = 0; i < 1000; ++i) {
    to_peers.Say({random.Bytes(300)});
    to_clients.Say({random.Bytes(300)});
  }
  ASSERT_TRUE(nodes.RunUntil([&] { return nodes[1].dropped() >= 2000; }));
  EXPECT_EQ(nodes[1].dropped(), 2000U);
  EXPECT_GE(nodes[1].warnings.size(), 2U);  // each kind of refusal on each port
  EXPECT_LT(nodes[1].warnings.size(), 100U);
  ExpectService(nodes);
}

TEST(HostileTest, AMessageOfManyFramesIsDroppedWhole) {
  Nodes nodes(2);
  for (const std::uint16_t port : Ports(nodes)) {
    const std::uint64_t before = nodes[1].dropped();
    Stranger stranger(port);
    stranger.Say(std::vector<std::string>(20'000, "frame"));
    stranger.Say({"", "", "body"});
    stranger.Say({"", "body", ""});
    ASSERT_TRUE(nodes.RunUntil([&] { return nodes[1].dropped() >= before + 3; }));
    EXPECT_EQ(nodes[1].dropped(), before + 3);
  }
  ExpectService(nodes);
}

TEST(HostileTest, AFloodOfGarbageHoldsNobodyUp) {
  Nodes nodes(2);
  Stranger stranger(nodes[1].options.peer_port);
  for (int i = 0; i < 2000; ++i) {
    stranger.Say({"garbage"});
  }
  Nodes::Node& node = nodes[1];
  ASSERT_TRUE(nodes.RunUntil([&] {
    const std::uint64_t before = node.dropped();
    EXPECT_FALSE(node.peers->Next().has_value());
    EXPECT_LE(node.dropped() - before, 64U) << "one call looks at a bounded number";
    return node.dropped() >= 2000;
  }));
}

std::size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// A peer that says as much as it can to whoever says something to it, and keeps little of it
/// itself.
class Flood {
 public:
  explicit Flood(std::uint16_t port)
      : listener_(
            net::Listener::Open({4096, kMiB, 64 * kMiB, 64}, "127.0.0.1", port, "port").value()) {}
  void SaySome() {
    listener_->Look();
    listener_->Tend();
    while (listener_->Receive() != net::Listener::Next::kNone) {
      heard_.insert(listener_->from());
    }
    for (const net::Listener::Id id : heard_) {
      for (int i = 0; i < kWordsATurn && listener_->Has(id) && listener_->unsent(id) < kMiB; ++i) {
        net::ZmtpFrame frame;
        std::fill_n(frame.Allocate(kWord), kWord, 'x');
        (void)listener_->Send(id, std::move(frame), false);
        said_ += kWord;
      }
    }
  }
  [[nodiscard]] std::size_t said() const { return said_; }

 private:
  static constexpr std::size_t kMiB = std::size_t{1} << 20;
  static constexpr std::size_t kWord = 4000;
  static constexpr int kWordsATurn = 4096;
  std::unique_ptr<net::Listener> listener_;
  std::set<net::Listener::Id> heard_;
  std::size_t said_ = 0;
};

TEST(HostileTest, APeerThatSpeaksWhereNobodyListensCostsNoMemory) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer keeps freed memory aside: the test measures that";
#endif
  Nodes nodes(2);
  nodes.Stop(2);
  auto peer = std::make_unique<Flood>(nodes[2].options.peer_port);
  const std::size_t before = ResidentBytes();
  constexpr std::size_t kFlood = std::size_t{800} << 20;
  ASSERT_TRUE(nodes.RunUntil([&] {
    nodes.Send(1, 2, 1);
    peer->SaySome();
    return peer->said() >= kFlood;
  }));
  EXPECT_LT(ResidentBytes(), before + kFlood / 4);
  EXPECT_FALSE(nodes[1].warnings.empty());
  peer.reset();
  nodes.Restart(2);
  EXPECT_TRUE(nodes.Reaches(1, 2));
}

TEST(HostileTest, AnOversizedMessageEndsItsConnectionOnly) {
  Nodes nodes(2);
  Stranger stranger(nodes[1].options.client_port);
  stranger.Say({std::string(kMaxClientMessageBytes + 1, 'x')});
  Stranger peer(nodes[1].options.peer_port);
  peer.Say({std::string(kMaxPeerMessageBytes + 8192, 'x')});
  for (int i = 0; i < 50; ++i) {
    nodes.Pump();
  }
  EXPECT_EQ(nodes[1].dropped(), 0U) << "it never came this far";
  ExpectService(nodes);
}

net::PeerHeader HeaderOfNode2(Nodes& nodes) {
  return {.version = net::kWireVersion,
          .cluster = {.genesis = nodes[1].options.cluster, .name = "alpha"},
          .from = 2,
          .to = 1,
          .incarnation = 102,
          .stamp = {1, 1}};
}

net::ClientHeader HeaderOfClient(Nodes& nodes) {
  return {.version = net::kWireVersion,
          .cluster = {.genesis = nodes[1].options.cluster, .name = "alpha"}};
}

// Field 32, length 0: three bytes a message.
std::string EmptyMessages(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    bytes.append("\x82\x02\x00", 3);
  }
  return bytes;
}

TEST(HostileTest, AFrameOfTooManyMessagesIsDroppedWholeAndCountedOnce) {
  Nodes nodes(2);
  Stranger peer(nodes[1].options.peer_port);
  Stranger client(nodes[1].options.client_port);
  const std::string peer_frame =
      net::testing::PeerFrame(HeaderOfNode2(nodes), {paxos::Fetch{1, 1}}).value();
  const std::string call_frame =
      net::testing::CallFrame(HeaderOfClient(nodes), 1, {api::Hello{}}).value();
  peer.Say({peer_frame + EmptyMessages(10'000'000)});
  client.Say({call_frame + EmptyMessages(300'000)});
  peer.Say({peer_frame + EmptyMessages(net::kMaxBatch + 16)});
  client.Say({call_frame + EmptyMessages(net::kMaxBatch + 16)});
  ASSERT_TRUE(nodes.RunUntil([&] { return nodes[1].dropped() >= 4; }));
  EXPECT_EQ(nodes[1].dropped(), 4U);
  EXPECT_TRUE(nodes[1].messages.empty() && nodes[1].calls.empty());
  ExpectService(nodes);
}

TEST(HostileTest, EmptyMessagesAreDroppedOneByOneABoundedNumberAtATime) {
  Nodes nodes(2);
  Stranger peer(nodes[1].options.peer_port);
  const std::string last =
      net::testing::PeerFrame(HeaderOfNode2(nodes), {paxos::Fetch{1, 123'456'789}}).value();
  peer.Say({net::testing::PeerFrame(HeaderOfNode2(nodes), {paxos::Fetch{1, 1}}).value() +
            EmptyMessages(1000)});
  peer.Say({last});
  Nodes::Node& node = nodes[1];
  std::vector<replica::Message> taken;
  for (int turn = 0; turn < 10'000 && taken.size() < 2; ++turn) {
    node.Wait(10, {});
    const std::uint64_t before = node.dropped();
    if (std::optional<replica::Inbound> message = node.peers->Next()) {
      taken.push_back(std::move(message->message));
    }
    EXPECT_LE(node.dropped() - before, 64U) << "one call looks at a bounded number";
  }
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(node.dropped(), 1000U);
  EXPECT_TRUE(net::testing::Same(taken[1], replica::Message(paxos::Fetch{1, 123'456'789})));
}

TEST(HostileTest, WhatIsLeftOfAFrameIsNotWaitedFor) {
  Nodes nodes(2);
  Stranger peer(nodes[1].options.peer_port);
  peer.Say({net::testing::PeerFrame(HeaderOfNode2(nodes), {paxos::Fetch{1, 1}, paxos::Fetch{2, 2}})
                .value()});
  Nodes::Node& node = nodes[1];
  std::optional<replica::Inbound> first;
  while (!first) {
    node.Wait(-1, {});
    first = node.peers->Next();
  }
  node.Wait(-1, {});  // For ever, if it were.
  EXPECT_TRUE(node.peers->Next().has_value());
}

TEST(HostileTest, AForeignClientsManyCallsAreOneDropAndEachIsAnswered) {
  Nodes nodes(1);
  net::ClientHeader header = HeaderOfClient(nodes);
  header.cluster = {.genesis = door::testing::Nodes::HashOf(0xbb), .name = "beta"};
  Stranger client(nodes[1].options.client_port);
  client.Say({net::testing::CallFrame(header, 10, std::vector<api::CallBody>(1000, api::Hello{}))
                  .value()});
  std::size_t replies = 0;
  net::ReplyDecoder decoder;
  ASSERT_TRUE(nodes.RunUntil([&] {
    zmq::message_t frame;
    while (net::TryReceive(client.socket(), frame)) {
      EXPECT_TRUE(decoder.Open(net::View(frame)).ok());
      for (; decoder.left() > 0; ++replies) {
        const Result<api::ClientReply> reply = decoder.Next();
        EXPECT_TRUE(reply.ok());
        EXPECT_EQ(reply->id, 10 + replies);
      }
    }
    return replies >= 1000;
  }));
  EXPECT_EQ(nodes[1].dropped(), 1U);
}

TEST(HostileTest, ReplayedAndTwistedMessagesOfAPeerAreHarmless) {
  Nodes nodes(2);
  RandomMessages random(3);
  Stranger stranger(nodes[1].options.peer_port);
  const net::PeerHeader header = HeaderOfNode2(nodes);
  for (int i = 0; i < 20; ++i) {
    const std::vector<replica::Message> messages = random.EveryPeerMessage();
    std::string together = net::testing::PeerFrame(header, messages).value();
    random.Flip(together);
    stranger.Say({together});
    for (const replica::Message& message : messages) {
      std::string frame = net::testing::PeerFrame(header, {message}).value();
      random.Flip(frame);
      stranger.Say({frame});
    }
  }
  // What comes last comes after all of them.
  const replica::Message last = paxos::Fetch{1, 123'456'789};
  stranger.Say({net::testing::PeerFrame(header, {last}).value()});
  ASSERT_TRUE(nodes.RunUntil([&] {
    return !nodes[1].messages.empty() && net::testing::Same(nodes[1].messages.back().message, last);
  }));
  EXPECT_GT(nodes[1].dropped(), 0U);
  nodes[1].messages.clear();
  ExpectService(nodes);
}

TEST(HostileTest, ASocketThatWantsADelimiterGetsOne) {
  Nodes nodes(1);
  Stranger client(nodes[1].options.client_port, zmq::socket_type::req);
  client.Say({net::testing::CallFrame(HeaderOfClient(nodes), 3, {api::Hello{}}).value()});
  ASSERT_TRUE(nodes.RunUntil([&] { return !nodes[1].calls.empty(); }));
  nodes[1].door->Reply(nodes[1].calls.front().address, api::FaultDone{"done"});
  zmq::message_t frame;
  ASSERT_TRUE(nodes.RunUntil([&] { return net::TryReceive(client.socket(), frame); }));
  net::ReplyDecoder decoder;
  EXPECT_TRUE(decoder.Open(net::View(frame)).ok());
  EXPECT_EQ(decoder.left(), 1U);
}

}  // namespace
}  // namespace cairn::door
