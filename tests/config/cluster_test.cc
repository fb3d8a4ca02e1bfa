#include "config/cluster.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "common/limits.h"
#include "tests/storage/temp_directory.h"

namespace cairn::config {
namespace {

namespace fs = std::filesystem;

constexpr char kNode1[] =
    "[[node]]\nid = 1\nhost = \"127.0.0.1\"\nclient_port = 5001\npeer_port = 5101\n";
constexpr char kNode2[] =
    "[[node]]\nid = 2\nhost = \"127.0.0.1\"\nclient_port = 5002\npeer_port = 5102\n";

class ClusterTest : public ::testing::Test {
 protected:
  Result<Cluster> Load(const std::string& text) {
    std::ofstream(Path()) << text;
    return LoadCluster(Path());
  }
  /// The sentence for a person, without the file's name.
  std::string ErrorOf(const std::string& text) {
    const Result<Cluster> cluster = Load(text);
    if (cluster.ok()) {
      return "no error";
    }
    EXPECT_EQ(cluster.status().code(), Code::kUsage);
    const std::string message = cluster.status().message();
    EXPECT_EQ(message.find(Path()), 0U) << message;
    return message.substr(std::min(message.size(), Path().size()));
  }
  [[nodiscard]] std::string Path() const { return directory_ + "/cluster.toml"; }

