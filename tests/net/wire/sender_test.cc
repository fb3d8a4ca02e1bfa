#include "net/wire/sender.h"

#include <gtest/gtest.h>

namespace cairn::net {
namespace {

Hash HashOf(std::uint8_t octet) {
  Hash hash;
  hash.bytes.fill(octet);
  return hash;
}

const Membership kHere{.self = 1, .cluster = {HashOf(0xaa), "alpha"}, .peers = {2, 3}};

PeerHeader From(NodeId node) {
  return {.version = kWireVersion,
          .cluster = kHere.cluster,
          .from = node,
          .to = kHere.self,
          .incarnation = 5,
          .stamp = {1, 0}};
}

// The refusal's words; empty if the sender is taken.
std::string Words(const PeerHeader& header) {
  return SenderOf(header, "10.0.0.2", kHere).status().message();
}

TEST(SenderTest, APeerOfTheSameClusterIsTaken) {
  const Result<NodeId> sender = SenderOf(From(2), "10.0.0.2", kHere);
  ASSERT_TRUE(sender.ok());
  EXPECT_EQ(sender.value(), 2U);
}

TEST(SenderTest, AnotherClusterIsRefusedByBothNames) {
  PeerHeader header = From(2);
  header.cluster = {HashOf(0xbb), "beta"};
  EXPECT_EQ(Words(header),
            "node 2 at 10.0.0.2 belongs to cluster \"beta\" (genesis bbbbbbbbbbbb…), this node 1 "
            "to \"alpha\" (genesis aaaaaaaaaaaa…): compare the cluster files");
}

TEST(SenderTest, TheSameNameWithAnotherGenesisSaysThatTheFilesDiffer) {
  PeerHeader header = From(2);
  header.cluster.genesis = HashOf(0xbb);
  EXPECT_NE(Words(header).find("same name but not the same nodes"), std::string::npos);
}

TEST(SenderTest, AStrangersNameCanNotWriteIntoTheLog) {
  PeerHeader header = From(2);
  header.cluster = {HashOf(0xbb), "be\nta\x1b[2J" + std::string(200, 'x')};
  const std::string words = Words(header);
  EXPECT_EQ(words.find('\n'), std::string::npos);
  EXPECT_EQ(words.find('\x1b'), std::string::npos);
  EXPECT_LT(words.size(), 300U);
}

TEST(SenderTest, AnotherVersionIsRefusedByBothNumbers) {
  PeerHeader header = From(2);
  header.version = 1;
  EXPECT_NE(Words(header).find("version 1"), std::string::npos);
  EXPECT_NE(Words(header).find("version " + std::to_string(kWireVersion)), std::string::npos);
}

TEST(SenderTest, StrangersTwinsAndMisledPeersAreRefused) {
  EXPECT_NE(Words(From(4)).find("not in this node's cluster file"), std::string::npos);
  EXPECT_NE(Words(From(1)).find("one id is used twice"), std::string::npos);
  PeerHeader misled = From(2);
  misled.to = 3;
  EXPECT_NE(Words(misled).find("takes this node 1 for node 3"), std::string::npos);
}

TEST(SenderTest, AClientOfAnotherClusterOrVersionIsToldSo) {
  ClientHeader header{.version = kWireVersion, .cluster = kHere.cluster};
  EXPECT_TRUE(ClientAllowed(header, kHere).ok());
  header.cluster = {HashOf(0xbb), "beta"};
  const Status refused = ClientAllowed(header, kHere);
  EXPECT_EQ(refused.code(), Code::kUsage);
  EXPECT_NE(refused.message().find("\"beta\""), std::string::npos);
  EXPECT_NE(refused.message().find("\"alpha\""), std::string::npos);
  header.version = kWireVersion + 1;
  EXPECT_NE(
      ClientAllowed(header, kHere).message().find("version " + std::to_string(kWireVersion + 1)),
      std::string::npos);
}

TEST(SenderTest, AnotherClusterOfTheSameFileIsRefusedOnceBothKnowBlock1) {
  Membership here = kHere;
  PeerHeader header = From(2);
  ClientHeader client{.version = kWireVersion, .cluster = kHere.cluster};
  // Who does not know block 1 learns it: it is taken, whatever the other knows.
  for (const auto& [theirs, ours] :
       std::vector<std::pair<bool, bool>>{{true, false}, {false, true}}) {
    header.cluster.formed = theirs ? std::optional(HashOf(0xcc)) : std::nullopt;
    client.cluster.formed = header.cluster.formed;
    here.cluster.formed = ours ? std::optional(HashOf(0xdd)) : std::nullopt;
    EXPECT_TRUE(SenderOf(header, "10.0.0.2", here).ok());
    EXPECT_TRUE(ClientAllowed(client, here).ok());
  }
  header.cluster.formed = HashOf(0xcc);
  client.cluster.formed = HashOf(0xcc);
  here.cluster.formed = HashOf(0xcc);
  EXPECT_TRUE(SenderOf(header, "10.0.0.2", here).ok());
  EXPECT_TRUE(ClientAllowed(client, here).ok());
  here.cluster.formed = HashOf(0xdd);
  EXPECT_EQ(SenderOf(header, "10.0.0.2", here).status().message(),
            "node 2 at 10.0.0.2 belongs to another cluster with the name \"alpha\" (block 1 is "
            "cccccccccccc…), this node 1 to the one whose block 1 is dddddddddddd…: compare the "
            "addresses in the two cluster files");
  const Status refused = ClientAllowed(client, here);
  EXPECT_EQ(refused.code(), Code::kUsage);
  EXPECT_NE(refused.message().find("the client belongs to another cluster"), std::string::npos)
      << refused.message();
}

}  // namespace
}  // namespace cairn::net
