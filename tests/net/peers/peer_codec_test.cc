#include "net/peers/peer_codec.h"

#include <gtest/gtest.h>

#include "net/random_messages.h"

namespace cairn::net {
namespace {

using testing::FaultFrame;
using testing::PeerFrame;
using testing::RandomMessages;
using testing::Same;

Result<std::string> Frame(const PeerHeader& header, const replica::Message& message) {
  return PeerFrame(header, {message});
}

// The first message of the frame.
Result<PeerBody> Decode(PeerDecoder& decoder, std::string_view frame) {
  Result<PeerHeader> header = decoder.Open(frame);
  if (!header.ok()) {
    return header.status();
  }
  if (decoder.left() == 0) {
    EXPECT_NE(header->version, kWireVersion);
    return Status::Usage("it is of another version");
  }
  return decoder.Next();
}

// Encodes it, and says whether the other side takes it.
Status Judge(const replica::Message& message) {
  PeerDecoder decoder;
  RandomMessages random(1);
  const Result<std::string> frame = Frame(random.Header(), message);
  return frame.ok() ? Decode(decoder, frame.value()).status() : frame.status();
}

replica::ForwardWrite Put(const std::string& value) {
  Request request;
  request.client = 1;
  request.sequence = 1;
  request.key = "key";
  request.value = value;
  return {.token = 1, .request = std::move(request)};
}

TEST(PeerCodecTest, EveryVerbArrivesAsItWasSentInItsPlace) {
  PeerDecoder decoder;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomMessages random(seed);
    const std::vector<replica::Message> sent = random.EveryPeerMessage();
    const PeerHeader header = random.Header();
    std::size_t taken = 0;
    const Result<std::string> frame = PeerFrame(header, sent, &taken);
    ASSERT_TRUE(frame.ok()) << frame.status().message();
    ASSERT_EQ(taken, sent.size());
    const Result<PeerHeader> got = decoder.Open(frame.value());
    ASSERT_TRUE(got.ok()) << got.status().message();
    EXPECT_EQ(got->version, header.version);
    EXPECT_EQ(got->cluster.genesis, header.cluster.genesis);
    EXPECT_EQ(got->cluster.name, header.cluster.name);
    EXPECT_EQ(got->from, header.from);
    EXPECT_EQ(got->to, header.to);
    EXPECT_EQ(got->incarnation, header.incarnation);
    EXPECT_EQ(got->stamp, header.stamp);
    EXPECT_EQ(got->seen, header.seen);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      ASSERT_EQ(decoder.left(), sent.size() - i);
      const Result<PeerBody> body = decoder.Next();
      ASSERT_TRUE(body.ok()) << body.status().message();
      const auto* message = std::get_if<replica::Message>(&body.value());
      ASSERT_NE(message, nullptr);
      EXPECT_TRUE(Same(*message, sent[i])) << "verb " << sent[i].index() << ", seed " << seed;
    }
    EXPECT_EQ(decoder.left(), 0U);
  }
}

TEST(PeerCodecTest, ALinkFaultArrivesAsItWasSent) {
  PeerDecoder decoder;
  RandomMessages random(1);
  for (const bool cut : {true, false}) {
    const auto frame = FaultFrame(random.Header(), LinkFault{.cut = cut});
    ASSERT_TRUE(frame.ok());
    const Result<PeerBody> body = Decode(decoder, frame.value());
    ASSERT_TRUE(body.ok());
    EXPECT_EQ(std::get<LinkFault>(body.value()).cut, cut);
  }
}

TEST(PeerCodecTest, AFrameIsClosedBeforeItGrowsLargeAndWhenItHoldsMany) {
  RandomMessages random(1);
  std::size_t taken = 0;
  const std::string half(kBatchBytes / 2 - 1000, 'v');
  ASSERT_TRUE(PeerFrame(random.Header(), {Put(half), Put(half), Put(half)}, &taken).ok());
  EXPECT_EQ(taken, 2U);
  const std::string large(kMaxValueBytes, 'v');
  ASSERT_TRUE(PeerFrame(random.Header(), {Put(large), Put("small")}, &taken).ok());
  EXPECT_EQ(taken, 1U) << "what must be larger goes, and goes alone";
  ASSERT_TRUE(PeerFrame(random.Header(), {Put("small"), Put(large)}, &taken).ok());
  EXPECT_EQ(taken, 1U) << "nothing small waits for something large";
  const std::vector<replica::Message> many(kMaxBatch + 1, paxos::Probe{{1, 1, 1}, 7});
  const Result<std::string> frame = PeerFrame(random.Header(), many, &taken);
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(taken, kMaxBatch);
  PeerDecoder decoder;
  ASSERT_TRUE(decoder.Open(frame.value()).ok());
  EXPECT_EQ(decoder.left(), kMaxBatch);
}

