#include "cli/server.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "tests/node/fixture.h"

namespace cairn::cli {
namespace {

using node::testing::Recall;
using node::testing::TakenPort;
using ::testing::ExitedWithCode;

/// RunServer in a process of its own, with its exit code and what it says on standard error.
class ServerDeathTest : public ::testing::Test {
 protected:
  ServerDeathTest() { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }

  /// Writes the lines into standard input, and serves. The exit code becomes that of the process.
  [[noreturn]] static void Serve(const ServerCommand& command, const std::string& lines = "") {
    int ends[2];
    if (::pipe(ends) != 0 || ::dup2(ends[0], STDIN_FILENO) < 0 ||
        ::write(ends[1], lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) {
      std::_Exit(99);
    }
    ::close(ends[1]);
    std::_Exit(RunServer(command));
  }
  std::string WriteCluster(const std::vector<std::uint16_t>& ports) {
    storage::WriteFile(dir_.Sub("cluster.toml"), node::testing::ClusterText(ports));
    return dir_.Sub("cluster.toml");
  }

  storage::TempDirectory dir_;
};

TEST_F(ServerDeathTest, AMissingClusterFileIsUsage) {
  EXPECT_EXIT(Serve({1, dir_.Sub("nowhere.toml"), ""}), ExitedWithCode(2),
              "cairn: can't read the cluster file .*nowhere.toml");
}

TEST_F(ServerDeathTest, ABadClusterFileIsUsageWithItsLine) {
  storage::WriteFile(dir_.Sub("bad.toml"), "[cluster]\nnam = \"test\"\n");
  EXPECT_EXIT(Serve({1, dir_.Sub("bad.toml"), ""}), ExitedWithCode(2), "bad.toml");
}

TEST_F(ServerDeathTest, ANodeThatTheClusterFileDoesNotNameIsUsage) {
  const std::string file = WriteCluster(node::testing::FreePorts(4));
  EXPECT_EXIT(Serve({7, file, ""}), ExitedWithCode(2),
              "there is no node 7 in .*cluster.toml: start one of its own, 1 or 2");
}

TEST_F(ServerDeathTest, ATakenPortIsSaidWithItsAddress) {
  const TakenPort taken;
  std::vector<std::uint16_t> ports = node::testing::FreePorts(2);
  ports[1] = taken.port();
  const std::string file = WriteCluster(ports);
  EXPECT_EXIT(Serve({1, file, ""}), ExitedWithCode(1), "cairn: .*127.0.0.1:[0-9]+.*peer_port");
}

TEST_F(ServerDeathTest, TheDataDirectoryOfAnotherNodeIsUsage) {
  const std::string file = WriteCluster(node::testing::FreePorts(4));
  const auto cluster = config::LoadCluster(file);
  Recall(dir_.Sub("data"), cluster.value(), 1);
  EXPECT_EXIT(Serve({2, file, dir_.Sub("data")}), ExitedWithCode(2),
              "the data directory .*data belongs to node 1 .*--data");
}

TEST_F(ServerDeathTest, ADirectoryThatIsNoNodesIsLeftAlone) {
  const std::string file = WriteCluster(node::testing::FreePorts(2));
  EXPECT_EXIT(Serve({1, file, dir_.path()}), ExitedWithCode(2), "has no identity file");
  EXPECT_FALSE(std::filesystem::exists(dir_.Sub("LOCK")));
}

TEST_F(ServerDeathTest, ABrokenChainIsIntegrity) {
  const std::string file = WriteCluster(node::testing::FreePorts(2));
  const auto cluster = config::LoadCluster(file);
  if (!std::filesystem::exists(dir_.Sub("node1"))) {  // a death test's child finds the parent's
    node::testing::ChainMaker maker(dir_.Sub("node1"), cluster.value());
    maker.PutUpTo(3);
    maker.AddUnlinked();
    maker.PutUpTo(6);
    maker.Write(6);
  }
  EXPECT_EXIT(Serve({1, file, ""}), ExitedWithCode(6), "slot 4 ");
}

TEST_F(ServerDeathTest, TheConsolesCommandEndsItCleanly) {
  const std::string file = WriteCluster(node::testing::FreePorts(2));
  EXPECT_EXIT(Serve({1, file, ""}, "help\nprintBlockchain\ne\n"), ExitedWithCode(0),
              "data in .*node1(.|\n)*listens on 127.0.0.1:(.|\n)*stops cleanly");
}

TEST_F(ServerDeathTest, ASignalEndsItCleanlyAfterTheEndOfItsInput) {
  const std::string file = WriteCluster(node::testing::FreePorts(2));
  const auto serve = [&] {
    // It waits, blocked, until the server looks.
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0 || ::raise(SIGTERM) != 0) {
      std::_Exit(99);
    }
    Serve({1, file, ""});
  };
  EXPECT_EXIT(serve(), ExitedWithCode(0), "stops cleanly");
}

}  // namespace
}  // namespace cairn::cli
