#include "offline/survivors.h"

#include <gtest/gtest.h>

#include "tests/offline/survivor_fixture.h"

namespace cairn::offline {
namespace {

using testing::SurvivorTest;

class SurvivorsTest : public SurvivorTest {
 protected:
  /// Which of these is chosen.
  NodeId Chosen(const std::vector<std::string>& paths) {
    const auto survivors = OpenSurvivors(paths);
    EXPECT_TRUE(survivors.ok()) << survivors.status().message();
    const auto chosen = ChooseSurvivor(survivors->sound);
    EXPECT_TRUE(chosen.ok()) << chosen.status().message();
    return survivors->sound.at(chosen.value()).node();
  }
  static Status StatusOf(const std::vector<std::string>& paths) {
    return OpenSurvivors(paths).status();
  }
};

TEST_F(SurvivorsTest, OneThatIsAloneIsChosenAndLeftAsItWas) {
  Write(1, {.round = 3, .tip = 6, .decided = 4});
  const auto survivors = OpenSurvivors({Path(1)});
  ASSERT_TRUE(survivors.ok()) << survivors.status().message();
  const Survivor& survivor = survivors->sound.front();
  EXPECT_EQ(survivor.node(), 1U);
  EXPECT_EQ(survivor.head().tip, 6U);
  EXPECT_EQ(survivor.decided, 4U);
  EXPECT_EQ(survivor.time, chain_[6]->header.time);
  EXPECT_EQ(survivors->genesis->hash, chain_[0]->hash);
  EXPECT_EQ(survivors->parameters, Parameters());
  EXPECT_EQ(ChooseSurvivor(survivors->sound).value(), 0U);
}

TEST_F(SurvivorsTest, AGreaterBallotIsWorthMoreThanALongerLog) {
  Write(1, {.round = 3, .tip = 6, .decided = 3});
  Write(2, {.round = 4, .tip = 5, .decided = 3});
  EXPECT_EQ(Chosen({Path(1), Path(2)}), 2U);
  EXPECT_EQ(Chosen({Path(2), Path(1)}), 2U);
}

TEST_F(SurvivorsTest, InOneBallotTheLongerLogIsChosen) {
  Write(1, {.round = 3, .tip = 5, .decided = 5});
  Write(2, {.round = 3, .tip = 6, .decided = 3});
  EXPECT_EQ(Chosen({Path(1), Path(2)}), 2U);
}

TEST_F(SurvivorsTest, WhatIsKnownAsDecidedIsWorthMoreThanAnyBallot) {
  Write(1, {.round = 9, .tip = 4, .decided = 3});
  Write(2, {.round = 2, .tip = 6, .decided = 6});
  EXPECT_EQ(Chosen({Path(1), Path(2)}), 2U);
}

TEST_F(SurvivorsTest, ALogWithAnotherBlockThanTheDecidedOneIsNotChosen) {
  // Node 1 accepted blocks 5 and 6 of a leader that lost; node 2 has learned the right ones.
  Write(1, {.round = 5, .tip = 6, .decided = 4, .forged_from = 5});
  Write(2, {.round = 3, .tip = 5, .decided = 5});
  EXPECT_EQ(Chosen({Path(1), Path(2)}), 2U);
}

TEST_F(SurvivorsTest, TwoDifferentDecidedBlocksAreNotPassedOver) {
  Write(1, {.round = 5, .tip = 6, .decided = 6, .forged_from = 5});
  Write(2, {.round = 3, .tip = 5, .decided = 5});
  const auto survivors = OpenSurvivors({Path(1), Path(2)});
  ASSERT_TRUE(survivors.ok());
  const auto chosen = ChooseSurvivor(survivors->sound);
  EXPECT_EQ(chosen.status().code(), Code::kIntegrity);
  for (const std::string& part : {Path(1), Path(2), std::string("slot 5")}) {
    EXPECT_NE(chosen.status().message().find(part), std::string::npos) << chosen.status().message();
  }
}

TEST_F(SurvivorsTest, NoneIsChosenInSilenceBesideADamagedOne) {
  Write(1, {.round = 5, .tip = 6, .decided = 6});
  Write(2, {.round = 3, .tip = 5, .decided = 5});
  std::filesystem::remove(Path(1) + "/guard");
  for (const std::vector<std::string>& named :
       {std::vector{Path(1)}, {Path(1), Path(2)}, {Path(2), Path(1)}}) {
    EXPECT_EQ(StatusOf(named).code(), Code::kIntegrity);
    EXPECT_NE(StatusOf(named).message().find(Path(1) + "/guard"), std::string::npos);
    EXPECT_NE(StatusOf(named).message().find("leave this directory out"), std::string::npos);
  }
  EXPECT_EQ(Chosen({Path(2)}), 2U);
}

TEST_F(SurvivorsTest, NorBesideOneThatIsBehindItsGuard) {
  Write(1, {.round = 5, .tip = 6, .decided = 6});
  Write(2, {.round = 3, .tip = 5, .decided = 5});
  storage::LedgerEditor(Path(1)).EditHead([](storage::HeadRecord* head) { head->commits -= 1; });
  EXPECT_NE(StatusOf({Path(2), Path(1)}).message().find("has forgotten"), std::string::npos);
}

TEST_F(SurvivorsTest, WhatAPowerLossToreIsReadAsItsNodeReadsIt) {
  Write(1, {.round = 5, .tip = 6, .decided = 6});
  Write(2, {.round = 3, .tip = 5, .decided = 5});
  const std::string log = TearLog(Path(1));
  const std::string before = storage::ReadFile(log);
  EXPECT_EQ(Chosen({Path(1), Path(2)}), 1U);
  const auto survivors = OpenSurvivors({Path(1)});
  ASSERT_TRUE(survivors.ok()) << survivors.status().message();
  EXPECT_EQ(survivors->sound.front().head().tip, 6U);
  EXPECT_EQ(survivors->sound.front().ledger->torn().size(), 1U);
  EXPECT_EQ(storage::ReadFile(log), before);
}

TEST_F(SurvivorsTest, AnotherClustersDirectoryIsRefused) {
  Write(1, {.round = 5, .tip = 6, .decided = 6});
  const std::string other = dir_.Sub("other");
  const auto opened = storage::DataDirectory::Open(other, chain_[1]->hash, "other", 1);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(StatusOf({dir_.Sub("nowhere")}).code(), Code::kUsage);
  EXPECT_EQ(StatusOf({Path(1), Path(1) + "/"}).code(), Code::kUsage);
  EXPECT_NE(StatusOf({Path(1), Path(1)}).message().find("named twice"), std::string::npos);
  EXPECT_NE(StatusOf({Path(1), other}).code(), Code::kOk);
}

TEST_F(SurvivorsTest, OneThatIsInUseIsRefusedByItsProcess) {
  Write(1, {.round = 5, .tip = 6, .decided = 6});
  const auto used = storage::DataDirectory::OpenExisting(Path(1));
  ASSERT_TRUE(used.ok());
  const Status status = StatusOf({Path(1)});
  EXPECT_EQ(status.code(), Code::kOther);
  EXPECT_NE(status.message().find("process " + std::to_string(::getpid())), std::string::npos)
      << status.message();
}

}  // namespace
}  // namespace cairn::offline
