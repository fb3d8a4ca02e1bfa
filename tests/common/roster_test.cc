#include "common/roster.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

const Incarnations kThree{{1, 0x1111}, {2, 0x2222}, {9, ~0ULL}};

TEST(RosterTest, ComesBackAsItWas) {
  EXPECT_EQ(DecodeIncarnations(EncodeIncarnations(kThree)), kThree);
  EXPECT_EQ(DecodeIncarnations(EncodeIncarnations({})), Incarnations{});
}

TEST(RosterTest, IsRefusedWhenItIsNoSuchList) {
  const std::string bytes = EncodeIncarnations(kThree);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(DecodeIncarnations(bytes.substr(0, length)), std::nullopt) << length;
  }
  EXPECT_EQ(DecodeIncarnations(bytes + '\0'), std::nullopt);
  std::string newer = bytes;
  newer[0] = 2;
  EXPECT_EQ(DecodeIncarnations(newer), std::nullopt);
  std::string twice = bytes;
  twice[5 + 12] = 1;  // Node 2 becomes a second node 1.
  EXPECT_EQ(DecodeIncarnations(twice), std::nullopt);
}

TEST(RosterTest, TheFormingRequestSaysWhoIsWho) {
  Block block;
  EXPECT_TRUE(IncarnationsIn(block).empty());
  block.requests = {MakeFormRequest(kThree)};
  EXPECT_EQ(block.requests.front().client, 0U);
  EXPECT_EQ(IncarnationsIn(block), kThree);
}

TEST(RosterTest, AReadmittingRequestNamesOneNodeOnly) {
  Block block;
  block.requests = {MakeReadmitRequest(2, 77)};
  EXPECT_EQ(block.requests.front().client, 0U);
  EXPECT_EQ(IncarnationsIn(block), (Incarnations{{2, 77}}));
}

}  // namespace
}  // namespace cairn
