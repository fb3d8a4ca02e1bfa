#include "cli/commands.h"

#include <gtest/gtest.h>

#include "cli/command_fixture.h"
#include "cli/render.h"
#include "common/limits.h"

namespace cairn::cli {
namespace {

class CommandsTest : public CommandFixture {
 protected:
  /// With --config right behind the verb.
  int RunHere(std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin() + 1, {"--config", File()});
    return Run(std::move(words), input);
  }
  const Request& LastWrite() {
    return std::get<api::Write>(fake_.nodes[fake_.order.back()].calls.back().second).request;
  }
};

TEST_F(CommandsTest, PutSaysItsSlot) {
  EXPECT_EQ(RunHere({"put", "k", "v"}), 0);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "decided at slot 11\n");
  EXPECT_EQ(RunHere({"put", "k", "v", "--json"}), 0);
  EXPECT_EQ(out_, R"({"op":"put","key":"k","ok":true,"error":null,"slot":11,"leader":1})"
                  "\n");
  EXPECT_EQ(err_, "");
}

TEST_F(CommandsTest, FullDisksAreToldInTheNodesOwnWordsAndEndWithFour) {
  fake_.SetAnswers([](const api::CallBody& body) -> std::optional<api::ReplyBody> {
    if (std::holds_alternative<api::Write>(body)) {
      return client::FakeCluster::Failed(Code::kFull, "the disks of nodes 1 and 2 are full", 0, 1);
    }
    return client::FakeCluster::Ok(11, "value");
  });
  EXPECT_EQ(RunHere({"put", "k", "v"}), 4);
  EXPECT_EQ(err_, "cairn put: the disks of nodes 1 and 2 are full\n");
  EXPECT_EQ(RunHere({"del", "k", "--json"}), 4);
  EXPECT_EQ(out_, R"({"op":"del","key":"k","ok":false,"error":"full","slot":null,"leader":1,)"
                  R"("message":"the disks of nodes 1 and 2 are full"})"
                  "\n");
  EXPECT_EQ(RunHere({"get", "k"}), 0);
  EXPECT_EQ(out_, "value\n");
}

TEST_F(CommandsTest, KeysAndValuesArriveAsTheyWereTyped) {
  for (const std::string& bytes :
       {std::string("[1,2]"), std::string("{}"), std::string(" a, b "), std::string("%%"),
        std::string("\"quoted\""), std::string("'"), std::string("a=b"), std::string("-5"),
        std::string("get"), std::string("\xff\xfe"), std::string("gr\xc3\xbc\xc3\x9f"),
        std::string("a\nb"), std::string("\\n"), std::string("$HOME"), std::string("//x"),
        std::string("/x")}) {
    ASSERT_EQ(RunHere({"put", bytes, bytes}), 0) << bytes << err_;
    EXPECT_EQ(LastWrite().key, bytes);
    EXPECT_EQ(LastWrite().value, bytes);
  }
  ASSERT_EQ(RunHere({"put", "k", ""}), 0) << err_;
  EXPECT_EQ(LastWrite().value, "");
  for (const std::string& bytes :
       {std::string("-v"), std::string("--json"), std::string("++"), std::string("--")}) {
    ASSERT_EQ(RunHere({"put", "--", bytes, bytes}), 0) << bytes << err_;
    EXPECT_EQ(LastWrite().key, bytes);
    EXPECT_EQ(LastWrite().value, bytes);
  }
}

TEST_F(CommandsTest, ADashAsValueIsStandardInputToItsEnd) {
  const std::string binary("a\0b\n\xff\r\n", 7);
  EXPECT_EQ(RunHere({"put", "k", "-"}, binary), 0);
  EXPECT_EQ(LastWrite().value, binary);
  EXPECT_EQ(RunHere({"put", "k", "-"}, std::string(kMaxValueBytes, 'v')), 0);
  EXPECT_EQ(LastWrite().value.size(), kMaxValueBytes);
  EXPECT_EQ(RunHere({"put", "k", "-"}, std::string(kMaxValueBytes + 1, 'v')), 2);
  EXPECT_EQ(err_,
            "cairn put: the value on standard input has more than 1048576 bytes (1 MiB), "
            "the limit; nothing was sent\n");
}

TEST_F(CommandsTest, AnInputThatCanNotBeReadIsAnErrorAndNothingIsSent) {
  input_error_ = Status::Other("Is a directory");
  EXPECT_EQ(RunHere({"put", "k", "-"}), 1);
  EXPECT_EQ(err_,
            "cairn put: can't read the value from standard input: Is a directory; nothing was "
            "sent\n");
  EXPECT_EQ(RunHere({"put", "k", "-", "--json"}), 1);
  EXPECT_EQ(text::Json::parse(out_)["error"], "other");
  EXPECT_TRUE(fake_.order.empty());
}

