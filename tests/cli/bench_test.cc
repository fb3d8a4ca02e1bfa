#include "cli/bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/command_fixture.h"
#include "cli/render.h"

namespace cairn::cli {
namespace {

class BenchTest : public CommandFixture {
 protected:
  BenchTest() {
    for (auto& [id, node] : fake_.nodes) {
      node.delay = 10'000;
    }
    Lead(1, client::FakeCluster::Ok(11));
  }

  /// All nodes say that this one leads, and answer everything else like this.
  void Lead(NodeId leader, const api::ReplyBody& answer) {
    for (auto& [id, node] : fake_.nodes) {
      node.answer = [id = id, leader, answer](const api::CallBody& body) {
        if (!std::holds_alternative<api::StatusCall>(body)) {
          return answer;
        }
        api::StatusReport report;
        report.replica.node = id;
        report.replica.role = id == leader ? "leader" : "follower";
        report.replica.leader = leader;
        report.replica.quorum = true;
        return api::ReplyBody(report);
      };
    }
  }
  /// For a tenth of a second of the fake clock.
  int RunHere(std::vector<std::string> words) {
    words.insert(words.begin(),
                 {"bench", "--config", File(), "--warmup", "0.1", "--seconds", "0.1"});
    return Run(std::move(words));
  }
  std::vector<text::Json> Objects() const {
    std::vector<text::Json> objects;
    std::istringstream lines(out_);
    for (std::string line; std::getline(lines, line);) {
      objects.push_back(text::Json::parse(line));
    }
    return objects;
  }
};

TEST_F(BenchTest, PeopleGetALineForEachRunAndTheMedian) {
  EXPECT_EQ(RunHere({"--clients", "2,4", "--runs", "3"}), 0) << err_;
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 1 + 2 * 4) << out_;
  EXPECT_NE(out_.find("p99.9 ms"), std::string::npos) << out_;
  EXPECT_NE(out_.find("median"), std::string::npos) << out_;
  EXPECT_EQ(err_, "");
}

TEST_F(BenchTest, MachinesGetOneObjectForEachRun) {
  EXPECT_EQ(RunHere({"--clients", "1,4", "--runs", "2", "--value-size", "7", "--json"}), 0) << err_;
  const std::vector<text::Json> runs = Objects();
  ASSERT_EQ(runs.size(), 4U);
  EXPECT_EQ(runs[0]["clients"], 1);
  EXPECT_EQ(runs[0]["connections"], 1);
  EXPECT_EQ(runs[3]["clients"], 4);
  EXPECT_EQ(runs[3]["connections"], 4) << "as many as clients, up to ten";
  EXPECT_EQ(runs[3]["run"], 2);
  EXPECT_EQ(runs[3]["op"], "put");
  EXPECT_EQ(runs[3]["nodes"], text::Json::array({1}));
  EXPECT_TRUE(runs[3]["rate"].is_null());
  EXPECT_EQ(runs[3]["value_size"], 7);
  EXPECT_GT(runs[3]["operations"], 0);
  EXPECT_GT(runs[3]["throughput"], 0.0);
  EXPECT_GE(runs[3]["p99_us"], runs[3]["p50_us"]);
  EXPECT_GE(runs[3]["max_us"], runs[3]["p999_us"]);
  EXPECT_EQ(runs[3]["errors"], text::Json::object());
  EXPECT_EQ(fake_.nodes[1].WriteAt(1).value.size(), 7U) << "after the question who leads";
}

TEST_F(BenchTest, ErrorsAreToldByTheirKindAndByTheExitCode) {
  Lead(1, client::FakeCluster::NoMajority());
  EXPECT_EQ(RunHere({"--clients", "2", "--json"}), 4);
  EXPECT_EQ(Objects().at(0)["errors"]["unavailable"], 2) << out_;
  EXPECT_EQ(Objects().at(0)["operations"], 0);
  EXPECT_NE(err_.find("unavailable"), std::string::npos) << err_;
}

TEST_F(BenchTest, ItGoesThroughTheNodesThatAreNamed) {
  EXPECT_EQ(RunHere({"--node", "2,3"}), 0) << err_;
  EXPECT_TRUE(fake_.nodes[1].calls.empty());
  EXPECT_FALSE(fake_.nodes[2].calls.empty());
  EXPECT_FALSE(fake_.nodes[3].calls.empty());
}

TEST_F(BenchTest, ANodeThatIsNotThereIsAUsageErrorThatNamesThoseThatAre) {
  EXPECT_EQ(RunHere({"--node", "4"}), 2);
  EXPECT_NE(err_.find("nodes 1, 2 and 3"), std::string::npos) << err_;
  EXPECT_EQ(RunHere({"--node", "2x"}), 2);
}

TEST_F(BenchTest, ItGoesToTheLeaderAsAClientDoes) {
  Lead(3, client::FakeCluster::Ok(11));
  EXPECT_EQ(RunHere({"--json"}), 0) << err_;
  EXPECT_EQ(Objects().at(0)["nodes"], text::Json::array({3}));
  EXPECT_EQ(RunHere({"--node", "leader", "--json"}), 0) << err_;
  EXPECT_EQ(Objects().at(0)["nodes"], text::Json::array({3}));
}

TEST_F(BenchTest, AllNodesCanBeMeant) {
  EXPECT_EQ(RunHere({"--node", "all", "--json"}), 0) << err_;
  EXPECT_EQ(Objects().at(0)["nodes"], text::Json::array({1, 2, 3}));
}

TEST_F(BenchTest, AFillPutsEveryKeyBeforeTheFirstRun) {
  EXPECT_EQ(RunHere({"--op", "get", "--fill", "--keys", "300"}), 0) << err_;
  std::size_t writes = 0;
  for (const auto& [id, node] : fake_.nodes) {
    writes += static_cast<std::size_t>(std::ranges::count_if(node.calls, [](const auto& call) {
      return std::holds_alternative<api::Write>(call.second);
    }));
  }
  EXPECT_EQ(writes, 300U);
  EXPECT_NE(err_.find("put 300 keys"), std::string::npos) << err_;
}

TEST_F(BenchTest, WrongWordsAreRefused) {
  EXPECT_EQ(RunHere({"--op", "delete"}), 2);
  EXPECT_EQ(RunHere({"--clients", "0"}), 2);
  EXPECT_EQ(RunHere({"--clients", "4,x"}), 2);
  EXPECT_EQ(RunHere({"--rate", "-1"}), 2);
  EXPECT_EQ(RunHere({"--value-size", "1048577"}), 2);
  EXPECT_EQ(RunHere({"--keys", "0"}), 2);
}

}  // namespace
}  // namespace cairn::cli
