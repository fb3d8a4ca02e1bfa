#include "client/outcome_tracker.h"

#include <gtest/gtest.h>

namespace cairn::client {
namespace {

api::Answer With(Code code, Slot slot = 0) { return {code, "", slot, "", 0}; }

/// Of a request that was sent twice.
OutcomeTracker SentTwice(bool write) {
  OutcomeTracker tracker(write);
  tracker.Sent();
  tracker.Sent();
  return tracker;
}

TEST(OutcomeTrackerTest, ARefusalSettlesNothing) {
  OutcomeTracker tracker = SentTwice(true);
  EXPECT_FALSE(tracker.Settles(With(Code::kUnavailable)));
  EXPECT_TRUE(tracker.Doubtful()) << "one is unanswered";
  EXPECT_FALSE(tracker.SurelyRefused());
  EXPECT_FALSE(tracker.Settles(With(Code::kUnavailable)));
  EXPECT_FALSE(tracker.Doubtful());
  EXPECT_TRUE(tracker.SurelyRefused());
  EXPECT_EQ(tracker.Unsettled(), Code::kUnavailable);
}

TEST(OutcomeTrackerTest, WhatANodeLostTrackOfStaysInDoubt) {
  OutcomeTracker tracker = SentTwice(true);
  EXPECT_FALSE(tracker.Settles(With(Code::kUnknownOutcome)));
  EXPECT_FALSE(tracker.Settles(With(Code::kUnavailable)));
  EXPECT_TRUE(tracker.Doubtful());
  EXPECT_FALSE(tracker.SurelyRefused());
  EXPECT_EQ(tracker.Unsettled(), Code::kUnknownOutcome);
}

TEST(OutcomeTrackerTest, AnUnknownOutcomeThatTheLogDecidedSettlesAWriteAndNoRead) {
  EXPECT_TRUE(SentTwice(true).Settles(With(Code::kUnknownOutcome, 7)));
  EXPECT_FALSE(SentTwice(false).Settles(With(Code::kUnknownOutcome, 7)));
}

TEST(OutcomeTrackerTest, AFullDiskSettlesAWriteOnlyIfNoOtherTransmissionMayBeApplied) {
  OutcomeTracker tracker = SentTwice(true);
  EXPECT_FALSE(tracker.Settles(With(Code::kFull)));
  EXPECT_TRUE(tracker.Settles(With(Code::kFull))) << "both are answered";
  EXPECT_TRUE(SentTwice(false).Settles(With(Code::kFull)));
}

// A block refused it, for want of room for its session; a later one may hold it, too.
TEST(OutcomeTrackerTest, ABlockThatRefusedAWriteSettlesItOnlyIfNoOtherTransmissionMayBeApplied) {
  OutcomeTracker tracker = SentTwice(true);
  EXPECT_FALSE(tracker.Settles(With(Code::kFull, 7)));
  EXPECT_EQ(tracker.Unsettled(), Code::kUnknownOutcome);
  EXPECT_TRUE(tracker.Settles(With(Code::kFull, 7))) << "both are answered";
}

TEST(OutcomeTrackerTest, ADefiniteErrorSettlesAWriteOnlyIfNoOtherTransmissionMayBeApplied) {
  for (const Code code : {Code::kUsage, Code::kDenied, Code::kOther, Code::kIntegrity}) {
    OutcomeTracker tracker = SentTwice(true);
    EXPECT_FALSE(tracker.Settles(With(code)));
    EXPECT_EQ(tracker.Unsettled(), Code::kUnknownOutcome);
    EXPECT_TRUE(tracker.Settles(With(code))) << "both are answered";
    EXPECT_TRUE(SentTwice(true).Settles(With(code, 7))) << "the log has decided it";
    EXPECT_TRUE(SentTwice(false).Settles(With(code)));
  }
}

TEST(OutcomeTrackerTest, AReplyOfSomebodyElseIsNone) {
  const config::NodeAddress asked{.id = 1, .host = "127.0.0.1", .client_port = 5001};
  ClusterView view;
  api::ClientReply reply{7, With(Code::kOk, 5), 1, {}};
  EXPECT_TRUE(CheckSender(asked, view, reply).ok());
  reply.node = 2;
  EXPECT_EQ(CheckSender(asked, view, reply).code(), Code::kUsage);
  reply.node = 1;
  reply.formed.emplace().bytes[0] = 1;
  EXPECT_TRUE(CheckSender(asked, view, reply).ok()) << "nothing is known yet";
  view.formed.emplace().bytes[0] = 2;
  EXPECT_EQ(CheckSender(asked, view, reply).code(), Code::kIntegrity);
  reply.id = 0;  // also of a load's Hello, which the node refuses
  reply.body = With(Code::kUsage);
  EXPECT_EQ(CheckSender(asked, view, reply).code(), Code::kIntegrity);
  reply.id = 7;
  reply.formed.reset();
  EXPECT_TRUE(CheckSender(asked, view, reply).ok()) << "it has not learned of block 1 yet";
  reply = {0, api::Answer{Code::kUsage, "of another version", 0, "", 0}, 0, {}};
  EXPECT_EQ(CheckSender(asked, view, reply).message(), "of another version");
}

TEST(OutcomeTrackerTest, WhatWasNeverSentIsInNoDoubt) {
  const OutcomeTracker tracker(true);
  EXPECT_FALSE(tracker.Doubtful());
  EXPECT_FALSE(tracker.SurelyRefused());
  EXPECT_EQ(tracker.GiveUp("put", "no time").message,
            "this put was not applied: no time; `cairn status` shows the nodes");
}

TEST(OutcomeTrackerTest, AReadIsInNoDoubtEver) {
  OutcomeTracker tracker = SentTwice(false);
  EXPECT_FALSE(tracker.Settles(With(Code::kUnknownOutcome)));
  EXPECT_FALSE(tracker.Doubtful());
  EXPECT_EQ(tracker.GiveUp("get", "no time").message,
            "this get got no answer: no time; `cairn status` shows the nodes");
}

TEST(OutcomeTrackerTest, AnotherNodeIsNotWelcome) {
  const config::NodeAddress asked{.id = 1, .host = "127.0.0.1", .client_port = 5001};
  api::Welcome welcome{.node = 1, .cluster_name = "test", .cluster = {}};
  EXPECT_TRUE(CheckWelcome(asked, welcome).ok());
  welcome.node = 2;
  EXPECT_EQ(CheckWelcome(asked, welcome).code(), Code::kUsage);
}

TEST(OutcomeTrackerTest, AnEmptyAnswerIsNoConsent) {
  EXPECT_EQ(RefusalOf(With(Code::kOk)).code(), Code::kOther);
  EXPECT_EQ(RefusalOf(With(Code::kFull)).code(), Code::kFull);
}

}  // namespace
}  // namespace cairn::client