TEST_F(CommandsTest, ExchangedNodesAreNeverShownAsEachOther) {
  fake_.nodes[1].speaks_as = 2;
  fake_.nodes[2].speaks_as = 1;
  fake_.SetAnswers([](const api::CallBody& body) -> api::ReplyBody {
    if (std::holds_alternative<api::StatusCall>(body)) {
      api::StatusReport report;
      report.replica.quorum = true;
      report.replica.role = "leader";
      report.replica.leader = 3;
      return report;
    }
    return client::FakeCluster::Ok(4, "a value");
  });
  const std::string words =
      "who answers as node 1 (127.0.0.1:5001) is node 2; compare the addresses of nodes 1 and 2 in "
      "the cluster file with those of the nodes";
  EXPECT_EQ(RunHere({"status"}), 2);
  EXPECT_NE(out_.find(words), std::string::npos) << out_;
  EXPECT_EQ(RunHere({"get", "k", "--stale", "--node", "1"}), 2);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "cairn get: " + words + "\n");
  EXPECT_EQ(RunHere({"chain", "--node", "1"}), 2);
  EXPECT_EQ(err_, "cairn chain: " + words + "\n");
  EXPECT_EQ(RunHere({"chain", "--node", "1", "--json"}), 2);
  EXPECT_EQ(text::Json::parse(out_)["error"], "usage");
  EXPECT_EQ(RunHere({"get", "k"}), 0) << "the third node is who it says";
}

TEST_F(CommandsTest, GetPrintsTheValueAndANewline) {
  const std::string value("a\0b", 3);
  fake_.SetAnswers([value](const api::CallBody&) { return client::FakeCluster::Ok(12, value); });
  EXPECT_EQ(RunHere({"get", "k"}), 0);
  EXPECT_EQ(out_, value + "\n");
  EXPECT_EQ(err_, "");
  EXPECT_EQ(RunHere({"get", "k", "--raw"}), 0);
  EXPECT_EQ(out_, value);
  EXPECT_EQ(RunHere({"get", "--json", "k"}), 0);
  EXPECT_EQ(
      out_,
      R"({"op":"get","key":"k","value":"a\u0000b","ok":true,"error":null,"slot":12,"leader":1})"
      "\n");
}

TEST_F(CommandsTest, AMissingKeyIsExitCodeThreeAndASentence) {
  fake_.SetAnswers(
      [](const api::CallBody&) { return client::FakeCluster::Failed(Code::kNotFound, "", 9); });
  EXPECT_EQ(RunHere({"get", "k"}), 3);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "cairn get: there is no key \"k\"\n");
  EXPECT_EQ(RunHere({"del", "k"}), 3);
  EXPECT_EQ(RunHere({"get", "k", "--json"}), 3);
  EXPECT_EQ(text::Json::parse(out_)["error"], "not_found");
  EXPECT_EQ(text::Json::parse(out_)["slot"], 9);
  EXPECT_TRUE(text::Json::parse(out_)["value"].is_null());
}

TEST_F(CommandsTest, AStaleReadNamesItsNode) {
  fake_.SetAnswers([](const api::CallBody& body) {
    return client::FakeCluster::Ok(4,
                                   std::holds_alternative<api::StaleRead>(body) ? "stale" : "new");
  });
  EXPECT_EQ(RunHere({"get", "k", "--stale", "--node", "2"}), 0);
  EXPECT_EQ(out_, "stale\n");
  EXPECT_EQ(fake_.order.back(), 2U);
  EXPECT_EQ(RunHere({"get", "k", "--node", "3"}), 0);
  EXPECT_EQ(out_, "new\n");
  EXPECT_EQ(fake_.order.back(), 3U);
  EXPECT_EQ(RunHere({"get", "k", "--stale"}), 2);
}

TEST_F(CommandsTest, ExitCodesTellRefusedFromUnknown) {
  fake_.SetAnswers([](const api::CallBody&) { return client::FakeCluster::NoMajority(); });
  EXPECT_EQ(RunHere({"put", "k", "v"}), 4);
  fake_.SetAnswers([](const api::CallBody&) { return std::nullopt; });
  EXPECT_EQ(RunHere({"put", "k", "v"}), 5);
  EXPECT_EQ(RunHere({"get", "k"}), 4);
  EXPECT_EQ(RunHere({"put", "", "v"}), 2);
}

