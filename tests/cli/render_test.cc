#include "cli/render.h"

#include <gtest/gtest.h>

#include "chain/block_format.h"
#include "common/roster.h"

namespace cairn::cli {
namespace {

std::vector<std::string> Fields(const text::Json& json) {
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) {
    names.push_back(name);
  }
  return names;
}

BlockPtr Sample() {
  Request put;
  put.client = 0xAB;
  put.sequence = 3;
  put.key = "k";
  put.value = std::string("\xff\x00", 2);
  Request del = put;
  del.op = Op::kDel;
  del.sequence = 4;
  del.value.clear();
  return chain::Seal(5, Hash{}, 1'714'564'800'000'123, {put, del});
}

client::NodeReport Report(NodeId node, const std::string& role, Slot tip, NodeId leader,
                          bool quorum) {
  client::NodeReport report;
  report.node = node;
  report.report.emplace();
  api::ReplicaStatus& status = report.report->replica;
  status.node = node;
  status.role = role;
  status.ballot = {3, leader == 0 ? 1 : leader, 7};
  status.promised = status.ballot;
  status.decided = status.applied = status.tip = tip;
  status.tip_hash.bytes.fill(static_cast<std::uint8_t>(tip));
  status.leader = leader;
  status.quorum = quorum;
  report.report->links = {{node == 1 ? 2U : 1U, "up"}, {3, "cut"}};
  return report;
}

client::NodeReport Silent(NodeId node) { return {node, std::nullopt, "no answer"}; }

TEST(RenderTest, ABlockInJsonHasTheDocumentedFields) {
  const BlockPtr block = Sample();
  const text::Json json = BlockJson(*block);
  EXPECT_EQ(Fields(json),
            (std::vector<std::string>{"slot", "hash", "prev_hash", "nonce", "time", "requests"}));
  EXPECT_EQ(json["slot"], 5);
  EXPECT_EQ(json["hash"], block->hash.Hex());
  EXPECT_EQ(json["prev_hash"], std::string(64, '0'));
  EXPECT_EQ(json["nonce"], block->header.nonce);
  EXPECT_EQ(json["time"], 1'714'564'800'000'123);
  EXPECT_EQ(text::Dump(json["requests"]),
            R"([{"op":"put","key":"k","value":{"base64":"/wA="},"client":"00000000000000ab",)"
            R"("sequence":3},{"op":"del","key":"k","value":null,"client":"00000000000000ab",)"
            R"("sequence":4}])");
}

TEST(RenderTest, ABlockForPeopleShowsItsOperations) {
  const BlockPtr block = Sample();
  EXPECT_EQ(BlockText(*block), "block 5\n  hash      " + block->hash.Hex() + "\n  previous  " +
                                   std::string(64, '0') + "\n  nonce     " +
                                   std::to_string(block->header.nonce) +
                                   "\n  time      2024-05-01 12:00:00.000123 UTC\n"
                                   "    put \"k\" = \"\\xff\\x00\"  (client 00000000000000ab, "
                                   "sequence 3)\n"
                                   "    del \"k\"  (client 00000000000000ab, sequence 4)\n");
}

TEST(RenderTest, TheClustersOwnBlocksAreExplained) {
  const std::string genesis = BlockText(*chain::MakeGenesis({"demo", {1, 2}, 100}));
  EXPECT_NE(genesis.find("genesis of cluster \"demo\" with nodes 1 and 2\n"), std::string::npos)
      << genesis;
  const BlockPtr form = chain::Seal(1, Hash{}, 1, {MakeFormRequest({{1, 0xA}, {2, 0xB}})});
  EXPECT_NE(BlockText(*form).find("form the cluster: node 1 is 000000000000000a, node 2 is "
                                  "000000000000000b\n"),
            std::string::npos)
      << BlockText(*form);
  EXPECT_EQ(BlockJson(*form)["requests"][0]["op"], "form");
}

TEST(RenderTest, AnOperationInJsonHasTheDocumentedFields) {
  client::OperationResult result;
  result.slot = 7;
  result.leader = 2;
  EXPECT_EQ(text::Dump(OperationJson({"put", "k", {}}, result, false)),
            R"({"op":"put","key":"k","ok":true,"error":null,"slot":7,"leader":2})");
  EXPECT_EQ(text::Dump(OperationJson({"get", "k", "v"}, result, true)),
            R"({"op":"get","key":"k","value":"v","ok":true,"error":null,"slot":7,"leader":2})");
  result.code = Code::kUnavailable;
  result.message = "no majority";
  result.leader = 0;
  EXPECT_EQ(text::Dump(OperationJson({"put", "k", {}}, result, true)),
            R"({"op":"put","key":"k","value":null,"ok":false,"error":"unavailable","slot":null,)"
            R"("leader":null,"message":"no majority"})");
}

TEST(RenderTest, AStatusInJsonHasTheDocumentedFields) {
  const std::vector<client::NodeReport> reports = {Report(1, "leader", 9, 1, true), Silent(2)};
  const text::Json json = StatusJson(reports, Summarize(reports));
  EXPECT_EQ(Fields(json), (std::vector<std::string>{"leader", "quorum", "nodes"}));
  EXPECT_EQ(json["leader"], 1);
  EXPECT_EQ(json["quorum"], true);
  EXPECT_EQ(
      text::Dump(json["nodes"][0]),
      R"({"id":1,"reachable":true,"role":"leader","ballot":"3.1","promised":"3.1",)"
      R"("decided":9,"applied":9,"tip":9,"tip_hash":")" +
          reports[0].report->replica.tip_hash.Hex() +
          R"(","links":{"2":"up","3":"cut"},"goal":0,"lost":0,)"
          R"("full":false,"verified":0,"sessions":0,"longest_turn_us":0,"notes":[],"formed":null})");
  EXPECT_EQ(text::Dump(json["nodes"][1]),
            R"({"id":2,"reachable":false,"role":null,"ballot":null,"promised":null,)"
            R"("decided":null,"applied":null,"tip":null,"tip_hash":null,"links":null,)"
            R"("goal":null,"lost":null,"full":null,"verified":null,"sessions":null,)"
            R"("longest_turn_us":null,"notes":null,"formed":null})");
}

TEST(RenderTest, WhatANodeIsBusyWithIsInItsStatus) {
  client::NodeReport busy = Report(2, "follower", 1200, 1, true);
  busy.report->replica.goal = 52'000;
  busy.report->replica.lost = 3;
  busy.report->replica.full = true;
  busy.report->verified = 700;
  busy.report->sessions = 81;
  busy.report->longest_turn = 12'345;
  busy.report->notes = {"the disk is slow", "it rains"};
  const std::vector<client::NodeReport> reports = {Report(1, "leader", 9, 1, true), busy,
                                                   Silent(3)};
  const std::string text = StatusText(reports, Summarize(reports));
  EXPECT_NE(text.find("answer from node 3\n"
                      "node 2: catching up: 1,200 of 52,000 blocks\n"
                      "node 2: 3 decided blocks are lost on its disk and being fetched again\n"
                      "node 2: its disk is full: it takes no new blocks until there is room again\n"
                      "node 2: the disk is slow\n"
                      "node 2: it rains\n"),
            std::string::npos)
      << text;
  const text::Json json = StatusJson(reports, Summarize(reports))["nodes"][1];
  EXPECT_EQ(json["goal"], 52'000);
  EXPECT_EQ(json["lost"], 3);
  EXPECT_EQ(json["full"], true);
  EXPECT_EQ(json["verified"], 700);
  EXPECT_EQ(json["sessions"], 81);
  EXPECT_EQ(json["longest_turn_us"], 12'345);
  EXPECT_EQ(text::Dump(json["notes"]), R"(["the disk is slow","it rains"])");
}

TEST(RenderTest, AFollowerThatIsAsFarAsTheNetworkLetsItIsNotCatchingUp) {
  client::NodeReport near = Report(2, "follower", 1200, 1, true);
  near.report->replica.goal = 1210;
  EXPECT_TRUE(NotesOf(*near.report).empty());
  near.report->replica.lost = 1;
  EXPECT_EQ(
      NotesOf(*near.report),
      std::vector<std::string>{"1 decided block is lost on its disk and being fetched again"});
}

TEST(RenderTest, AStatusForPeopleIsATableAndASentence) {
  std::vector<client::NodeReport> reports = {Report(1, "leader", 9, 1, true),
                                             Report(2, "follower", 10, 1, true), Silent(3)};
  reports[0].report->longest_turn = 4'321;
  EXPECT_EQ(StatusText(reports, Summarize(reports)),
            "node  role      ballot  decided  applied  tip  tip hash      sessions  longest turn  "
            "links\n"
            "1     leader    3.1     9        9        9    090909090909  0         4.3 ms        "
            "2 up, 3 cut\n"
            "2     follower  3.1     10       10       10   0a0a0a0a0a0a  0         0.0 ms        "
            "1 up, 3 cut\n"
            "3     -                                                                              "
            "no answer\n"
            "node 1 leads; 2 of 3 nodes answer; no answer from node 3\n");
}

TEST(RenderTest, TheClustersIdentityIsInItsStatus) {
  Hash block_1;
  block_1.bytes.fill(0xab);
  std::vector<client::NodeReport> reports = {Report(1, "leader", 9, 1, true),
                                             Report(2, "follower", 9, 1, true), Silent(3)};
  reports[0].report->formed = block_1;  // the other one does not know it yet
  EXPECT_NE(StatusText(reports, Summarize(reports))
                .find("cluster identity: " + block_1.Hex() + " (the hash of block 1)\n"),
            std::string::npos);
  EXPECT_EQ(StatusJson(reports, Summarize(reports))["nodes"][0]["formed"], block_1.Hex());
  reports[1].report->formed = Hash{};
  const std::string text = StatusText(reports, Summarize(reports));
  EXPECT_NE(text.find("!!! TWO CLUSTERS: what answers as node 1 has the block 1 " + block_1.Hex() +
                      ", what answers as node 2 has "),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("cluster identity"), std::string::npos) << text;
}

TEST(SummaryTest, SaysInWordsThatThereIsNoMajority) {
  const Summary summary =
      Summarize({Report(1, "candidate", 9, 0, false), Report(2, "follower", 9, 0, false), Silent(3),
                 Silent(4), Silent(5)});
  EXPECT_EQ(summary.leader, 0U);
  EXPECT_FALSE(summary.quorum);
  EXPECT_EQ(summary.words,
            "no majority: 2 of 5 nodes answer; 3 are needed; no answer from nodes 3, 4 and 5");
}

TEST(SummaryTest, SaysThatNoNodeAnswers) {
  EXPECT_EQ(Summarize({Silent(1), Silent(2), Silent(3)}).words,
            "no majority: 0 of 3 nodes answer; 2 are needed");
}

TEST(SummaryTest, BelievesTheLeaderMoreThanItsFollowers) {
  const Summary summary =
      Summarize({Report(1, "follower", 9, 0, false), Report(2, "follower", 9, 1, true),
                 Report(3, "follower", 9, 1, true)});
  EXPECT_FALSE(summary.quorum);
}

TEST(SummaryTest, KnowsALeaderThatOnlyItsFollowersCanReach) {
  const Summary summary =
      Summarize({Silent(1), Report(2, "follower", 9, 1, true), Report(3, "follower", 9, 1, true)});
  EXPECT_EQ(summary.leader, 1U);
  EXPECT_TRUE(summary.quorum);
}

TEST(SummaryTest, TheHighestBallotLeads) {
  client::NodeReport newer = Report(2, "leader", 9, 2, true);
  newer.report->replica.ballot.round = 4;
  EXPECT_EQ(Summarize({Report(1, "leader", 9, 1, true), newer}).leader, 2U);
}

TEST(SummaryTest, SaysThatTheClusterIsForming) {
  client::NodeReport one = Report(1, "forming", 0, 0, false);
  one.report->replica.ballot = {};
  EXPECT_EQ(Summarize({one, Silent(2)}).words,
            "the cluster is forming, for which all its nodes must be up once: 1 of 2 nodes "
            "answer; no answer from node 2");
}

TEST(SummaryTest, NamesTheWayOutWhenAMajorityHasForgotten) {
  std::vector<client::NodeReport> reports = {
      Report(1, "learner", 9, 0, false), Report(2, "learner", 9, 0, false),
      Report(3, "learner", 9, 0, false), Report(4, "follower", 9, 0, false),
      Report(5, "candidate", 9, 0, false)};
  EXPECT_EQ(Summarize(reports).words,
            "no majority that knows the chain: nodes 1, 2 and 3 have lost what they knew and can't "
            "vote; 2 others answer, 3 are needed. If no older directory of theirs can be found, "
            "only an operator's decision helps: stop all nodes and run `cairn recover` on the "
            "directories of nodes 4 and 5");
  reports = {Report(1, "learner", 9, 0, false), Report(2, "follower", 9, 0, false), Silent(3)};
  EXPECT_EQ(Summarize(reports).words,
            "no majority that knows the chain: node 1 has lost what it knew and can't vote; 1 "
            "other answers, 2 are needed; no answer from node 3");
}

TEST(SummaryTest, BelievesAVoterMoreThanALearnerAboutTheLackOfALeader) {
  client::NodeReport learner = Report(1, "learner", 9, 0, false);
  learner.report->replica.words = "learns";
  client::NodeReport voter = Report(2, "follower", 9, 0, false);
  voter.report->replica.words = "hears none";
  voter.report->replica.ballot = {};
  EXPECT_EQ(Summarize({learner, voter, Report(3, "follower", 9, 0, false)}).words,
            "no leader, though 3 of 3 nodes answer");
  client::NodeReport other = Report(3, "follower", 9, 0, false);
  other.report->replica.ballot = {};
  EXPECT_EQ(Summarize({learner, voter, other}).words,
            "no leader, though 3 of 3 nodes answer; node 2 says: hears none");
}

TEST(SummaryTest, IsLoudAboutTwoDecidedBlocksAtOneSlot) {
  client::NodeReport other = Report(2, "follower", 9, 1, true);
  other.report->replica.tip_hash.bytes.fill(0xEE);
  Summary summary = Summarize({Report(1, "leader", 9, 1, true), other});
  ASSERT_EQ(summary.warnings.size(), 1U);
  EXPECT_EQ(summary.warnings[0].find("DISAGREEMENT: nodes 1 and 2 both say that slot 9"), 0U);
  other.report->replica.decided = 8;
  summary = Summarize({Report(1, "leader", 9, 1, true), other});
  ASSERT_EQ(summary.warnings.size(), 1U);
  EXPECT_EQ(summary.warnings[0].find("DIFFERENT TIPS: nodes 1 and 2"), 0U);
}

}  // namespace
}  // namespace cairn::cli
