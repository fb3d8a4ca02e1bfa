#include "client/bench.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/fake_cluster.h"
#include "client/render.h"

namespace cairn::client {
namespace {

namespace fs = std::filesystem;

class BenchTest : public ::testing::Test {
 protected:
  BenchTest() {
    std::string pattern = (fs::temp_directory_path() / "cairn-bench-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    std::ofstream file(directory_ + "/cluster.toml");
    file << "[cluster]\nname = \"test\"\n";
    for (int id = 1; id <= 3; ++id) {
      file << "[[node]]\nid = " << id << "\nhost = \"127.0.0.1\"\nclient_port = " << 5000 + id
           << "\npeer_port = " << 5100 + id << "\n";
    }
    unsetenv("CAIRN_TIMEOUT");
    for (auto& [id, node] : fake_.nodes) {
      node.delay = 10'000;
    }
    Lead(1, FakeCluster::Ok(11));
  }
  ~BenchTest() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  /// All nodes say that this one leads, and answer everything else like this.
  void Lead(NodeId leader, const net::ReplyBody& answer) {
    for (auto& [id, node] : fake_.nodes) {
      node.answer = [id = id, leader, answer](const net::CallBody& body) {
        if (!std::holds_alternative<net::StatusCall>(body)) {
          return answer;
        }
        net::StatusReport report;
        report.replica.node = id;
        report.replica.role = id == leader ? "leader" : "follower";
        report.replica.leader = leader;
        report.replica.quorum = true;
        return net::ReplyBody(report);
      };
    }
  }
  /// Runs `cairn bench words…` for a tenth of a second of the fake clock.
  int Run(std::vector<std::string> words) {
    words.insert(words.begin(), {"bench", "--config", directory_ + "/cluster.toml", "--warmup",
                                 "0.1", "--seconds", "0.1"});
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    CLI::App app("cairn");
    GlobalOptions global;
    int code = 0;
    AddClientCommands(&app, &global, &code, {&in, &out, &err, [this](const config::Cluster&) {
                                               return fake_.MakeEnvironment();
                                             }});
    std::reverse(words.begin(), words.end());
    try {
      app.parse(words);
    } catch (const CLI::ParseError& error) {
      err << error.what() << "\n";
      code = ExitCode(Code::kUsage);
    }
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  std::vector<Json> Objects() const {
    std::vector<Json> objects;
    std::istringstream lines(out_);
    for (std::string line; std::getline(lines, line);) {
      objects.push_back(Json::parse(line));
    }
    return objects;
  }

  FakeCluster fake_{3};
  std::string directory_;
  std::string out_;
  std::string err_;
};

TEST_F(BenchTest, PeopleGetALineForEachRunAndTheMedian) {
  EXPECT_EQ(Run({"--clients", "2,4", "--runs", "3"}), 0) << err_;
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 1 + 2 * 4) << out_;
  EXPECT_NE(out_.find("p99.9 ms"), std::string::npos) << out_;
  EXPECT_NE(out_.find("median"), std::string::npos) << out_;
  EXPECT_EQ(err_, "");
}

TEST_F(BenchTest, MachinesGetOneObjectForEachRun) {
  EXPECT_EQ(Run({"--clients", "1,4", "--runs", "2", "--value-size", "7", "--json"}), 0) << err_;
  const std::vector<Json> runs = Objects();
  ASSERT_EQ(runs.size(), 4U);
  EXPECT_EQ(runs[0]["clients"], 1);
  EXPECT_EQ(runs[0]["connections"], 1);
  EXPECT_EQ(runs[3]["clients"], 4);
  EXPECT_EQ(runs[3]["connections"], 4) << "as many as clients, up to ten";
  EXPECT_EQ(runs[3]["run"], 2);
  EXPECT_EQ(runs[3]["op"], "put");
  EXPECT_EQ(runs[3]["nodes"], Json::array({1}));
  EXPECT_TRUE(runs[3]["rate"].is_null());
  EXPECT_EQ(runs[3]["value_size"], 7);
  EXPECT_GT(runs[3]["operations"], 0);
  EXPECT_GT(runs[3]["throughput"], 0.0);
  EXPECT_GE(runs[3]["p99_us"], runs[3]["p50_us"]);
  EXPECT_GE(runs[3]["max_us"], runs[3]["p999_us"]);
  EXPECT_EQ(runs[3]["errors"], Json::object());
  EXPECT_EQ(fake_.nodes[1].WriteAt(1).value.size(), 7U) << "after the question who leads";
}

TEST_F(BenchTest, ErrorsAreToldByTheirKindAndByTheExitCode) {
  Lead(1, FakeCluster::NoMajority());
  EXPECT_EQ(Run({"--clients", "2", "--json"}), 4);
  EXPECT_EQ(Objects().at(0)["errors"]["unavailable"], 2) << out_;
  EXPECT_EQ(Objects().at(0)["operations"], 0);
  EXPECT_NE(err_.find("unavailable"), std::string::npos) << err_;
}

TEST_F(BenchTest, ItGoesThroughTheNodesThatAreNamed) {
  EXPECT_EQ(Run({"--node", "2,3"}), 0) << err_;
  EXPECT_TRUE(fake_.nodes[1].calls.empty());
  EXPECT_FALSE(fake_.nodes[2].calls.empty());
  EXPECT_FALSE(fake_.nodes[3].calls.empty());
}

TEST_F(BenchTest, ANodeThatIsNotThereIsAUsageErrorThatNamesThoseThatAre) {
  EXPECT_EQ(Run({"--node", "4"}), 2);
  EXPECT_NE(err_.find("nodes 1, 2 and 3"), std::string::npos) << err_;
  EXPECT_EQ(Run({"--node", "2x"}), 2);
}

TEST_F(BenchTest, ItGoesToTheLeaderAsAClientDoes) {
  Lead(3, FakeCluster::Ok(11));
  EXPECT_EQ(Run({"--json"}), 0) << err_;
  EXPECT_EQ(Objects().at(0)["nodes"], Json::array({3}));
  EXPECT_EQ(Run({"--node", "leader", "--json"}), 0) << err_;
  EXPECT_EQ(Objects().at(0)["nodes"], Json::array({3}));
}

TEST_F(BenchTest, AllNodesCanBeMeant) {
  EXPECT_EQ(Run({"--node", "all", "--json"}), 0) << err_;
  EXPECT_EQ(Objects().at(0)["nodes"], Json::array({1, 2, 3}));
}

TEST_F(BenchTest, AFillPutsEveryKeyBeforeTheFirstRun) {
  EXPECT_EQ(Run({"--op", "get", "--fill", "--keys", "300"}), 0) << err_;
  std::size_t writes = 0;
  for (const auto& [id, node] : fake_.nodes) {
    writes += static_cast<std::size_t>(std::ranges::count_if(node.calls, [](const auto& call) {
      return std::holds_alternative<net::Write>(call.second);
    }));
  }
  EXPECT_EQ(writes, 300U);
  EXPECT_NE(err_.find("put 300 keys"), std::string::npos) << err_;
}

TEST_F(BenchTest, WrongWordsAreRefused) {
  EXPECT_EQ(Run({"--op", "delete"}), 2);
  EXPECT_EQ(Run({"--clients", "0"}), 2);
  EXPECT_EQ(Run({"--clients", "4,x"}), 2);
  EXPECT_EQ(Run({"--rate", "-1"}), 2);
  EXPECT_EQ(Run({"--value-size", "1048577"}), 2);
  EXPECT_EQ(Run({"--keys", "0"}), 2);
}

}  // namespace
}  // namespace cairn::client
