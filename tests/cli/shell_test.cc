#include "cli/shell.h"

#include <gtest/gtest.h>

#include "client/fake_cluster.h"

namespace cairn::cli {
namespace {

class ShellTest : public ::testing::Test {
 protected:
  ShellTest() : client_(fake_.cluster, OptionsOf(), fake_.MakeEnvironment()) {
    // A store of one copy behind all nodes.
    fake_.SetAnswers([this](const api::CallBody& body) { return Serve(body); });
  }

  static client::Options OptionsOf() {
    client::Options options;
    options.preferred = 1;
    return options;
  }

  std::optional<api::ReplyBody> Serve(const api::CallBody& body) {
    if (const auto* write = std::get_if<api::Write>(&body)) {
      ++slot_;
      if (write->request.op == Op::kDel) {
        return store_.erase(write->request.key) > 0
                   ? client::FakeCluster::Ok(slot_)
                   : client::FakeCluster::Failed(Code::kNotFound, "", slot_, 1);
      }
      store_[write->request.key] = write->request.value;
      return client::FakeCluster::Ok(slot_);
    }
    if (const auto* read = std::get_if<api::Read>(&body)) {
      const auto found = store_.find(read->key);
      return found == store_.end() ? client::FakeCluster::Failed(Code::kNotFound, "", slot_, 1)
                                   : client::FakeCluster::Ok(slot_, found->second);
    }
    if (std::holds_alternative<api::StaleRead>(body)) {
      return client::FakeCluster::Ok(1, "stale");
    }
    if (std::holds_alternative<api::FaultCall>(body)) {
      return api::FaultDone{"the link is cut"};
    }
    if (std::holds_alternative<api::StatusCall>(body)) {
      api::StatusReport report;
      report.replica.quorum = true;
      report.replica.leader = 2;
      report.replica.role = "leader";
      return report;
    }
    return std::nullopt;
  }

  std::string Say(const std::string& line, bool json = false) {
    std::string said;
    Shell shell(&client_, json, [&said](const std::string& text) { said += text; });
    left_ = !shell.Execute(line);
    return said;
  }
  /// Exactly one JSON object on one line.
  text::Json SayJson(const std::string& line) {
    const std::string said = Say(line, true);
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
    EXPECT_EQ(said.back(), '\n');
    return text::Json::parse(said);
  }

