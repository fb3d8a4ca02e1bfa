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

// A block refused it, for want of room for its session; a later one may hold it, too.
TEST(JudgeTest, ABlockThatRefusedAWriteSettlesItOnlyIfNoOtherTransmissionMayBeApplied) {
  Judge judge = SentTwice(true);
  EXPECT_FALSE(judge.Settles(With(Code::kFull, 7)));
  EXPECT_EQ(judge.Unsettled(), Code::kUnknownOutcome);
  EXPECT_TRUE(judge.Settles(With(Code::kFull, 7))) << "both are answered";
}

TEST(JudgeTest, ADefiniteErrorSettlesAWriteOnlyIfNoOtherTransmissionMayBeApplied) {
  for (const Code code : {Code::kUsage, Code::kDenied, Code::kOther, Code::kIntegrity}) {
    Judge judge = SentTwice(true);
    EXPECT_FALSE(judge.Settles(With(code)));
    EXPECT_EQ(judge.Unsettled(), Code::kUnknownOutcome);
    EXPECT_TRUE(judge.Settles(With(code))) << "both are answered";
    EXPECT_TRUE(SentTwice(true).Settles(With(code, 7))) << "the log has decided it";
    EXPECT_TRUE(SentTwice(false).Settles(With(code)));
  }
}

TEST(JudgeTest, AReplyOfSomebodyElseIsNone) {
  const config::NodeAddress asked{.id = 1, .host = "127.0.0.1", .client_port = 5001};
  Knowledge knowledge;
  net::ClientReply reply{7, With(Code::kOk, 5), 1, {}};
  EXPECT_TRUE(CheckSender(asked, knowledge, reply).ok());
  reply.node = 2;
  EXPECT_EQ(CheckSender(asked, knowledge, reply).code(), Code::kUsage);
  reply.node = 1;
  reply.formed.emplace().bytes[0] = 1;
  EXPECT_TRUE(CheckSender(asked, knowledge, reply).ok()) << "nothing is known yet";
  knowledge.formed.emplace().bytes[0] = 2;
  EXPECT_EQ(CheckSender(asked, knowledge, reply).code(), Code::kIntegrity);
  reply.id = 0;  // also of a load's Hello, which the node refuses
  reply.body = With(Code::kUsage);
  EXPECT_EQ(CheckSender(asked, knowledge, reply).code(), Code::kIntegrity);
  reply.id = 7;
  reply.formed.reset();
  EXPECT_TRUE(CheckSender(asked, knowledge, reply).ok()) << "it has not learned of block 1 yet";
  reply = {0, replica::Answer{Code::kUsage, "of another version", 0, "", 0}, 0, {}};
  EXPECT_EQ(CheckSender(asked, knowledge, reply).message(), "of another version");
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
