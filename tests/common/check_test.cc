#include "common/check.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(CheckTest, ATrueConditionIsEvaluatedOnce) {
  int evaluations = 0;
  CAIRN_CHECK(++evaluations == 1, "once");
  EXPECT_EQ(evaluations, 1);
}

// In release builds, too.
TEST(CheckDeathTest, AFalseConditionStopsTheProcessAndSaysWhatAndWhere) {
  EXPECT_DEATH(CAIRN_CHECK(1 > 2, "one is above two"),
               "one is above two(.|\n)*1 > 2(.|\n)*check_test.cc");
}

}  // namespace
}  // namespace cairn
