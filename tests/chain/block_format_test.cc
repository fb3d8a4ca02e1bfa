#include "chain/block_format.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "chain/merkle.h"
#include "chain/record.h"
#include "chain/sha256.h"
#include "common/coding.h"
#include "common/limits.h"
#include "tests/chain/leaf.h"

namespace cairn::chain {
namespace {

std::string HexOf(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

BlockPtr FixedBlock() {
  Hash parent;
  for (std::size_t i = 0; i < parent.bytes.size(); ++i) {
    parent.bytes[i] = static_cast<std::uint8_t>(i);
  }
  return Seal(42, parent, 1'700'000'000'000'001,
              {{0x1122334455667788, 7, 5, 3, Op::kPut, "colour", std::string("blue\0\xff", 6)},
               {9, 1, 0, 0, Op::kDel, "", ""}});
}

// Header and requests as told, whatever the truth; only the nonce is the right one.
std::string Forge(BlockHeader header, const std::string& requests, std::uint32_t flags = 0) {
  for (header.nonce = 0;; ++header.nonce) {
    Writer w;
    w.U32(header.version).U64(header.slot).Digest(header.parent).Digest(header.requests_root);
    w.U64(header.time).U32(header.request_count).U64(header.nonce).U32(flags);
    if ((Sha256(w.bytes()).bytes.back() & 15) < 3) {
      return w.bytes() + requests;
    }
  }
}

Code CodeOf(const std::string& bytes) { return DecodeBlock(bytes).status().code(); }

// The expected bytes were computed by another program from the description in block.h. If this
// test fails, chains that exist can no longer be read: add a version instead.
TEST(BlockTest, TheFormatNeverChanges) {
  const BlockPtr block = FixedBlock();
  EXPECT_EQ(RequestLeaf(block->requests[0]).Hex(),
            "41f9b8d3efedd5fc9396b75f44546fe0da47f6f037b19201162106f91c58b9ae");
  EXPECT_EQ(block->header.requests_root.Hex(),
            "4845eac68b6188c23884a0ed25e824b8977b34eb864ba6c6cfe2d7b68ac5ccd0");
  EXPECT_EQ(block->header.nonce, 1U);
  EXPECT_EQ(block->hash.Hex(), "60eeea98b3b9d5cae358f04519e885a5f9fb9ba19e4da8ec804f820a78f833f2");
  EXPECT_EQ(HexOf(block->encoded),
            "010000002a00000000000000000102030405060708090a0b0c0d0e0f101112131415161718191a1b"
            "1c1d1e1f4845eac68b6188c23884a0ed25e824b8977b34eb864ba6c6cfe2d7b68ac5ccd001401e18"
            "240a0600020000000100000000000000000000003600000001887766554433221107000000000000"
            "00050000000000000003000000000000000106000000636f6c6f757206000000626c756500ff2a00"
            "00000109000000000000000100000000000000000000000000000000000000000000000200000000"
            "00000000");
}

TEST(BlockTest, TheGenesisBlockOfAClusterNeverChanges) {
  const BlockPtr genesis = MakeGenesis({"cairn", {1, 2, 3}, 100'000});
  EXPECT_EQ(genesis->header.nonce, 3U);
  EXPECT_EQ(genesis->hash.Hex(),
            "e0fec5583d613c8669b56ddd4d367218f549ddf4b6abf982d31dbfa3494179a0");
}

TEST(BlockTest, ComesBackAsItWas) {
  for (const BlockPtr& block : {FixedBlock(), Seal(7, Hash{}, 1, {})}) {
    const Result<BlockPtr> decoded = DecodeBlock(block->encoded);
    ASSERT_TRUE(decoded.ok()) << decoded.status().message();
    EXPECT_EQ(decoded.value()->header, block->header);
    EXPECT_EQ(decoded.value()->requests, block->requests);
    EXPECT_EQ(decoded.value()->hash, block->hash);
    EXPECT_EQ(decoded.value()->encoded, block->encoded);
    EXPECT_EQ(block->hash, Sha256(block->encoded.substr(0, kHeaderBytes)));
  }
}

TEST(BlockTest, TheEncodedSizeIsThatOfTheParts) {
  const BlockPtr block = FixedBlock();
  std::size_t size = kHeaderBytes;
  for (const Request& request : block->requests) {
    size += EncodedSize(request);
  }
  EXPECT_EQ(block->encoded.size(), size);
}

TEST(BlockTest, TheNonceIsTheSmallestThatFits) {
  for (Slot slot = 1; slot < 50; ++slot) {
    const BlockPtr block = Seal(slot, Hash{}, slot, {});
    EXPECT_LT(block->hash.bytes.back() & 15U, kNonceDigits);
    for (std::uint64_t nonce = 0; nonce < block->header.nonce; ++nonce) {
      std::string header = block->encoded.substr(0, kHeaderBytes);
      Writer w;
      header.replace(88, 8, w.U64(nonce).bytes());
      EXPECT_GE(Sha256(header).bytes.back() & 15U, kNonceDigits);
    }
  }
}

TEST(BlockTest, ANonceThatFitsButIsNotTheSmallestIsRefused) {
  std::string bytes = FixedBlock()->encoded;
  for (std::uint64_t nonce = 2;; ++nonce) {
    Writer w;
    bytes.replace(88, 8, w.U64(nonce).bytes());
    if ((Sha256(bytes.substr(0, kHeaderBytes)).bytes.back() & 15U) < kNonceDigits) {
      break;
    }
  }
  EXPECT_EQ(CodeOf(bytes), Code::kIntegrity);
}

TEST(BlockTest, IsRefusedWhenCutAtAnyByteOrWithBytesBehindIt) {
  const std::string bytes = FixedBlock()->encoded;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(CodeOf(bytes.substr(0, length)), Code::kIntegrity) << length;
  }
  EXPECT_EQ(CodeOf(bytes + '\0'), Code::kIntegrity);
}

// What a request says is bound by the root. A flip in the header changes the hash, and mostly the
// nonce shows it; where by chance it does not, it is another block, which no link will accept.
TEST(BlockTest, AnyFlippedBitIsRefusedOrMakesAnotherBlock) {
  const BlockPtr block = FixedBlock();
  for (std::size_t bit = 0; bit < block->encoded.size() * 8; ++bit) {
    std::string bytes = block->encoded;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    const Result<BlockPtr> decoded = DecodeBlock(bytes);
    if (bit / 8 >= kHeaderBytes) {
      EXPECT_EQ(decoded.status().code(), Code::kIntegrity) << "bit " << bit;
    } else if (decoded.ok()) {
      EXPECT_NE(decoded.value()->hash, block->hash) << "bit " << bit;
      EXPECT_EQ(decoded.value()->requests, block->requests) << "bit " << bit;
    }
  }
}

TEST(BlockTest, NoBytesCrashTheDecoder) {
  std::mt19937_64 random(7);  // NOLINT: the same bytes in every run.
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = i % 2 == 0 ? FixedBlock()->encoded : std::string(random() % 300, '\0');
    for (std::uint64_t changes = random() % 20; changes > 0 && !bytes.empty(); --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const Result<BlockPtr> decoded = DecodeBlock(bytes);
    if (decoded.ok()) {
      EXPECT_EQ(decoded.value()->encoded, bytes);
    }
  }
}

TEST(BlockTest, ANewerVersionIsRefusedWithBothVersions) {
  BlockHeader header = FixedBlock()->header;
  header.version = 8;
  const Status status = DecodeBlock(Forge(header, "")).status();
  EXPECT_EQ(status.code(), Code::kIntegrity);
  EXPECT_NE(status.message().find("version 8"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("version 1"), std::string::npos) << status.message();
}

TEST(BlockTest, UnknownFlagsAreRefused) {
  const BlockPtr block = Seal(7, Hash{}, 1, {});
  EXPECT_EQ(CodeOf(Forge(block->header, "")), Code::kOk);
  EXPECT_EQ(CodeOf(Forge(block->header, "", 1)), Code::kIntegrity);
}

TEST(BlockTest, ARequestCountThatTheBytesDoNotBearIsRefused) {
  BlockHeader header = Seal(7, Hash{}, 1, {})->header;
  header.request_count = ~0U;
  EXPECT_EQ(CodeOf(Forge(header, "")), Code::kIntegrity);
  header.request_count = 1;
  EXPECT_EQ(CodeOf(Forge(header, "")), Code::kIntegrity);
}

TEST(BlockTest, AnUnknownOperationIsRefused) {
  const Request request{1, 1, 0, 0, static_cast<Op>(99), "k", "v"};
  Writer record;
  AppendRecord(record, request, request.value);
  Writer body;
  body.String(record.bytes());
  BlockHeader header;
  header.slot = 5;
  header.request_count = 1;
  header.requests_root = RootOfLeaves({request});
  EXPECT_EQ(CodeOf(Forge(header, body.bytes())), Code::kIntegrity);
}

TEST(BlockTest, TheFullestBlockIsWithinTheLimits) {
  const std::vector<Request> many(kMaxBlockRequests, Request{1, 1, 0, 0, Op::kDel, "k", ""});
  EXPECT_EQ(CodeOf(Seal(1, Hash{}, 1, many)->encoded), Code::kOk);
  const Request largest{
      1, 1, 0, 0, Op::kPut, std::string(kMaxKeyBytes, 'k'), std::string(kMaxValueBytes, 'v')};
  EXPECT_EQ(CodeOf(Seal(1, Hash{}, 1, {largest})->encoded), Code::kOk);
}

TEST(BlockTest, MoreRequestsThanTheLimitAreRefused) {
  const Request request{1, 1, 0, 0, Op::kDel, "", ""};
  const std::vector<Request> many(kMaxBlockRequests + 1, request);
  Writer body;
  for (const Request& each : many) {
    Writer record;
    AppendRecord(record, each, each.value);
    body.String(record.bytes());
  }
  BlockHeader header;
  header.slot = 5;
  header.request_count = static_cast<std::uint32_t>(many.size());
  header.requests_root = RootOfLeaves(many);
  EXPECT_EQ(CodeOf(Forge(header, body.bytes())), Code::kIntegrity);
}

TEST(BlockTest, MoreBytesThanTheLimitAreRefused) {
  EXPECT_EQ(CodeOf(std::string(kMaxEncodedBlockBytes + 1, '\0')), Code::kIntegrity);
}

TEST(BlockDeathTest, NobodySealsWhatOthersWouldRefuse) {
  EXPECT_DEATH((void)Seal(1, Hash{}, 1, {{1, 1, 0, 0, static_cast<Op>(99), "k", "v"}}), "decode");
  EXPECT_DEATH((void)Seal(2, Hash{}, 1, {{0, 0, 0, 0, Op::kForm, "", ""}}), "decode");
}

TEST(GenesisTest, HoldsWhatTheClusterFileFixesForEver) {
  const GenesisParameters parameters{"harbour", {1, 3, 9}, 17};
  const BlockPtr genesis = MakeGenesis(parameters);
  EXPECT_EQ(genesis->slot(), 0U);
  const Result<BlockPtr> decoded = DecodeBlock(genesis->encoded);
  ASSERT_TRUE(decoded.ok());
  const Result<GenesisParameters> read = ReadGenesis(*decoded.value());
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read.value(), parameters);
}

TEST(GenesisTest, OtherParametersMakeAnotherCluster) {
  const Hash hash = MakeGenesis({"a", {1, 2, 3}, 10})->hash;
  EXPECT_EQ(MakeGenesis({"a", {1, 2, 3}, 10})->hash, hash);
  EXPECT_NE(MakeGenesis({"b", {1, 2, 3}, 10})->hash, hash);
  EXPECT_NE(MakeGenesis({"a", {1, 2, 4}, 10})->hash, hash);
  EXPECT_NE(MakeGenesis({"a", {1, 2, 3}, 11})->hash, hash);
}

TEST(GenesisTest, IsRefusedIfItIsNone) {
  EXPECT_EQ(ReadGenesis(*FixedBlock()).status().code(), Code::kIntegrity);
  EXPECT_EQ(ReadGenesis(*Seal(0, Hash{}, 0, {})).status().code(), Code::kIntegrity);
  const std::string value = MakeGenesis({"a", {1, 2, 3}, 10})->requests.front().value;
  Request request;
  request.op = Op::kGenesis;
  for (std::size_t length = 0; length < value.size(); ++length) {
    request.value = value.substr(0, length);
    EXPECT_EQ(ReadGenesis(*Seal(0, Hash{}, 0, {request})).status().code(), Code::kIntegrity);
  }
  request.value = value;
  EXPECT_TRUE(ReadGenesis(*Seal(0, Hash{}, 0, {request})).ok());
  EXPECT_FALSE(ReadGenesis(*Seal(0, Hash{}, 1, {request})).ok());
}

TEST(LinkTest, AChildNamesItsParentStandsBehindItAndIsNotOlder) {
  const BlockPtr parent = FixedBlock();
  const Micros time = parent->header.time;
  EXPECT_TRUE(VerifyLink(*parent, *Seal(43, parent->hash, time, {})).ok());
  EXPECT_EQ(VerifyLink(*parent, *Seal(44, parent->hash, time, {})).code(), Code::kIntegrity);
  EXPECT_EQ(VerifyLink(*parent, *Seal(42, parent->hash, time, {})).code(), Code::kIntegrity);
  EXPECT_EQ(VerifyLink(*parent, *Seal(43, Hash{}, time, {})).code(), Code::kIntegrity);
  EXPECT_EQ(VerifyLink(*parent, *Seal(43, parent->hash, time - 1, {})).code(), Code::kIntegrity);
}

}  // namespace
}  // namespace cairn::chain
