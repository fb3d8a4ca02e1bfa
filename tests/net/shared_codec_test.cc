#include "net/shared_codec.h"

#include <gtest/gtest.h>

#include "proto/peer.pb.h"

namespace cairn::net {
namespace {

TEST(SharedCodecTest, MoreElementsThanTheBytesCanNeedAreRefusedBeforeParsing) {
  wire::PeerEnvelope envelope;
  for (int i = 0; i < 100'000; ++i) {
    envelope.mutable_blocks()->add_blocks("");
  }
  EXPECT_FALSE(PlausibleShape(envelope.SerializeAsString()));
  ParseArena arena;
  EXPECT_EQ(arena.Parse<wire::PeerEnvelope>(envelope.SerializeAsString()), nullptr);
}

TEST(SharedCodecTest, AsManyBlocksAsTheBytesHoldAreTaken) {
  wire::PeerEnvelope envelope;
  for (int i = 0; i < 10'000; ++i) {
    envelope.mutable_blocks()->add_blocks(std::string(150, 'b'));
  }
  ParseArena arena;
  const auto* parsed = arena.Parse<wire::PeerEnvelope>(envelope.SerializeAsString());
  ASSERT_NE(parsed, nullptr);
  EXPECT_EQ(parsed->blocks().blocks_size(), 10'000);
}

TEST(SharedCodecTest, ABodySentManyTimesOverIsRefused) {
  wire::PeerEnvelope envelope;
  for (int i = 0; i < 20; ++i) {
    envelope.mutable_blocks()->add_blocks("");
  }
  std::string once = envelope.SerializeAsString();
  std::string often;
  for (int i = 0; i < 1000; ++i) {
    often += once;
  }
  EXPECT_TRUE(PlausibleShape(once));
  EXPECT_FALSE(PlausibleShape(often));
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
