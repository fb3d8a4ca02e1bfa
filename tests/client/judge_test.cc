#include "client/judge.h"

#include <gtest/gtest.h>

namespace cairn::client {
namespace {

replica::Answer With(Code code, Slot slot = 0) { return {code, "", slot, "", 0}; }

/// Of a request that was sent twice.
Judge SentTwice(bool write) {
  Judge judge(write);
  judge.Sent();
  judge.Sent();
  return judge;
}

TEST(JudgeTest, ARefusalSettlesNothing) {
  Judge judge = SentTwice(true);
  EXPECT_FALSE(judge.Settles(With(Code::kUnavailable)));
  EXPECT_TRUE(judge.Doubtful()) << "one is unanswered";
  EXPECT_FALSE(judge.SurelyRefused());
  EXPECT_FALSE(judge.Settles(With(Code::kUnavailable)));
  EXPECT_FALSE(judge.Doubtful());
  EXPECT_TRUE(judge.SurelyRefused());
  EXPECT_EQ(judge.Unsettled(), Code::kUnavailable);
}

TEST(JudgeTest, WhatANodeLostTrackOfStaysInDoubt) {
  Judge judge = SentTwice(true);
  EXPECT_FALSE(judge.Settles(With(Code::kUnknownOutcome)));
  EXPECT_FALSE(judge.Settles(With(Code::kUnavailable)));
  EXPECT_TRUE(judge.Doubtful());
  EXPECT_FALSE(judge.SurelyRefused());
  EXPECT_EQ(judge.Unsettled(), Code::kUnknownOutcome);
}

TEST(JudgeTest, AnUnknownOutcomeThatTheLogDecidedSettlesAWriteAndNoRead) {
  EXPECT_TRUE(SentTwice(true).Settles(With(Code::kUnknownOutcome, 7)));
  EXPECT_FALSE(SentTwice(false).Settles(With(Code::kUnknownOutcome, 7)));
}

TEST(JudgeTest, AFullDiskSettlesAWriteOnlyIfNoOtherTransmissionMayBeApplied) {
  Judge judge = SentTwice(true);
  EXPECT_FALSE(judge.Settles(With(Code::kFull)));
  EXPECT_TRUE(judge.Settles(With(Code::kFull))) << "both are answered";
  EXPECT_TRUE(SentTwice(false).Settles(With(Code::kFull)));
}

TEST(JudgeTest, WhatWasNeverSentIsInNoDoubt) {
  const Judge judge(true);
  EXPECT_FALSE(judge.Doubtful());
  EXPECT_FALSE(judge.SurelyRefused());
  EXPECT_EQ(judge.GiveUp("put", "no time").message,
            "this put was not applied: no time; `cairn status` shows the nodes");
}

TEST(JudgeTest, AReadIsInNoDoubtEver) {
  Judge judge = SentTwice(false);
  EXPECT_FALSE(judge.Settles(With(Code::kUnknownOutcome)));
  EXPECT_FALSE(judge.Doubtful());
  EXPECT_EQ(judge.GiveUp("get", "no time").message,
            "this get got no answer: no time; `cairn status` shows the nodes");
}

TEST(JudgeTest, AnotherNodeIsNotWelcome) {
  const config::NodeAddress asked{.id = 1, .host = "127.0.0.1", .client_port = 5001};
  net::Welcome welcome{.node = 1, .cluster_name = "test", .cluster = {}};
  EXPECT_TRUE(CheckWelcome(asked, welcome).ok());
  welcome.node = 2;
  EXPECT_EQ(CheckWelcome(asked, welcome).code(), Code::kUsage);
}

TEST(JudgeTest, AnEmptyAnswerIsNoConsent) {
  EXPECT_EQ(RefusalOf(With(Code::kOk)).code(), Code::kOther);
  EXPECT_EQ(RefusalOf(With(Code::kFull)).code(), Code::kFull);
}

}  // namespace
}  // namespace cairn::client
