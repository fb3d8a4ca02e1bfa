#include "net/wire/client_codec.h"

#include <gtest/gtest.h>

#include "net/random_messages.h"

namespace cairn::net {
namespace {

using testing::CallFrame;
using testing::RandomMessages;
using testing::ReplyFrame;
using testing::Same;

constexpr std::uint64_t kId = 0xfedcba9876543210;

ClientHeader Header(RandomMessages& random) {
  return {.version = kWireVersion,
          .cluster = {.genesis = random.AnyHash(),
                      .name = random.Bytes(30),
                      .formed = random.AnyHash()},
          .node = 3};
}

// The first call of the frame.
Result<api::CallBody> DecodeCall(CallDecoder& decoder, std::string_view frame) {
  Result<ClientHeader> header = decoder.Open(frame);
  if (!header.ok()) {
    return header.status();
  }
  if (decoder.left() == 0) {
    return Status::Usage("it holds no call");
  }
  return decoder.Next().body;
}

// The first reply of the frame.
Result<api::ClientReply> DecodeReply(ReplyDecoder& decoder, std::string_view frame) {
  if (Status status = decoder.Open(frame); !status.ok()) {
    EXPECT_EQ(decoder.left(), 0U);
    return status;
  }
  if (decoder.left() == 0) {
    return Status::Usage("it holds no reply");
  }
  return decoder.Next();
}

Status Judge(const api::CallBody& body) {
  RandomMessages random(1);
  CallDecoder decoder;
  const Result<std::string> frame = CallFrame(Header(random), 1, {body});
  return frame.ok() ? DecodeCall(decoder, frame.value()).status() : frame.status();
}

TEST(ClientCodecTest, EveryCallArrivesAsItWasSentInItsPlace) {
  CallDecoder decoder;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomMessages random(seed);
    const ClientHeader header = Header(random);
    const std::vector<api::CallBody> calls = random.EveryCall();
    const Result<std::string> frame = CallFrame(header, kId, calls);
    ASSERT_TRUE(frame.ok()) << frame.status().message();
    const Result<ClientHeader> got = decoder.Open(frame.value());
    ASSERT_TRUE(got.ok()) << got.status().message();
    EXPECT_EQ(got->cluster.genesis, header.cluster.genesis);
    EXPECT_EQ(got->cluster.name, header.cluster.name);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      ASSERT_EQ(decoder.left(), calls.size() - i);
      const ReceivedCall call = decoder.Next();
      EXPECT_EQ(call.id, kId + i);
      ASSERT_TRUE(call.body.ok()) << call.body.status().message();
      EXPECT_TRUE(Same(call.body.value(), calls[i]))
          << "verb " << calls[i].index() << ", seed " << seed;
    }
    EXPECT_EQ(decoder.left(), 0U);
  }
}

TEST(ClientCodecTest, EveryReplyArrivesAsItWasSentInItsPlace) {
  ReplyDecoder decoder;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomMessages random(seed);
    const std::vector<api::ReplyBody> replies = random.EveryReply();
    const Result<std::string> frame = ReplyFrame(Header(random), kId, replies);
    ASSERT_TRUE(frame.ok()) << frame.status().message();
    ASSERT_TRUE(decoder.Open(frame.value()).ok());
    for (std::size_t i = 0; i < replies.size(); ++i) {
      ASSERT_EQ(decoder.left(), replies.size() - i);
      const Result<api::ClientReply> got = decoder.Next();
      ASSERT_TRUE(got.ok()) << got.status().message();
      EXPECT_EQ(got->id, kId + i);
      EXPECT_TRUE(Same(got->body, replies[i]))
          << "verb " << replies[i].index() << ", seed " << seed;
    }
    EXPECT_EQ(decoder.left(), 0U);
  }
}

TEST(ClientCodecTest, ABadCallIsRefusedByItsIdAndTheOthersAreTaken) {
  RandomMessages random(8);
  CallDecoder decoder;
  const api::Read too_long{std::string(kMaxKeyBytes + 1, 'k')};
  ASSERT_TRUE(
      decoder.Open(CallFrame(Header(random), 5, {api::Hello{}, too_long, api::Hello{}}).value())
          .ok());
  EXPECT_TRUE(decoder.Next().body.ok());
  const ReceivedCall bad = decoder.Next();
  EXPECT_EQ(bad.id, 6U);
  EXPECT_FALSE(bad.body.ok());
  EXPECT_TRUE(decoder.Next().body.ok());
}