TEST(PeerCodecTest, OneBadMessageOfAFrameIsLostAlone) {
  PeerDecoder decoder;
  RandomMessages random(12);
  const Ballot good{1, 1, 1};
  const std::vector<replica::Message> sent = {
      paxos::Fetch{1, 2}, paxos::Accepted{good, kMaxPlausible}, paxos::Fetch{3, 4}};
  ASSERT_TRUE(decoder.Open(PeerFrame(random.Header(), sent).value()).ok());
  EXPECT_TRUE(decoder.Next().ok());
  EXPECT_FALSE(decoder.Next().ok());
  const Result<PeerBody> last = decoder.Next();
  ASSERT_TRUE(last.ok());
  EXPECT_TRUE(Same(std::get<replica::Message>(last.value()), sent.back()));
}

TEST(PeerCodecTest, AFrameThatIsNotBelievedIsSkipped) {
  PeerDecoder decoder;
  RandomMessages random(13);
  const std::string frame = PeerFrame(random.Header(), random.EveryPeerMessage()).value();
  ASSERT_TRUE(decoder.Open(frame).ok());
  decoder.Skip();
  EXPECT_EQ(decoder.left(), 0U);
  ASSERT_TRUE(decoder.Open(frame).ok());
  EXPECT_FALSE(decoder.Open("garbage").ok());
  EXPECT_EQ(decoder.left(), 0U) << "nothing of the frame before";
}

TEST(PeerCodecTest, AFrameOfAnotherVersionSaysWhichAndHoldsNothingToBeTaken) {
  PeerDecoder decoder;
  RandomMessages random(14);
  PeerHeader header = random.Header();
  header.version = kWireVersion + 1;
  const Result<PeerHeader> got = decoder.Open(PeerFrame(header, random.EveryPeerMessage()).value());
  ASSERT_TRUE(got.ok()) << got.status().message();
  EXPECT_EQ(got->version, kWireVersion + 1);
  EXPECT_EQ(decoder.left(), 0U);
}

TEST(PeerCodecTest, EncodingABlockLeavesItAsItWas) {
  RandomMessages random(7);
  const std::vector<BlockPtr> blocks = random.Chain(3);
  const std::vector<std::string> before = testing::Fields(blocks);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Frame(random.Header(), paxos::Blocks{blocks, 5}).ok());
    ASSERT_TRUE(Frame(random.Header(), paxos::Accept{random.Ballot(), 5, blocks[1]}).ok());
  }
  EXPECT_EQ(testing::Fields(blocks), before);
}

TEST(PeerCodecTest, AMessageCutAnywhereIsRefusedOrHarmless) {
  PeerDecoder decoder;
  RandomMessages random(3);
  for (const replica::Message& message : random.EveryPeerMessage()) {
    const std::string frame = Frame(random.Header(), message).value();
    for (std::size_t length = 0; length < frame.size(); ++length) {
      // The message is the frame's last field: without its end there is none.
      EXPECT_FALSE(Decode(decoder, std::string_view(frame).substr(0, length)).ok());
    }
  }
}

TEST(PeerCodecTest, FlippedBitsNeverPassOffAnotherBlock) {
  PeerDecoder decoder;
  RandomMessages random(4);
  for (int round = 0; round < 300; ++round) {
    for (const replica::Message& message : random.EveryPeerMessage()) {
      std::string frame = Frame(random.Header(), message).value();
      const std::uint64_t flips = random.Number(1, 3);
      for (std::uint64_t i = 0; i < flips; ++i) {
        random.Flip(frame);
      }
      const Result<PeerBody> body = Decode(decoder, frame);
      const auto* taken = body.ok() ? std::get_if<replica::Message>(&body.value()) : nullptr;
      const auto* accept = taken == nullptr ? nullptr : std::get_if<paxos::Accept>(taken);
      if (accept != nullptr) {
        EXPECT_TRUE(chain::DecodeBlock(accept->block->encoded).ok());
      }
    }
  }
}

TEST(PeerCodecTest, FlippedBitsInAFrameOfManyMessagesNeverPassOffAnotherBlock) {
  PeerDecoder decoder;
  RandomMessages random(15);
  std::size_t taken = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string frame = PeerFrame(random.Header(), random.EveryPeerMessage()).value();
    random.Flip(frame);
    (void)decoder.Open(frame).ok();
    while (decoder.left() > 0) {
      const Result<PeerBody> body = decoder.Next();
      const auto* message = body.ok() ? std::get_if<replica::Message>(&body.value()) : nullptr;
      const auto* blocks = message == nullptr ? nullptr : std::get_if<paxos::Blocks>(message);
      for (const BlockPtr& block : blocks == nullptr ? std::vector<BlockPtr>() : blocks->blocks) {
        EXPECT_TRUE(chain::DecodeBlock(block->encoded).ok());
      }
      ++taken;
    }
  }
  EXPECT_GT(taken, 2000U);
}

TEST(PeerCodecTest, RandomBytesAreRefused) {
  PeerDecoder decoder;
  RandomMessages random(5);
  for (int round = 0; round < 20000; ++round) {
    EXPECT_FALSE(Decode(decoder, random.Bytes(300)).ok());
  }
}