TEST_F(CommandsTest, TheTimeoutBoundsAVerb) {
  for (auto& [id, node] : fake_.nodes) {
    node.up = false;
  }
  Micros before = fake_.now;
  EXPECT_EQ(RunHere({"put", "k", "v", "--timeout", "0.5"}), 4);
  EXPECT_EQ(fake_.now - before, 500'000U);
  setenv("CAIRN_TIMEOUT", "0.25", 1);
  before = fake_.now;
  EXPECT_EQ(RunHere({"get", "k"}), 4);
  EXPECT_EQ(fake_.now - before, 250'000U);
  before = fake_.now;
  EXPECT_EQ(RunHere({"get", "k", "--timeout", "0.5"}), 4);
  EXPECT_EQ(fake_.now - before, 500'000U);
  setenv("CAIRN_TIMEOUT", "soon", 1);
  EXPECT_EQ(RunHere({"get", "k"}), 2);
  EXPECT_EQ(err_,
            "cairn get: CAIRN_TIMEOUT is no such time; write seconds, more than 0 and up to "
            "86400\n");
  unsetenv("CAIRN_TIMEOUT");
  for (const char* wrong : {"0", "-1", "x", "nan", "1e9"}) {
    EXPECT_EQ(RunHere({"get", "k", "--timeout", wrong}), 2) << wrong;
  }
}

TEST_F(CommandsTest, StatusHasAnExitCodeOfItsOwn) {
  fake_.SetAnswers([](const api::CallBody&) {
    api::StatusReport report;
    report.replica.role = "leader";
    report.replica.quorum = true;
    report.replica.leader = 1;
    return report;
  });
  EXPECT_EQ(RunHere({"status"}), 0);
  EXPECT_NE(out_.find("node 1 leads; 3 of 3 nodes answer"), std::string::npos) << out_;
  EXPECT_EQ(RunHere({"status", "--json"}), 0);
  EXPECT_EQ(text::Json::parse(out_)["leader"], 1);
  for (auto& [id, node] : fake_.nodes) {
    node.up = false;
  }
  EXPECT_EQ(RunHere({"status", "--json"}), 4);
  EXPECT_TRUE(text::Json::parse(out_)["leader"].is_null());
  EXPECT_EQ(RunHere({"status"}), 4);
  EXPECT_NE(out_.find("no majority: 0 of 3 nodes answer; 2 are needed"), std::string::npos);
}

TEST_F(CommandsTest, FaultsAreSentToTheNodesThatTheyName) {
  std::vector<api::FaultCall> calls;
  fake_.SetAnswers([&calls](const api::CallBody& body) {
    calls.push_back(std::get<api::FaultCall>(body));
    return api::FaultDone{"done"};
  });
  const std::string config = File();
  EXPECT_EQ(Run({"fault", "failLink", "1", "3", "--config", config}), 0) << err_;
  EXPECT_EQ(err_, "done\n");
  EXPECT_EQ(Run({"fault", "fixLink", "3", "2", "--config", config, "--json"}), 0);
  EXPECT_EQ(text::Json::parse(out_)["op"], "fixLink");
  EXPECT_EQ(Run({"fault", "failProcess", "2", "--config", config}), 0);
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(fake_.order, (std::vector<NodeId>{1, 3, 2}));
  EXPECT_EQ(calls[1].b, 2U);
  EXPECT_EQ(Run({"fault", "failLink", "1", "--config", config}), 2);
  EXPECT_EQ(Run({"fault", "--config", config}), 2);
}

TEST_F(CommandsTest, RefusesANodeThatIsNotThere) {
  EXPECT_EQ(RunHere({"put", "k", "v", "--node", "7"}), 2);
  EXPECT_EQ(err_, "cairn put: there is no node 7; " + directory_.path() +
                      "/cluster.toml has nodes 1, 2 and 3\n");
  EXPECT_EQ(RunHere({"client", "9"}), 2);
  EXPECT_EQ(RunHere({"client", "0"}), 2);
  EXPECT_EQ(RunHere({"client"}), 2);
}

TEST_F(CommandsTest, ABadClusterFileIsAUsageErrorAlsoInJson) {
  EXPECT_EQ(Run({"put", "k", "v", "--config", directory_.Sub("none.toml")}), 2);
  EXPECT_EQ(err_.find("cairn put: can't read the cluster file " + directory_.Sub("none.toml")), 0U);
  EXPECT_EQ(Run({"put", "k", "v", "--json", "--config", directory_.Sub("none.toml")}), 2);
  EXPECT_EQ(text::Json::parse(out_)["error"], "usage");
}

TEST_F(CommandsTest, RefusesWordsThatItDoesNotKnow) {
  EXPECT_EQ(RunHere({"put", "k"}), 2);
  EXPECT_EQ(RunHere({"put", "k", "v", "w"}), 2);
  EXPECT_EQ(RunHere({"put", "k", "v", "--jsno"}), 2);
  EXPECT_TRUE(fake_.order.empty());
}

}  // namespace
}  // namespace cairn::cli