TEST(ClientCodecTest, AFrameIsClosedBeforeItGrowsLargeAndWhenItHoldsMany) {
  RandomMessages random(9);
  CallBatch calls(Header(random));
  const api::Read small{"key"};
  api::Write large;
  large.request.value.assign(kMaxValueBytes, 'v');
  EXPECT_TRUE(calls.Fits(large)) << "what must be larger goes, and goes alone";
  ASSERT_TRUE(calls.Add(1, large).ok());
  EXPECT_FALSE(calls.Fits(small));
  std::string frame;
  ASSERT_TRUE(calls.Write(testing::InString(frame)).ok());
  EXPECT_GT(frame.size(), kMaxValueBytes);
  EXPECT_EQ(calls.size(), 0U);
  for (std::size_t i = 0; i < kMaxBatch; ++i) {
    ASSERT_TRUE(calls.Fits(small));
    ASSERT_TRUE(calls.Add(i, small).ok());
  }
  EXPECT_FALSE(calls.Fits(small));
  ReplyBatch replies(Header(random));
  api::Answer answer;
  answer.value.assign(kBatchBytes / 2, 'v');
  ASSERT_TRUE(replies.Add(1, answer).ok());
  EXPECT_FALSE(replies.Fits(answer));
  EXPECT_TRUE(replies.Fits(api::FaultDone{"done"}));
}

TEST(ClientCodecTest, WhatIsTooLargeForAnyFrameIsRefusedAndLeavesTheBatchAsItWas) {
  RandomMessages random(10);
  CallBatch calls(Header(random));
  ASSERT_TRUE(calls.Add(1, api::Hello{}).ok());
  api::Write write;
  write.request.value.assign(kMaxCallFrameBytes, 'v');
  EXPECT_EQ(calls.Add(2, write).code(), Code::kUsage);
  EXPECT_EQ(calls.size(), 1U);
  std::string frame;
  ASSERT_TRUE(calls.Write(testing::InString(frame)).ok());
  CallDecoder decoder;
  ASSERT_TRUE(decoder.Open(frame).ok());
  EXPECT_EQ(decoder.left(), 1U);
}

TEST(ClientCodecTest, WithoutMemoryForAFrameNothingIsLost) {
  RandomMessages random(11);
  CallBatch calls(Header(random));
  ASSERT_TRUE(calls.Add(1, api::Hello{}).ok());
  EXPECT_FALSE(calls.Write([](std::size_t) { return nullptr; }).ok());
  EXPECT_EQ(calls.size(), 1U);
}

TEST(ClientCodecTest, AMessageCutAnywhereIsRefused) {
  CallDecoder calls;
  ReplyDecoder replies;
  RandomMessages random(3);
  for (const api::CallBody& call : random.EveryCall()) {
    const std::string frame = CallFrame(Header(random), kId, {call}).value();
    for (std::size_t length = 0; length < frame.size(); ++length) {
      EXPECT_FALSE(DecodeCall(calls, std::string_view(frame).substr(0, length)).ok());
    }
  }
  for (const api::ReplyBody& reply : random.EveryReply()) {
    const std::string frame = ReplyFrame(Header(random), kId, {reply}).value();
    for (std::size_t length = 0; length < frame.size(); ++length) {
      EXPECT_FALSE(DecodeReply(replies, std::string_view(frame).substr(0, length)).ok());
    }
  }
}

