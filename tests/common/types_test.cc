#include "common/types.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(HashTest, IsSixtyFourLowerCaseDigits) {
  Hash hash;
  EXPECT_TRUE(hash.IsZero());
  EXPECT_EQ(hash.Hex(), std::string(64, '0'));
  hash.bytes[0] = 0xab;
  hash.bytes[31] = 0x0f;
  EXPECT_FALSE(hash.IsZero());
  EXPECT_EQ(hash.Hex(), "ab" + std::string(61, '0') + "f");
}

TEST(QuorumTest, IsMoreThanHalf) {
  for (std::size_t nodes = 1; nodes <= kMaxNodes; ++nodes) {
    EXPECT_GT(2 * QuorumOf(nodes), nodes);
    EXPECT_LE(2 * (QuorumOf(nodes) - 1), nodes);
  }
}

}  // namespace
}  // namespace cairn
