#include "sim/history.h"

#include <gtest/gtest.h>

namespace cairn::sim {
namespace {

using Kind = Operation::Kind;

Operation Put(const std::string& value, Micros called, Micros returned) {
  return {Kind::kPut, value, true, called, returned};
}
Operation Get(const std::string& value, Micros called, Micros returned) {
  return {Kind::kGet, value, true, called, returned};
}
Operation Miss(Micros called, Micros returned) { return {Kind::kGet, "", false, called, returned}; }
Operation Del(bool found, Micros called, Micros returned) {
  return {Kind::kDel, "", found, called, returned};
}

TEST(HistoryTest, AcceptsReadsThatFollowTheWrites) {
  EXPECT_TRUE(IsLinearizable({Miss(0, 1), Put("a", 2, 3), Get("a", 4, 5), Del(true, 6, 7),
                              Miss(8, 9), Del(false, 10, 11)}));
}

TEST(HistoryTest, AcceptsEitherOrderOfConcurrentWrites) {
  EXPECT_TRUE(IsLinearizable({Put("a", 0, 10), Put("b", 0, 10), Get("a", 11, 12)}));
  EXPECT_TRUE(IsLinearizable({Put("a", 0, 10), Put("b", 0, 10), Get("b", 11, 12)}));
}

TEST(HistoryTest, RefusesAStaleRead) {
  EXPECT_FALSE(IsLinearizable({Put("a", 0, 1), Put("b", 2, 3), Get("a", 4, 5)}));
}

TEST(HistoryTest, RefusesALostUpdate) {
  EXPECT_FALSE(IsLinearizable({Put("a", 0, 1), Miss(2, 3)}));
}

TEST(HistoryTest, RefusesAReadThatGoesBack) {
  EXPECT_FALSE(IsLinearizable({Put("a", 0, 1), Put("b", 2, 20), Get("b", 3, 4), Get("a", 5, 6)}));
}

TEST(HistoryTest, RefusesAValueThatNobodyWrote) {
  EXPECT_FALSE(IsLinearizable({Put("a", 0, 1), Get("x", 2, 3)}));
}

TEST(HistoryTest, AWriteOfUnknownOutcomeMayHappenLaterOrNever) {
  EXPECT_TRUE(
      IsLinearizable({Put("a", 0, 1), Put("b", 2, kNever), Get("a", 3, 4), Get("b", 5, 6)}));
  EXPECT_TRUE(IsLinearizable({Put("a", 0, 1), Put("b", 2, kNever), Get("a", 3, 4)}));
  EXPECT_FALSE(
      IsLinearizable({Put("a", 0, 1), Put("b", 2, kNever), Get("b", 3, 4), Get("a", 5, 6)}));
}

TEST(HistoryTest, ADeleteMayHaveFoundAWriteOfUnknownOutcome) {
  EXPECT_TRUE(IsLinearizable({Put("a", 0, kNever), Del(true, 5, 6), Miss(7, 8)}));
  EXPECT_FALSE(IsLinearizable({Put("a", 10, kNever), Del(true, 5, 6)}));
}

TEST(HistoryTest, ManyWritesOfUnknownOutcomeAreJudgedInReasonableTime) {
  std::vector<Operation> operations;
  for (Micros i = 0; i < 40; ++i) {
    operations.push_back(Put("lost" + std::to_string(i), i, kNever));
    operations.push_back(Put("kept" + std::to_string(i), 100 + 10 * i, 104 + 10 * i));
    operations.push_back(Get("kept" + std::to_string(i), 105 + 10 * i, 109 + 10 * i));
  }
  operations.push_back(Del(true, 1000, 1001));
  EXPECT_TRUE(IsLinearizable(operations));
}

TEST(HistoryTest, RefusesADeleteThatClaimsToHaveFoundNothing) {
  EXPECT_FALSE(IsLinearizable({Put("a", 0, 1), Del(false, 2, 3)}));
}

TEST(HistoryTest, RefusesAWriteAppliedTwice) {
  EXPECT_FALSE(IsLinearizable(
      {Put("a", 0, 1), Get("a", 2, 3), Put("b", 4, 5), Get("b", 6, 7), Get("a", 8, 9)}));
}

}  // namespace
}  // namespace cairn::sim
