#include "client/acquaintance.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/storage/temp_directory.h"

namespace cairn::client {
namespace {

namespace fs = std::filesystem;

class AcquaintanceTest : public ::testing::Test {
 protected:
  AcquaintanceTest() {
    cluster_.path = "/etc/cairn/cluster.toml";
    cluster_.name = "test";
    cluster_.nodes.push_back({1, "127.0.0.1", 5001, 5101});
    one_.bytes[0] = 0xab;
    two_.bytes[31] = 0x01;
  }

  storage::TempDirectory directory_;
  config::Cluster cluster_;
  Hash one_;
  Hash two_;
};

TEST_F(AcquaintanceTest, IsKeptForEachClusterFileAndStays) {
  const Acquaintance here(cluster_, directory_.Sub("a/b"));
  EXPECT_EQ(here.Recall(), std::nullopt);
  here.Keep(one_);
  EXPECT_EQ(here.Recall(), one_);
  here.Keep(two_);
  EXPECT_EQ(here.Recall(), one_) << "the first one is believed";
  config::Cluster other = cluster_;
  other.path = "/etc/cairn/other.toml";
  EXPECT_EQ(Acquaintance(other, directory_.Sub("a/b")).Recall(), std::nullopt);
  other = cluster_;
  other.name = "another name, another cluster";
  EXPECT_EQ(Acquaintance(other, directory_.Sub("a/b")).Recall(), std::nullopt);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.Sub("a/b")), {}), 1)
      << "no draft is left";
  fs::remove(here.path());
  here.Keep(two_);
  EXPECT_EQ(here.Recall(), two_) << "a person has removed it";
}

TEST_F(AcquaintanceTest, WhereNothingCanBeKeptNothingIsKnown) {
  const Acquaintance nowhere(cluster_, "");
  nowhere.Keep(one_);
  EXPECT_EQ(nowhere.Recall(), std::nullopt);
  EXPECT_EQ(nowhere.path(), "");
  const Acquaintance blocked(cluster_, "/dev/null/cairn");
  blocked.Keep(one_);
  EXPECT_EQ(blocked.Recall(), std::nullopt);
}

TEST_F(AcquaintanceTest, WhatIsNoHashIsNotBelieved) {
  const Acquaintance here(cluster_, directory_.path());
  for (const char* text :
       {"", "abc", "zz00000000000000000000000000000000000000000000000000000000000000"}) {
    std::ofstream(here.path(), std::ios::trunc) << text;
    EXPECT_EQ(here.Recall(), std::nullopt) << text;
  }
}

TEST_F(AcquaintanceTest, TheDirectoryIsThatOfTheDesktopsStandard) {
  setenv("HOME", "/home/ann", 1);
  unsetenv("XDG_STATE_HOME");
  EXPECT_EQ(Acquaintance::Directory(), "/home/ann/.local/state/cairn/clusters");
  setenv("XDG_STATE_HOME", "relative", 1);
  EXPECT_EQ(Acquaintance::Directory(), "/home/ann/.local/state/cairn/clusters");
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(Acquaintance::Directory(), "/state/cairn/clusters");
  unsetenv("XDG_STATE_HOME");
  unsetenv("HOME");
  EXPECT_EQ(Acquaintance::Directory(), "");
}

}  // namespace
}  // namespace cairn::client
