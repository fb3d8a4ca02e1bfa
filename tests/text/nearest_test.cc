#include "text/nearest.h"

#include <gtest/gtest.h>

namespace cairn::text {
namespace {

TEST(NearestTest, CountsEditsAndSwaps) {
  EXPECT_EQ(EditDistance("host", "host"), 0U);
  EXPECT_EQ(EditDistance("hots", "host"), 1U);
  EXPECT_EQ(EditDistance("HOST", "host"), 0U);
  EXPECT_EQ(EditDistance("", "host"), 4U);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
}

TEST(NearestTest, SuggestsNothingThatIsTooFarAway) {
  EXPECT_EQ(Nearest("statsu", {"status", "stats", "put"}), "status");
  EXPECT_EQ(Nearest("qqqqqq", {"status", "put", "get"}), "");
}

}  // namespace
}  // namespace cairn::text