TEST(PeerCodecTest, AnEmptyMessageOrOneWithoutABodyIsRefused) {
  PeerDecoder decoder;
  EXPECT_FALSE(Decode(decoder, "").ok());
  RandomMessages random(6);
  const std::string frame = Frame(random.Header(), paxos::Fetch{0}).value();
  // The verb, fetch {}, takes the last three bytes, two of tag and one of length; before it stand
  // as many of the message that holds it.
  EXPECT_TRUE(Decode(decoder, frame).ok());
  EXPECT_FALSE(Decode(decoder, std::string_view(frame).substr(0, frame.size() - 6)).ok());
  std::string without = frame.substr(0, frame.size() - 3);
  without.back() = 0;
  EXPECT_FALSE(Decode(decoder, without).ok());
}

TEST(PeerCodecTest, NumbersThatNoClusterHasReachedAreRefused) {
  const Ballot good{1, 1, 1};
  EXPECT_TRUE(Judge(paxos::Accepted{good, kMaxPlausible - 1}).ok());
  EXPECT_FALSE(Judge(paxos::Accepted{good, kMaxPlausible}).ok());
  EXPECT_FALSE(Judge(paxos::Accepted{good, ~Slot{0}}).ok());
  EXPECT_FALSE(Judge(paxos::Accepted{{kMaxPlausible, 1, 1}, 1}).ok());
  EXPECT_FALSE(Judge(paxos::Accepted{{~std::uint64_t{0}, 1, 1}, 1}).ok());
  EXPECT_FALSE(Judge(paxos::Accepted{{1, kMaxNodes + 1, 1}, 1}).ok());
  EXPECT_FALSE(Judge(paxos::Prepare{{}, 0, {}, 0}).ok()) << "a prepare needs a ballot";
  EXPECT_TRUE(Judge(paxos::Prepare{good, 0, {}, 0}).ok()) << "a young log has none";
  paxos::Heartbeat heartbeat;
  EXPECT_TRUE(Judge(heartbeat).ok());
  heartbeat.heard = 1U << (kMaxNodes + 1);
  EXPECT_FALSE(Judge(heartbeat).ok());
}

TEST(PeerCodecTest, AForwardedRequestMustBeAClients) {
  RandomMessages random(8);
  Request request = random.AnyRequest();
  request.op = Op::kPut;
  EXPECT_TRUE(Judge(replica::ForwardWrite{1, request}).ok());
  for (const auto op : {Op::kGenesis, Op::kForm, static_cast<Op>(0), static_cast<Op>(3)}) {
    Request bad = request;
    bad.op = op;
    EXPECT_FALSE(Judge(replica::ForwardWrite{1, bad}).ok());
  }
  Request bad = request;
  bad.client = 0;
  EXPECT_FALSE(Judge(replica::ForwardWrite{1, bad}).ok()) << "client 0 is the cluster itself";
  bad = request;
  bad.sequence = 0;
  EXPECT_FALSE(Judge(replica::ForwardWrite{1, bad}).ok());
  bad = request;
  bad.op = Op::kDel;
  bad.value.push_back('x');
  EXPECT_FALSE(Judge(replica::ForwardWrite{1, bad}).ok());
}

TEST(PeerCodecTest, LimitsHoldToTheByte) {
  RandomMessages random(9);
  Request request = random.AnyRequest();
  request.op = Op::kPut;
  request.key.assign(kMaxKeyBytes, 'k');
  request.value.assign(kMaxValueBytes, 'v');
  EXPECT_TRUE(Judge(replica::ForwardWrite{1, request}).ok());
  request.key += 'k';
  EXPECT_FALSE(Judge(replica::ForwardWrite{1, request}).ok());
  request.key.pop_back();
  request.value += 'v';
  EXPECT_FALSE(Judge(replica::ForwardWrite{1, request}).ok());
  EXPECT_FALSE(Judge(replica::ForwardRead{1, std::string(kMaxKeyBytes + 1, 'k')}).ok());
}

TEST(PeerCodecTest, BlocksMustStandOnEachOther) {
  RandomMessages random(10);
  std::vector<BlockPtr> blocks = random.Chain(3);
  EXPECT_TRUE(Judge(paxos::Blocks{blocks, 9}).ok());
  EXPECT_FALSE(Judge(paxos::Blocks{{blocks[0], blocks[2]}, 9}).ok());
  EXPECT_FALSE(Judge(paxos::Blocks{{blocks[1], blocks[0]}, 9}).ok());
}

TEST(PeerCodecTest, AMessageOverTheLimitIsNotEncoded) {
  RandomMessages random(11);
  Request request = random.AnyRequest();
  request.op = Op::kPut;
  request.value.assign(kMaxValueBytes, 'v');
  const BlockPtr block = chain::Seal(2, Hash{}, 1, {request});
  const std::vector<BlockPtr> too_many(70, block);
  EXPECT_EQ(Judge(paxos::Blocks{too_many, 9}).code(), Code::kUsage);
}

}  // namespace
}  // namespace cairn::net