  storage::TempDirectory temporary_;
  const std::string& directory_ = temporary_.path();
};

TEST_F(ClusterTest, ReadsAWholeFileInTheOrderOfTheIds) {
  const auto cluster =
      Load(std::string("[cluster]\nname = \"demo\"\nallow_faults = true\n") + kNode2 + kNode1);
  ASSERT_TRUE(cluster.ok()) << cluster.status().message();
  EXPECT_EQ(cluster->path, Path());
  EXPECT_EQ(cluster->name, "demo");
  EXPECT_TRUE(cluster->allow_faults);
  EXPECT_FALSE(cluster->insecure);
  ASSERT_EQ(cluster->nodes.size(), 2U);
  EXPECT_EQ(cluster->nodes[0].id, 1U);
  EXPECT_EQ(cluster->nodes[1].client_port, 5002);
  EXPECT_EQ(cluster->nodes[1].peer_port, 5102);
  ASSERT_NE(cluster->Find(2), nullptr);
  EXPECT_EQ(cluster->Find(2)->host, "127.0.0.1");
  EXPECT_EQ(cluster->Find(3), nullptr);
}

TEST_F(ClusterTest, SuggestsTheNearestKnownKeyWithItsLine) {
  EXPECT_EQ(ErrorOf(std::string("[cluster]\nname = \"x\"\nalow_faults = true\n") + kNode1),
            ":3: unknown key \"alow_faults\" in [cluster]; did you mean \"allow_faults\"?");
  EXPECT_EQ(ErrorOf("[cluster]\nname = \"x\"\n[[node]]\nid = 1\nhots = \"127.0.0.1\"\n"),
            ":5: unknown key \"hots\" in a [[node]]; did you mean \"host\"?");
  EXPECT_EQ(ErrorOf("[clutser]\nname = \"x\"\n"),
            ":1: unknown key \"clutser\" in the file; did you mean \"cluster\"?");
}

TEST_F(ClusterTest, NamesTheKnownKeysWhenNoneIsNear) {
  EXPECT_EQ(ErrorOf(std::string("[cluster]\nname = \"x\"\nzzzzzzzzz = 1\n") + kNode1),
            ":3: unknown key \"zzzzzzzzz\" in [cluster]; known here: \"name\", \"allow_faults\", "
            "\"insecure\"");
}

TEST_F(ClusterTest, SaysWhatToWriteWhenSomethingIsMissing) {
  EXPECT_EQ(ErrorOf(kNode1),
            ": there is no table [cluster]; write [cluster] and below it name = \"cairn\"");
  EXPECT_EQ(ErrorOf("[cluster]\nname = \"x\"\n"),
            ": there are no nodes; write a table [[node]] (in double brackets) for each, with id, "
            "host, client_port and peer_port");
  EXPECT_EQ(ErrorOf(std::string("[cluster]\n") + kNode1),
            ":1: [cluster] has no key \"name\"; write name = \"a name for this cluster\"");
  EXPECT_EQ(
      ErrorOf("[cluster]\nname = \"x\"\n[[node]]\nid = 1\nhost = \"::1\"\npeer_port = 1\n"),
      ":3: a [[node]] has no key \"client_port\"; write client_port = 5001 (a whole number, 1 "
      "to 65535)");
}

TEST_F(ClusterTest, SaysWhatToWriteWhenATypeIsWrong) {
  EXPECT_EQ(ErrorOf(std::string("[cluster]\nname = 7\n") + kNode1),
            ":2: the value of \"name\" is a whole number; write name = \"a name for this "
            "cluster\"");
  EXPECT_EQ(ErrorOf(std::string("[cluster]\nname = \"x\"\nallow_faults = \"yes\"\n") + kNode1),
            ":3: the value of \"allow_faults\" is a text in quotes; write allow_faults = true or "
            "false");
  EXPECT_EQ(ErrorOf("[cluster]\nname = \"x\"\n[[node]]\nid = \"1\"\n"),
            ":4: the value of \"id\" is a text in quotes; write id = 1 (a whole number, 1 to 9)");
  EXPECT_EQ(ErrorOf("node = [1]\n[cluster]\nname = \"x\"\n"),
            ":1: a node is a whole number; write a table [[node]] with id, host, client_port and "
            "peer_port");
  EXPECT_EQ(
      ErrorOf("[cluster]\nname = \"x\"\n[node]\nid = 1\n"),
      ":3: there are no nodes; write a table [[node]] (in double brackets) for each, with id, "
      "host, client_port and peer_port");
}

TEST_F(ClusterTest, RefusesNumbersOutOfRange) {
  const std::string head = "[cluster]\nname = \"x\"\n[[node]]\nhost = \"127.0.0.1\"\n";
  EXPECT_EQ(ErrorOf(head + "id = 10\nclient_port = 1\npeer_port = 2\n"),
            ":5: \"id\" is 10; write a whole number from 1 to 9");
  EXPECT_EQ(ErrorOf(head + "id = 0\nclient_port = 1\npeer_port = 2\n"),
            ":5: \"id\" is 0; write a whole number from 1 to 9");
  EXPECT_EQ(ErrorOf(head + "id = 1\nclient_port = 65536\npeer_port = 2\n"),
            ":6: \"client_port\" is 65536; write a whole number from 1 to 65535");
  EXPECT_EQ(ErrorOf(head + "id = 1\nclient_port = 1\npeer_port = -2\n"),
            ":7: \"peer_port\" is -2; write a whole number from 1 to 65535");
}

TEST_F(ClusterTest, LimitsTheNameToSixtyFourBytes) {
  EXPECT_TRUE(Load("[cluster]\nname = \"" + std::string(64, 'n') + "\"\n" + kNode1).ok());
  EXPECT_EQ(ErrorOf("[cluster]\nname = \"" + std::string(65, 'n') + "\"\n" + kNode1),
            ":2: the name of the cluster has 65 bytes; write one of 1 to 64");
  EXPECT_EQ(ErrorOf(std::string("[cluster]\nname = \"\"\n") + kNode1),
            ":2: the name of the cluster has 0 bytes; write one of 1 to 64");
}

TEST_F(ClusterTest, TakesOneToNineNodes) {
  std::string text = "[cluster]\nname = \"x\"\n";
  for (int id = 1; id <= 9; ++id) {
    text += "[[node]]\nid = " + std::to_string(id) +
            "\nhost = \"127.0.0.1\"\nclient_port = " + std::to_string(6000 + id) +
            "\npeer_port = " + std::to_string(6100 + id) + "\n";
    EXPECT_TRUE(Load(text).ok()) << id;
  }
  EXPECT_EQ(ErrorOf(text + kNode1),
            ":48: there are 10 nodes; a cluster has 1 to 9, so take the others out");
}

TEST_F(ClusterTest, RefusesTwoNodesWithOneIdOrAddress) {
  const std::string head = "[cluster]\nname = \"x\"\n";
  EXPECT_EQ(ErrorOf(head + kNode1 + kNode1),
            ":9: there are two nodes with id 1; give each node an id of its own");
  EXPECT_EQ(ErrorOf(head + kNode1 +
                    "[[node]]\nid = 2\nhost = \"127.0.0.1\"\nclient_port = 5101\npeer_port = 1\n"),
            ":8: nodes 1 and 2 both use 127.0.0.1:5101; give every client_port and peer_port of a "
            "host a number of its own");
  EXPECT_EQ(
      ErrorOf(head + "[[node]]\nid = 2\nhost = \"::1\"\nclient_port = 5101\npeer_port = 5101\n"),
      ":3: node 2 uses ::1:5101 twice; give every client_port and peer_port of a host a number of "
      "its own");
}

TEST_F(ClusterTest, ListensOnLoopbackOnlyUnlessTheFileSaysInsecure) {
  const auto with_host = [](const std::string& host, bool insecure) {
    return std::string("[cluster]\nname = \"x\"\ninsecure = ") + (insecure ? "true" : "false") +
           "\n[[node]]\nid = 1\nhost = \"" + host + "\"\nclient_port = 1\npeer_port = 2\n";
  };
  for (const char* host : {"127.0.0.1", "127.8.9.10", "::1", "localhost"}) {
    EXPECT_TRUE(Load(with_host(host, false)).ok()) << host;
  }
  for (const char* host : {"10.0.0.1", "node1.example.org", "fe80::1", "127.0.0.1.example.org"}) {
    EXPECT_EQ(ErrorOf(with_host(host, false)),
              std::string(":6: the host \"") + host +
                  "\" is not a loopback address, and links are not encrypted; write insecure = "
                  "true in [cluster] if the network is trusted, or host = \"127.0.0.1\"");
    EXPECT_TRUE(Load(with_host(host, true)).ok()) << host;
  }
}

TEST_F(ClusterTest, RefusesAHostThatNobodyCanReach) {
  for (const char* host : {"", "*", "0.0.0.0", "::", "a b", "tcp://x"}) {
    EXPECT_EQ(ErrorOf(std::string("[cluster]\nname = \"x\"\ninsecure = true\n[[node]]\nid = "
                                  "1\nhost = \"") +
                      host + "\"\nclient_port = 1\npeer_port = 2\n"),
              std::string(":6: the host \"") + host +
                  "\" is no address; write the name or IP address by which the other nodes and the "
                  "clients reach this node");
  }
}

TEST_F(ClusterTest, AHostWithAPortOrBracketsGetsAHint) {
  const std::map<std::string, std::string> hints = {
      {"[::1]", "::1"},
      {"[::1]:5001", "::1"},
      {"127.0.0.1:5001", "127.0.0.1"},
      {"node1.example.org:5001", "node1.example.org"}};
  for (const auto& [host, plain] : hints) {
    EXPECT_EQ(ErrorOf(std::string("[cluster]\nname = \"x\"\ninsecure = true\n[[node]]\nid = "
                                  "1\nhost = \"") +
                      host + "\"\nclient_port = 1\npeer_port = 2\n"),
              std::string(":6: the host \"") + host + "\" is more than a host; write host = \"" +
                  plain + "\", without brackets, and the ports in client_port and peer_port");
  }
}

TEST_F(ClusterTest, NamesTheLineThatIsNotToml) {
  const std::string error = ErrorOf("[cluster]\nname = \n");
  EXPECT_EQ(error.find(":2: this is not TOML: "), 0U) << error;
  EXPECT_NE(ErrorOf(std::string("\x00\xff\xfe garbage", 11)).find("this is not TOML"),
            std::string::npos);
}

TEST_F(ClusterTest, SaysWhyAFileCannotBeRead) {
  const auto missing = LoadCluster(directory_ + "/none.toml");
  EXPECT_EQ(missing.status().message(), "can't read the cluster file " + directory_ +
                                            "/none.toml: No such file or directory; name another "
                                            "one with --config FILE");
  EXPECT_EQ(missing.status().code(), Code::kUsage);
  const auto is_directory = LoadCluster(directory_);
  ASSERT_FALSE(is_directory.ok());
  EXPECT_EQ(is_directory.status().message(), "can't read the cluster file " + directory_ +
                                                 ": Is a directory; name another one with "
                                                 "--config FILE");
}

TEST_F(ClusterTest, GivesAbsolutePathsForRelativeOnes) {
  std::ofstream(Path()) << "[cluster]\nname = \"x\"\n" << kNode1;
  const fs::path before = fs::current_path();
  fs::current_path(directory_);
  const auto cluster = LoadCluster("./cluster.toml");
  fs::current_path(before);
  ASSERT_TRUE(cluster.ok());
  EXPECT_EQ(fs::weakly_canonical(cluster->path), fs::weakly_canonical(Path()));
  EXPECT_EQ(cluster->path.front(), '/');
}

TEST_F(ClusterTest, FindsTheFileByFlagThenVariableThenDefault) {
  const fs::path before = fs::current_path();
  fs::create_directories(directory_ + "/data");
  std::ofstream(directory_ + "/data/cluster.toml") << "x";
  fs::current_path(directory_);
  setenv("CAIRN_CONFIG", "/from/variable.toml", 1);
  EXPECT_EQ(FindClusterFile("/from/flag.toml").value(), "/from/flag.toml");
  EXPECT_EQ(FindClusterFile("").value(), "/from/variable.toml");
  unsetenv("CAIRN_CONFIG");
  EXPECT_EQ(fs::weakly_canonical(FindClusterFile("").value()),
            fs::weakly_canonical(directory_ + "/data/cluster.toml"));
  fs::current_path(before);
}

TEST_F(ClusterTest, KeepsDataBesideTheClusterFile) {
  Cluster cluster;
  cluster.path = "/srv/cairn/cluster.toml";
  EXPECT_EQ(DefaultDataDirectory(cluster, 3), "/srv/cairn/node3");
}

TEST_F(ClusterTest, FixesNameAndIdsButNotAddresses) {
  const auto here = Load(std::string("[cluster]\nname = \"x\"\n") + kNode1);
  const auto elsewhere = Load(
      "[cluster]\nname = \"x\"\n[[node]]\nid = 1\nhost = \"::1\"\nclient_port = 7\npeer_port "
      "= 8\n");
  ASSERT_TRUE(here.ok() && elsewhere.ok());
  EXPECT_EQ(ParametersOf(here.value()), ParametersOf(elsewhere.value()));
  EXPECT_EQ(ParametersOf(here.value()).nodes, std::vector<NodeId>{1});
  EXPECT_EQ(ParametersOf(here.value()).max_sessions, kMaxSessions);
}

TEST(NodeTextTest, SaysWhereClientsFindTheNode) {
  EXPECT_EQ(NodeText({.id = 2, .host = "127.0.0.1", .client_port = 5002}),
            "node 2 (127.0.0.1:5002)");
}

}  // namespace
}  // namespace cairn::config
