#include "offline/quorum_loss_recovery.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "common/status.h"
#include "tests/offline/survivor_fixture.h"

namespace cairn::offline {
namespace {

using testing::SurvivorTest;

class RecoverTest : public SurvivorTest {
 protected:
  int Run(RecoverCommand command, const std::string& typed = "") {
    std::istringstream in(typed);
    std::ostringstream out;
    std::ostringstream err;
    const int code = RunRecover(command, in, out, err);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  void ExpectSays(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " | " << text;
  }

  std::string out_;
  std::string err_;
};

TEST_F(RecoverTest, ItSaysWhatStandsThereAndWhatMayBeLostBeforeItAsks) {
  Write(2, {.round = 7, .tip = 6, .decided = 4});
  EXPECT_EQ(Run({{Path(2)}, "", {}, false}, "test\n"), 0) << err_;
  for (const std::string part :
       {"cluster \"test\" of nodes 1, 2 and 3", "node           2, incarnation ",
        "last block     slot 6, of 1970-01-01 00:00:00.001006 UTC", "ballot 7.1 (promised: 8.2)",
        "up to slot 4; the 2 blocks above may be, and are kept, as decided", "What may be lost",
        "What must never be done afterwards", "Type the name of the cluster"}) {
    ExpectSays(err_, part);
  }
  ExpectSays(out_, "at slot 7, the block that names the new incarnations");
  ExpectSays(out_, "  mv -T " + Path(2) + " " + Path(2) + ".before-recovery\n  mv -T " +
                       dir_.Sub("recovered/node2") + " " + Path(2) + "\n");
  // A directory that is lost needs not be moved away.
  EXPECT_EQ(out_.find("mv -T " + Path(1) + " "), std::string::npos) << out_;
}

TEST_F(RecoverTest, AnotherNameChangesNothing) {
  Write(2, {.round = 7, .tip = 6, .decided = 4});
  for (const std::string typed : {"", "\n", "Test\n", "test \n", "y\n"}) {
    EXPECT_EQ(Run({{Path(2)}, "", {}, false}, typed), 2);
    ExpectSays(err_, "nothing was changed");
    EXPECT_EQ(out_, "");
  }
  EXPECT_EQ(Run({{Path(2)}, "", "other", false}, "test\n"), 2);
  EXPECT_EQ(err_.find("Type the name"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(dir_.Sub("recovered")));
  EXPECT_FALSE(std::filesystem::exists(dir_.Sub("recovered.partial")));
}

TEST_F(RecoverTest, WhatCantBeDoneIsSaidBeforeTheNameIsAsked) {
  Write(2, {.round = 7, .tip = 6, .decided = 4});
  storage::WriteFile(dir_.Sub("recovered"), "precious");
  EXPECT_EQ(Run({{Path(2)}, "", {}, false}, "test\n"), 2);
  EXPECT_EQ(err_.find("Type the name"), std::string::npos);
  ExpectSays(err_, dir_.Sub("recovered") + " is there already");
}

TEST_F(RecoverTest, OfSeveralTheChosenOneIsNamed) {
  Write(1, {.round = 3, .tip = 6, .decided = 4});
  Write(3, {.round = 4, .tip = 5, .decided = 4});
  EXPECT_EQ(Run({{Path(1), Path(3)}, dir_.Sub("out"), "test", false}), 0) << err_;
  ExpectSays(err_, "chosen: " + Path(3));
  ExpectSays(err_, "STOP: directories of 2 of 3 nodes are here");
  EXPECT_TRUE(std::filesystem::exists(dir_.Sub("out/node1/guard")));
}

TEST_F(RecoverTest, TheJsonNamesEveryDirectoryWithItsCommands) {
  Write(2, {.round = 7, .tip = 6, .decided = 4});
  EXPECT_EQ(Run({{Path(2)}, "", "test", true}), 0) << err_;
  const auto json = nlohmann::json::parse(out_);
  EXPECT_EQ(json["ok"], true);
  EXPECT_EQ(json["survivor"], Path(2));
  EXPECT_EQ(json["decided"], 4);
  EXPECT_EQ(json["tip"], 6);
  EXPECT_EQ(json["slot"], 7);
  ASSERT_EQ(json["nodes"].size(), 3U);
  EXPECT_EQ(json["nodes"][0]["directory"], dir_.Sub("recovered/node1"));
  EXPECT_EQ(json["nodes"][0]["commands"].size(), 1U);
  EXPECT_EQ(json["nodes"][1]["commands"].size(), 2U);
  EXPECT_EQ(Run({{Path(2)}, "", "test", true}), 2);
  EXPECT_EQ(nlohmann::json::parse(out_)["error"], "usage");
}

TEST_F(RecoverTest, NamesThatAShellWouldReadOtherwiseAreQuoted) {
  Write(2, {.round = 7, .tip = 6, .decided = 6});
  EXPECT_EQ(Run({{Path(2)}, dir_.Sub("it's $HOME"), "test", false}), 0) << err_;
  ExpectSays(out_, "mv -T '" + dir_.Sub("it'\\''s $HOME/node1") + "' ");
}

}  // namespace
}  // namespace cairn::offline
