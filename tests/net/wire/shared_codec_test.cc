#include "net/wire/shared_codec.h"

#include <gtest/gtest.h>

#include "proto/peer.pb.h"

namespace cairn::net {
namespace {

wire::PeerEnvelope BlocksOf(int count, const std::string& block) {
  wire::PeerEnvelope envelope;
  wire::Blocks* blocks = envelope.add_messages()->mutable_blocks();
  for (int i = 0; i < count; ++i) {
    blocks->add_blocks(block);
  }
  return envelope;
}

TEST(SharedCodecTest, MoreElementsThanTheBytesCanNeedAreRefusedBeforeParsing) {
  const std::string bytes = BlocksOf(100'000, "").SerializeAsString();
  EXPECT_FALSE(PlausibleShape(bytes));
  FrameArena arena;
  EXPECT_EQ(arena.Parse<wire::PeerEnvelope>(bytes), nullptr);
}

TEST(SharedCodecTest, AsManyBlocksAsTheBytesHoldAreTaken) {
  FrameArena arena;
  const auto* parsed =
      arena.Parse<wire::PeerEnvelope>(BlocksOf(10'000, std::string(150, 'b')).SerializeAsString());
  ASSERT_NE(parsed, nullptr);
  EXPECT_EQ(parsed->messages(0).blocks().blocks_size(), 10'000);
}

TEST(SharedCodecTest, ABodySentManyTimesOverIsRefused) {
  wire::PeerMessage message;
  for (int i = 0; i < 20; ++i) {
    message.mutable_blocks()->add_blocks("");
  }
  const std::string once = message.SerializeAsString();
  std::string often;
  for (int i = 0; i < 1000; ++i) {
    often += once;
  }
  const auto frame = [](const std::string& body) {
    wire::PeerMessage parsed;
    EXPECT_TRUE(parsed.ParseFromString(body));
    wire::PeerEnvelope envelope;
    *envelope.add_messages() = parsed;
    return envelope.SerializeAsString();
  };
  EXPECT_TRUE(PlausibleShape(frame(once)));
  EXPECT_FALSE(PlausibleShape(frame(often)));
}

TEST(SharedCodecTest, MoreMessagesThanAFrameMayHaveAreRefusedBeforeParsing) {
  wire::PeerEnvelope envelope;
  for (std::size_t i = 0; i < kMaxBatch; ++i) {
    envelope.add_messages()->mutable_probe();
  }
  EXPECT_TRUE(PlausibleShape(envelope.SerializeAsString()));
  for (int i = 0; i < 20; ++i) {
    envelope.add_messages();
  }
  EXPECT_FALSE(PlausibleShape(envelope.SerializeAsString()));
}

TEST(SharedCodecTest, WhatOneMessageMayHoldIsNoGiftToTheOthers) {
  wire::PeerEnvelope envelope;
  envelope.add_messages()->mutable_blocks()->add_blocks(std::string(100'000, 'b'));
  for (int i = 0; i < 100; ++i) {
    envelope.add_messages();
  }
  EXPECT_TRUE(PlausibleShape(envelope.SerializeAsString()));
  for (int i = 0; i < 500; ++i) {
    envelope.mutable_messages(1)->mutable_blocks()->add_blocks("");
  }
  EXPECT_FALSE(PlausibleShape(envelope.SerializeAsString()));
}

TEST(SharedCodecTest, TheMemoryOfOneFrameIsThatOfTheNext) {
  FrameArena arena;
  const std::string bytes = BlocksOf(3, "block").SerializeAsString();
  const auto* first = arena.Parse<wire::PeerEnvelope>(bytes);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(arena.Parse<wire::PeerEnvelope>(bytes), first);
}

TEST(SharedCodecTest, DeepNestingIsRefused) {
  // Unknown groups, each in the one before: field 60 begins (0xe3 0x03), field 60 ends (0xe4 0x03).
  std::string nested;
  for (int i = 0; i < 30; ++i) {
    nested += "\xe3\x03";
  }
  for (int i = 0; i < 30; ++i) {
    nested += "\xe4\x03";
  }
  wire::PeerEnvelope envelope;
  EXPECT_FALSE(ParseBounded(nested, envelope));
}

TEST(SharedCodecTest, TheFirstThingThatIsWrongIsTold) {
  FieldCheck check;
  EXPECT_TRUE(check.status().ok());
  check.Require(true, "nothing");
  check.Require(false, "the first");
  check.Fail("the second");
  EXPECT_EQ(check.status().message(), "the first");
}

}  // namespace
}  // namespace cairn::net
