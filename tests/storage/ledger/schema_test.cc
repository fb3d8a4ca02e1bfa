#include "storage/ledger/schema.h"

#include <gtest/gtest.h>

#include "tests/storage/chains.h"

namespace cairn::storage {
namespace {

HeadRecord Sample() {
  HeadRecord record;
  record.genesis = Genesis()->hash;
  record.node = 4;
  record.incarnation = 0x1234567890;
  record.commits = 77;
  record.head.promised = Ballot(5);
  record.head.accepted = Ballot(4);
  record.head.tip = 300;
  record.head.decided = 299;
  record.tip_hash = Genesis("tip")->hash;
  return record;
}

TEST(SchemaTest, KeysSortLikeSlotsAndTheHeadBehindThem) {
  EXPECT_LT(BlockKey(1), BlockKey(2));
  EXPECT_LT(BlockKey(255), BlockKey(256));
  EXPECT_LT(BlockKey(256), BlockKey(1ULL << 40));
  EXPECT_LT(BlockKey(UINT64_MAX), HeadKey());
}

TEST(SchemaTest, AHeadIsReadAsItWasWritten) {
  EXPECT_EQ(DecodeHead(EncodeHead(Sample())).value(), Sample());
}

TEST(SchemaTest, TheBytesOfAHeadNeverChange) {
  HeadRecord record;
  record.commits = 2;
  record.head.tip = 1;
  const std::string bytes = EncodeHead(record);
  ASSERT_EQ(bytes.size(), 1U + 32 + 4 + 8 + 8 + 20 + 20 + 8 + 8 + 32 + 8);
  EXPECT_EQ(bytes[0], 2);
  EXPECT_EQ(bytes[45], 2);
  EXPECT_EQ(bytes[93], 1);
}

TEST(SchemaTest, NoFlippedBitInAHeadIsTaken) {
  const std::string bytes = EncodeHead(Sample());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_EQ(DecodeHead(flipped).status().code(), Code::kIntegrity);
    }
  }
  EXPECT_FALSE(DecodeHead("").ok());
  EXPECT_FALSE(DecodeHead(bytes + "x").ok());
  EXPECT_FALSE(DecodeHead(bytes.substr(1)).ok());
}

/// As another program would write it.
std::string OfVersion(std::string record, char version) {
  record[0] = version;
  record.resize(record.size() - kChecksumBytes);
  return record + Checksum(record);
}

TEST(SchemaTest, OtherVersionsAreRefusedWithBoth) {
  const Status newer = DecodeHead(OfVersion(EncodeHead(Sample()), 9)).status();
  EXPECT_EQ(newer.message(),
            "the head record has format version 9, and this program knows versions up to 2");
  EXPECT_EQ(newer.code(), Code::kUsage);
  EXPECT_EQ(DecodeHead(OfVersion(EncodeHead(Sample()), 1)).status().message(),
            "the head record has format version 1, and this program knows only version 2");
  EXPECT_EQ(DecodeHoles(OfVersion(EncodeHoles({}), 2)).status().code(), Code::kUsage);
  EXPECT_EQ(DecodeBlockRecord(std::string(1, 2) + Genesis()->encoded, 0).status().message(),
            "the block record has format version 2, and this program knows versions up to 1");
}

TEST(SchemaTest, HolesAreReadAsTheyWereWrittenAndNoFlippedBitIsTaken) {
  const std::vector<replica::Hole> holes = {{3, 5, Genesis("a")->hash}, {7, 7, Genesis("b")->hash}};
  const std::string bytes = EncodeHoles(holes);
  EXPECT_EQ(DecodeHoles(bytes).value(), holes);
  EXPECT_TRUE(DecodeHoles(EncodeHoles({})).value().empty());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_EQ(DecodeHoles(flipped).status().code(), Code::kIntegrity);
  }
  for (const auto& wrong : std::vector<std::vector<replica::Hole>>{
           {{0, 1, {}}}, {{5, 4, {}}}, {{1, 2, {}}, {3, 4, {}}}, {{5, 6, {}}, {1, 2, {}}}}) {
    EXPECT_EQ(DecodeHoles(EncodeHoles(wrong)).status().code(), Code::kIntegrity);
  }
}

TEST(SchemaTest, ABlockRecordHoldsTheBlockOfItsSlot) {
  const BlockPtr block = Extend(Genesis());
  const std::string record = std::string(1, 1) + block->encoded;
  EXPECT_EQ(DecodeBlockRecord(record, 1).value()->hash, block->hash);
  EXPECT_EQ(DecodeBlockRecord(record, 2).status().code(), Code::kIntegrity);
  EXPECT_EQ(DecodeBlockRecord("", 1).status().code(), Code::kIntegrity);
  EXPECT_EQ(DecodeBlockRecord(std::string(1, 0) + block->encoded, 1).status().code(),
            Code::kIntegrity);
}

}  // namespace
}  // namespace cairn::storage
