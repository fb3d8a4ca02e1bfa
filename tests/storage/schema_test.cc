#include "storage/schema.h"

#include <gtest/gtest.h>

#include "tests/storage/chains.h"

namespace cairn::storage {
namespace {

HeadRecord Sample() {
  HeadRecord record;
  record.genesis = Genesis()->hash;
  record.commits = 77;
  record.head.promised = Ballot(5);
  record.head.accepted = Ballot(4);
  record.head.tip = 300;
  record.head.decided = 299;
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
  ASSERT_EQ(bytes.size(), 1U + 32 + 8 + 20 + 20 + 8 + 8 + 8);
  EXPECT_EQ(bytes[0], 1);
  EXPECT_EQ(bytes[33], 2);
  EXPECT_EQ(bytes[81], 1);
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

TEST(SchemaTest, NewerRecordsAreRefusedWithBothVersions) {
  std::string head = EncodeHead(Sample());
  head[0] = 9;
  EXPECT_EQ(DecodeHead(head).status().message(),
            "the head record has format version 9, and this program knows versions up to 1");
  EXPECT_EQ(DecodeBlockRecord(std::string(1, 2) + Genesis()->encoded, 0).status().message(),
            "the block record has format version 2, and this program knows versions up to 1");
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