TEST(ClientCodecTest, FlippedBitsAndRandomBytesAreHarmless) {
  CallDecoder calls;
  ReplyDecoder replies;
  RandomMessages random(4);
  for (int round = 0; round < 200; ++round) {
    for (const api::ReplyBody& reply : random.EveryReply()) {
      std::string frame = ReplyFrame(Header(random), kId, {reply}).value();
      random.Flip(frame);
      if (const Result<api::ClientReply> got = DecodeReply(replies, frame); got.ok()) {
        if (const auto* part = std::get_if<api::ChainPart>(&got->body)) {
          for (const BlockPtr& block : part->blocks) {
            EXPECT_TRUE(chain::DecodeBlock(block->encoded).ok());
          }
        }
      }
    }
    for (const api::CallBody& call : random.EveryCall()) {
      std::string frame = CallFrame(Header(random), kId, {call}).value();
      random.Flip(frame);
      (void)DecodeCall(calls, frame).ok();
    }
    EXPECT_FALSE(DecodeCall(calls, random.Bytes(300)).ok());
    EXPECT_FALSE(DecodeReply(replies, random.Bytes(300)).ok());
  }
}

TEST(ClientCodecTest, FlippedBitsInAFrameOfManyMessagesAreHarmless) {
  CallDecoder calls;
  ReplyDecoder replies;
  RandomMessages random(12);
  std::size_t taken = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string frame = CallFrame(Header(random), kId, random.EveryCall()).value();
    random.Flip(frame);
    (void)calls.Open(frame).ok();
    for (; calls.left() > 0; ++taken) {
      (void)calls.Next().body.ok();
    }
    frame = ReplyFrame(Header(random), kId, random.EveryReply()).value();
    random.Flip(frame);
    (void)replies.Open(frame).ok();
    for (; replies.left() > 0; ++taken) {
      (void)replies.Next().ok();
    }
  }
  EXPECT_GT(taken, 2000U);
}

TEST(ClientCodecTest, LimitsHoldToTheByte) {
  RandomMessages random(5);
  Request request = random.AnyRequest();
  request.op = Op::kPut;
  request.key.assign(kMaxKeyBytes, 'k');
  request.value.assign(kMaxValueBytes, 'v');
  EXPECT_TRUE(Judge(api::Write{request}).ok());
  request.value += 'v';
  EXPECT_FALSE(Judge(api::Write{request}).ok());
  EXPECT_TRUE(Judge(api::Read{std::string(kMaxKeyBytes, 'k')}).ok());
  EXPECT_FALSE(Judge(api::Read{std::string(kMaxKeyBytes + 1, 'k')}).ok());
  EXPECT_FALSE(Judge(api::StaleRead{std::string(kMaxKeyBytes + 1, 'k')}).ok());
}

TEST(ClientCodecTest, AFaultThatNobodyKnowsIsRefused) {
  EXPECT_FALSE(Judge(api::FaultCall{static_cast<api::FaultCall::Kind>(0), 1, 2}).ok());
  EXPECT_FALSE(Judge(api::FaultCall{static_cast<api::FaultCall::Kind>(4), 1, 2}).ok());
  EXPECT_FALSE(Judge(api::FaultCall{api::FaultCall::Kind::kFailLink, 1, 0}).ok());
  EXPECT_FALSE(Judge(api::FaultCall{api::FaultCall::Kind::kFailLink, kMaxNodes + 1, 1}).ok());
}

TEST(ClientCodecTest, AFullChunkOfTheChainFitsIntoOneReply) {
  RandomMessages random(6);
  Request request = random.AnyRequest();
  request.op = Op::kPut;
  request.value.assign(kMaxValueBytes, 'v');
  api::ChainPart part;
  Hash parent;
  // The first is always sent, whatever its size.
  for (Slot slot = 2; slot < 2 + std::max<Slot>(1, kMaxCatchUpBytes / kMaxValueBytes); ++slot) {
    part.blocks.push_back(chain::Seal(slot, parent, slot, {request}));
    parent = part.blocks.back()->hash;
  }
  EXPECT_TRUE(ReplyFrame(Header(random), 1, {part}).ok());
}

TEST(ClientCodecTest, AReplyOfAnotherVersionNamesBoth) {
  RandomMessages random(7);
  ClientHeader header = Header(random);
  header.version = 9;
  ReplyDecoder decoder;
  const Status refused = decoder.Open(ReplyFrame(header, 1, {api::FaultDone{"done"}}).value());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(decoder.left(), 0U);
  EXPECT_NE(refused.message().find("version 9"), std::string::npos);
  EXPECT_NE(refused.message().find("version " + std::to_string(kWireVersion)), std::string::npos);
}

}  // namespace
}  // namespace cairn::net
