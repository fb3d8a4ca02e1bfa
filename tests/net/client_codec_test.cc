#include "net/client_codec.h"

#include <gtest/gtest.h>

#include "net/random_messages.h"

namespace cairn::net {
namespace {

using testing::Encode;
using testing::RandomMessages;
using testing::Same;

ClientHeader Header(RandomMessages& random) {
  return {.version = kWireVersion,
          .cluster = {.genesis = random.AnyHash(), .name = random.Bytes(30)},
          .id = random.Wide()};
}

Result<std::string> CallFrame(const ClientHeader& header, const CallBody& body) {
  return Encode<ClientHeader, CallBody>(&EncodeCall, header, body);
}

Result<std::string> ReplyFrame(const ClientHeader& header, const ReplyBody& body) {
  return Encode<ClientHeader, ReplyBody>(&EncodeReply, header, body);
}

Result<CallBody> DecodeCall(CallDecoder& decoder, std::string_view frame) {
  Result<ClientHeader> header = decoder.Open(frame);
  if (!header.ok()) {
    return header.status();
  }
  return decoder.Body();
}

Status Judge(const CallBody& body) {
  RandomMessages random(1);
  CallDecoder decoder;
  const Result<std::string> frame = CallFrame(Header(random), body);
  return frame.ok() ? DecodeCall(decoder, frame.value()).status() : frame.status();
}

TEST(ClientCodecTest, EveryCallArrivesAsItWasSent) {
  CallDecoder decoder;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomMessages random(seed);
    for (const CallBody& call : random.EveryCall()) {
      const ClientHeader header = Header(random);
      const Result<std::string> frame = CallFrame(header, call);
      ASSERT_TRUE(frame.ok()) << frame.status().message();
      const Result<ClientHeader> got = decoder.Open(frame.value());
      ASSERT_TRUE(got.ok()) << got.status().message();
      EXPECT_EQ(got->id, header.id);
      EXPECT_EQ(got->cluster.genesis, header.cluster.genesis);
      EXPECT_EQ(got->cluster.name, header.cluster.name);
      const Result<CallBody> body = decoder.Body();
      ASSERT_TRUE(body.ok()) << body.status().message();
      EXPECT_TRUE(Same(body.value(), call)) << "verb " << call.index() << ", seed " << seed;
    }
  }
}

TEST(ClientCodecTest, EveryReplyArrivesAsItWasSent) {
  ReplyDecoder decoder;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomMessages random(seed);
    for (const ReplyBody& reply : random.EveryReply()) {
      const ClientHeader header = Header(random);
      const Result<std::string> frame = ReplyFrame(header, reply);
      ASSERT_TRUE(frame.ok()) << frame.status().message();
      const Result<ClientReply> got = decoder.Decode(frame.value());
      ASSERT_TRUE(got.ok()) << got.status().message();
      EXPECT_EQ(got->id, header.id);
      EXPECT_TRUE(Same(got->body, reply)) << "verb " << reply.index() << ", seed " << seed;
    }
  }
}

TEST(ClientCodecTest, AMessageCutAnywhereIsRefused) {
  CallDecoder calls;
  ReplyDecoder replies;
  RandomMessages random(3);
  for (const CallBody& call : random.EveryCall()) {
    const std::string frame = CallFrame(Header(random), call).value();
    for (std::size_t length = 0; length < frame.size(); ++length) {
      EXPECT_FALSE(DecodeCall(calls, std::string_view(frame).substr(0, length)).ok());
    }
  }
  for (const ReplyBody& reply : random.EveryReply()) {
    const std::string frame = ReplyFrame(Header(random), reply).value();
    for (std::size_t length = 0; length < frame.size(); ++length) {
      EXPECT_FALSE(replies.Decode(std::string_view(frame).substr(0, length)).ok());
    }
  }
}

TEST(ClientCodecTest, FlippedBitsAndRandomBytesAreHarmless) {
  CallDecoder calls;
  ReplyDecoder replies;
  RandomMessages random(4);
  for (int round = 0; round < 200; ++round) {
    for (const ReplyBody& reply : random.EveryReply()) {
      std::string frame = ReplyFrame(Header(random), reply).value();
      random.Flip(frame);
      if (const Result<ClientReply> got = replies.Decode(frame); got.ok()) {
        if (const auto* part = std::get_if<ChainPart>(&got->body)) {
          for (const BlockPtr& block : part->blocks) {
            EXPECT_TRUE(chain::DecodeBlock(block->encoded).ok());
          }
        }
      }
    }
    for (const CallBody& call : random.EveryCall()) {
      std::string frame = CallFrame(Header(random), call).value();
      random.Flip(frame);
      (void)DecodeCall(calls, frame).ok();
    }
    EXPECT_FALSE(DecodeCall(calls, random.Bytes(300)).ok());
    EXPECT_FALSE(replies.Decode(random.Bytes(300)).ok());
  }
}

TEST(ClientCodecTest, LimitsHoldToTheByte) {
  RandomMessages random(5);
  Request request = random.AnyRequest();
  request.op = Op::kPut;
  request.key.assign(kMaxKeyBytes, 'k');
  request.value.assign(kMaxValueBytes, 'v');
  EXPECT_TRUE(Judge(Write{request}).ok());
  request.value += 'v';
  EXPECT_FALSE(Judge(Write{request}).ok());
  EXPECT_TRUE(Judge(Read{std::string(kMaxKeyBytes, 'k')}).ok());
  EXPECT_FALSE(Judge(Read{std::string(kMaxKeyBytes + 1, 'k')}).ok());
  EXPECT_FALSE(Judge(StaleRead{std::string(kMaxKeyBytes + 1, 'k')}).ok());
}

TEST(ClientCodecTest, AFaultThatNobodyKnowsIsRefused) {
  EXPECT_FALSE(Judge(FaultCall{static_cast<FaultCall::Kind>(0), 1, 2}).ok());
  EXPECT_FALSE(Judge(FaultCall{static_cast<FaultCall::Kind>(4), 1, 2}).ok());
  EXPECT_FALSE(Judge(FaultCall{FaultCall::Kind::kFailLink, 1, 0}).ok());
  EXPECT_FALSE(Judge(FaultCall{FaultCall::Kind::kFailLink, kMaxNodes + 1, 1}).ok());
}

TEST(ClientCodecTest, AFullChunkOfTheChainFitsIntoOneReply) {
  RandomMessages random(6);
  Request request = random.AnyRequest();
  request.op = Op::kPut;
  request.value.assign(kMaxValueBytes, 'v');
  ChainPart part;
  Hash parent;
  // The first is always sent, whatever its size.
  for (Slot slot = 2; slot < 2 + std::max<Slot>(1, kMaxCatchUpBytes / kMaxValueBytes); ++slot) {
    part.blocks.push_back(chain::Seal(slot, parent, slot, {request}));
    parent = part.blocks.back()->hash;
  }
  EXPECT_TRUE(ReplyFrame(Header(random), part).ok());
}

TEST(ClientCodecTest, AReplyOfAnotherVersionNamesBoth) {
  RandomMessages random(7);
  ClientHeader header = Header(random);
  header.version = 9;
  ReplyDecoder decoder;
  const Result<ClientReply> reply = decoder.Decode(ReplyFrame(header, FaultDone{"done"}).value());
  ASSERT_FALSE(reply.ok());
  EXPECT_NE(reply.status().message().find("version 9"), std::string::npos);
  EXPECT_NE(reply.status().message().find("version 1"), std::string::npos);
}

}  // namespace
}  // namespace cairn::net
