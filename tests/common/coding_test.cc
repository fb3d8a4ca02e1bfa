#include "common/coding.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn {
namespace {

TEST(CodingTest, NumbersAreLittleEndianAndStringsBearTheirLength) {
  Writer w;
  w.U8(1).U32(0x05040302).U64(0x0d0c0b0a09080706).String("ab").Raw("c");
  EXPECT_EQ(w.bytes(), std::string("\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\2\0\0\0abc", 20));
}

TEST(CodingTest, AFilledStringIsAsIfWritten) {
  Writer w;
  w.U8(1).U32(0x05040302).U64(0x0d0c0b0a09080706).Raw("abc").Raw("");
  std::string bytes = "what was there, and is longer than what comes";
  FixedWriter f(&bytes, 16);
  f.U8(1).U32(0x05040302).U64(0x0d0c0b0a09080706);
  EXPECT_FALSE(f.full());
  f.Raw("abc").Raw("");
  EXPECT_TRUE(f.full());
  EXPECT_EQ(bytes, w.bytes());
}

TEST(CodingDeathTest, NothingIsFilledInBeyondTheRoom) {
  std::string bytes;
  FixedWriter f(&bytes, 9);
  f.U64(1);
  EXPECT_DEATH(f.U32(2), "room");
}

TEST(CodingTest, EverythingComesBackAsItWas) {
  Hash hash;
  hash.bytes[31] = 7;
  Writer w;
  w.U8(255).U32(~0U).U64(~0ULL).Digest(hash).String(std::string("\0x", 2)).Raw("tail");
  Reader r(w.bytes());
  EXPECT_EQ(r.U8(), 255);
  EXPECT_EQ(r.U32(), ~0U);
  EXPECT_EQ(r.U64(), ~0ULL);
  EXPECT_EQ(r.Digest(), hash);
  EXPECT_EQ(r.String(), std::string_view("\0x", 2));
  EXPECT_EQ(r.left(), 4U);
  EXPECT_FALSE(r.AtEnd());
  EXPECT_EQ(r.Raw(4), "tail");
  EXPECT_TRUE(r.AtEnd());
}

TEST(CodingTest, AReadPastTheEndGivesZerosForGood) {
  Reader r("abc");
  EXPECT_EQ(r.U32(), 0U);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.U8(), 0);
  EXPECT_TRUE(r.Digest().IsZero());
  EXPECT_FALSE(r.AtEnd());
}

TEST(CodingTest, ALengthBeyondTheBytesIsAReadPastTheEnd) {
  Writer w;
  w.U32(~0U).Raw("abc");
  Reader r(w.bytes());
  EXPECT_EQ(r.String(), "");
  EXPECT_FALSE(r.ok());
}

TEST(CodingTest, OrderedNumbersSortAsNumbers) {
  const std::uint64_t numbers[] = {0, 1, 255, 256, 65535, 1ULL << 40, ~0ULL};
  std::string last;
  for (const std::uint64_t number : numbers) {
    const std::string bytes = OrderedU64(number);
    EXPECT_EQ(ParseOrderedU64(bytes), number);
    EXPECT_LT(last, bytes);
    last = bytes;
  }
}

}  // namespace
}  // namespace cairn