  client::FakeCluster fake_{5};
  client::Client client_;
  std::map<std::string, std::string> store_;
  Slot slot_ = 20;
  bool left_ = false;
};

TEST_F(ShellTest, AnswersOperationsInBothForms) {
  EXPECT_EQ(Say("Operation(put, my key, \"a, b\")"), "ok, decided at slot 21\n");
  EXPECT_EQ(Say("Operation(get, my key)"), "a, b\n");
  EXPECT_EQ(Say("OPERATION(DEL, my key)"), "ok, decided at slot 22\n");
  EXPECT_EQ(Say("put k v"), "ok, decided at slot 23\n");
  EXPECT_EQ(Say("get k"), "v\n");
  EXPECT_EQ(Say("get k --stale --node 3"), "stale\n");
  EXPECT_EQ(Say("del k"), "ok, decided at slot 24\n");
  EXPECT_EQ(Say("get k"), "not_found: there is no key \"k\"\n");
}

TEST_F(ShellTest, ABadLineGetsTheRightFormAndLosesNothing) {
  EXPECT_EQ(Say("Operation(put, k)"),
            "usage: write Operation(put, key, value), Operation(get, key) or Operation(del, key); "
            "what has commas, spaces or quotes in it goes between quotes\n");
  EXPECT_EQ(Say("put k v w"),
            "usage: write put KEY VALUE; what has commas, spaces or quotes in it goes between "
            "quotes\n");
  EXPECT_EQ(Say("stauts"),
            "usage: there is no command \"stauts\"; did you mean status? help lists the "
            "commands\n");
  EXPECT_NE(Say("printBlockchain").find("command of a server's console; here, chain prints"),
            std::string::npos);
  EXPECT_EQ(Say("put \"k v"),
            "usage: a quote is not closed; end the argument with \", or write \\\" for a quote in "
            "it\n");
  for (const char* line : {"get k --stale", "get k --node 3", "get", "del", "fault", "fault x",
                           "failLink(1)", "failLink(1, x)", "failProcess", "reconnect", "chain x",
                           "chain --from x", "status x", "verify data/node1", "get k --from 3"}) {
    EXPECT_EQ(Say(line).find("usage: "), 0U) << line;
    EXPECT_FALSE(left_);
  }
  EXPECT_TRUE(fake_.order.empty());
}

TEST_F(ShellTest, AnEmptyLineIsNoMistakeForPeople) {
  EXPECT_EQ(Say("  "), "");
  EXPECT_FALSE(left_);
}

TEST_F(ShellTest, LeavesWhenAsked) {
  for (const char* line : {"e", "E", "exit", "quit"}) {
    EXPECT_EQ(Say(line), "");
    EXPECT_TRUE(left_) << line;
  }
}

TEST_F(ShellTest, AnswersEachLineWithOneJsonObject) {
  EXPECT_EQ(text::Dump(SayJson("Operation(put, k, v)")),
            R"({"op":"put","key":"k","value":"v","ok":true,"error":null,"slot":21,"leader":1})");
  EXPECT_EQ(text::Dump(SayJson("get k")),
            R"({"op":"get","key":"k","value":"v","ok":true,"error":null,"slot":21,"leader":1})");
  EXPECT_EQ(text::Dump(SayJson("get x")),
            R"({"op":"get","key":"x","value":null,"ok":false,"error":"not_found","slot":21,)"
            R"("leader":1,"message":"there is no key \"x\""})");
  EXPECT_EQ(SayJson("put k \"\\xff\\n\"")["value"], text::Json({{"base64", "/wo="}}));
  EXPECT_EQ(SayJson("del k")["slot"], 23);
}

TEST_F(ShellTest, AnswersAlsoWrongAndEmptyLinesWithOneJsonObject) {
  for (const char* line : {"", "   ", "put k", "nonsense \xff", "put \"k", "help", "e",
                           "failLink(1, 3)", "fault fixLink 1 3", "failProcess(2)", "reconnect 3",
                           "reconnect 8", "status", "chain --from 4 --to 2"}) {
    const text::Json json = SayJson(line);
    for (const char* field : {"op", "key", "value", "ok", "error", "slot", "leader"}) {
      EXPECT_TRUE(json.contains(field)) << line;
    }
  }
  EXPECT_EQ(SayJson("")["error"], "usage");
  EXPECT_EQ(SayJson("nonsense")["op"], "nonsense");
  EXPECT_EQ(SayJson("failLink(1, 3)")["message"], "the link is cut");
  EXPECT_EQ(SayJson("status")["nodes"].size(), 5U);
}

TEST_F(ShellTest, NamesTheErrorOfARefusedWrite) {
  fake_.SetAnswers([](const api::CallBody&) { return client::FakeCluster::NoMajority(); });
  EXPECT_EQ(SayJson("put k v")["error"], "unavailable");
  fake_.SetAnswers([](const api::CallBody&) { return std::nullopt; });
  EXPECT_EQ(SayJson("put k v")["error"], "unknown_outcome");
}

TEST_F(ShellTest, ReconnectTalksToTheOtherNode) {
  EXPECT_EQ(Say("reconnect 3"), "connected to node 3\n");
  Say("put k v");
  EXPECT_EQ(fake_.order, std::vector<NodeId>{3});
  fake_.nodes[4].up = false;
  EXPECT_EQ(Say("reconnect 4").find("unavailable: node 4 (127.0.0.1:5004) does not answer"), 0U);
}

TEST_F(ShellTest, HelpListsEveryCommand) {
  const std::string help = Say("help");
  for (const std::string& name : Shell::CommandNames()) {
    EXPECT_NE(help.find(name), std::string::npos) << name;
  }
}

TEST_F(ShellTest, RemembersHowItsLastFailedCommandFailed) {
  std::string said;
  Shell shell(&client_, false, [&said](const std::string& text) { said += text; });
  EXPECT_TRUE(shell.Execute("put k v"));
  EXPECT_EQ(shell.last_failure(), Code::kOk);
  EXPECT_TRUE(shell.Execute("nonsense"));
  EXPECT_EQ(shell.last_failure(), Code::kUsage);
  EXPECT_TRUE(shell.Execute("get nothing"));
  EXPECT_TRUE(shell.Execute("get k"));
  EXPECT_FALSE(shell.Execute("e"));
  EXPECT_EQ(shell.last_failure(), Code::kNotFound);
}

TEST_F(ShellTest, FullDisksAreToldInTheNodesOwnWords) {
  fake_.SetAnswers([](const api::CallBody&) -> std::optional<api::ReplyBody> {
    return client::FakeCluster::Failed(Code::kFull, "the disk of node 1 is full", 0, 1);
  });
  EXPECT_EQ(Say("put k v"), "full: the disk of node 1 is full\n");
  EXPECT_NE(Say("put k v", true).find(R"("error":"full")"), std::string::npos);
}

}  // namespace
}  // namespace cairn::cli
