#include "common/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace cairn {
namespace {

// Scripts of other people rest on these.
TEST(StatusTest, NamesAndExitCodesNeverChange) {
  const struct {
    Code code;
    const char* name;
    int exit_code;
  } kCases[] = {
      {Code::kOk, "ok", 0},
      {Code::kOther, "other", 1},
      {Code::kUsage, "usage", 2},
      {Code::kNotFound, "not_found", 3},
      {Code::kConditionFailed, "condition_failed", 3},
      {Code::kUnavailable, "unavailable", 4},
      {Code::kUnknownOutcome, "unknown_outcome", 5},
      {Code::kIntegrity, "integrity", 6},
      {Code::kDenied, "denied", 7},
  };
  for (const auto& expected : kCases) {
    EXPECT_EQ(CodeName(expected.code), expected.name);
    EXPECT_EQ(ExitCode(expected.code), expected.exit_code) << expected.name;
  }
  EXPECT_EQ(CodeName(static_cast<Code>(200)), "other");
  EXPECT_EQ(ExitCode(static_cast<Code>(200)), 1);
}

TEST(StatusTest, CarriesItsSentence) {
  EXPECT_TRUE(Status().ok());
  EXPECT_TRUE(Status::Ok().message().empty());
  const Status status = Status::Denied("not yours");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), Code::kDenied);
  EXPECT_EQ(status.message(), "not yours");
}

TEST(ResultTest, HoldsAValueOrSaysWhyNot) {
  const Result<int> good = 7;
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good.value(), 7);
  EXPECT_TRUE(good.status().ok());
  const Result<int> bad = Status::NotFound("nothing there");
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.status().code(), Code::kNotFound);
  Result<std::unique_ptr<int>> movable = std::make_unique<int>(3);
  EXPECT_EQ(*std::move(movable).value(), 3);
}

TEST(ResultDeathTest, AFailedResultHasNoValue) {
  const Result<int> bad = Status::Other("no");
  EXPECT_DEATH((void)bad.value(), "failed Result");
  EXPECT_DEATH((void)Result<int>(Status::Ok()), "carries an error");
}

}  // namespace
}  // namespace cairn
