#include "offline/new_cluster.h"

#include <gtest/gtest.h>

#include <set>

#include "offline/verify.h"
#include "tests/offline/survivor_fixture.h"

namespace cairn::offline {
namespace {

using testing::SurvivorTest;

constexpr Micros kNow = 5'000'000;

class RebuildTest : public SurvivorTest {
 protected:
  /// From the best of the directories, which must be there.
  Result<NewCluster> RebuildFrom(const std::vector<std::string>& paths, Micros wall = kNow) {
    const auto survivors = OpenSurvivors(paths);
    EXPECT_TRUE(survivors.ok()) << survivors.status().message();
    const auto chosen = ChooseSurvivor(survivors->sound);
    EXPECT_TRUE(chosen.ok()) << chosen.status().message();
    return Rebuild(survivors.value(), chosen.value(), out_, wall,
                   [this](Slot done, Slot) { progress_ = done; });
  }
  void LoseBlocks(NodeId node, Slot first, Slot last) {
    storage::LedgerEditor editor(Path(node));
    for (Slot slot = first; slot <= last; ++slot) {
      editor.Delete(storage::BlockKey(slot));
    }
    editor.Put(storage::HolesKey(), storage::EncodeHoles({{first, last, chain_[last]->hash}}));
  }
  [[nodiscard]] bool NothingIsLeft() const {
    return !std::filesystem::exists(out_) && !std::filesystem::exists(out_ + ".partial");
  }

  std::string out_ = dir_.Sub("recovered");
  Slot progress_ = 0;
};

TEST_F(RebuildTest, EveryNodeGetsTheWholeChainAndTheDecisionAllDecided) {
  Write(2, {.round = 7, .tip = 6, .decided = 4});
  const auto made = RebuildFrom({Path(2)});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(progress_, 6U);
  EXPECT_FALSE(std::filesystem::exists(out_ + ".partial"));
  ASSERT_EQ(made->directories.size(), 3U);
  for (const NewDirectory& directory : made->directories) {
    const VerifyReport report = Verify(directory.path);
    EXPECT_TRUE(report.ok) << report.problem.message();
    EXPECT_EQ(report.blocks, 8U);
    EXPECT_EQ(report.decided, 7U);
    EXPECT_EQ(report.tip_hash, made->decision->hash);
    storage::Ledger::Options options;
    options.read_only = true;
    const auto ledger = storage::Ledger::Open(directory.path, chain_.front(), options);
    ASSERT_TRUE(ledger.ok());
    EXPECT_EQ(ledger.value()->head().accepted, ledger.value()->head().promised);
    // Not above what the survivor had promised: that may be the last round there is.
    EXPECT_EQ(ledger.value()->head().promised.round, 1U);
    EXPECT_EQ(ledger.value()->Read(6).value()->hash, chain_[6]->hash);
    const auto opened = storage::DataDirectory::OpenExisting(directory.path);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->identity().node, directory.node);
    EXPECT_EQ(opened->identity().incarnation, directory.incarnation);
    EXPECT_EQ(opened->identity().cluster_name, "test");
  }
}

TEST_F(RebuildTest, TheDecisionNamesNewIncarnationsOfAllNodes) {
  Write(2, {.round = 7, .tip = 6, .decided = 6});
  const Incarnation old = storage::DataDirectory::OpenExisting(Path(2))->identity().incarnation;
  const auto made = RebuildFrom({Path(2)});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(made->decision->slot(), 7U);
  EXPECT_EQ(made->decision->header.parent, chain_[6]->hash);
  EXPECT_EQ(made->decision->header.time, kNow);
  ASSERT_EQ(made->decision->requests.size(), 1U);
  EXPECT_EQ(made->decision->requests[0].op, Op::kRecover);
  std::set<Incarnation> drawn = {old, 0xA1, 0xA2, 0xA3, 0};
  const Incarnations named = IncarnationsIn(*made->decision);
  for (const NewDirectory& directory : made->directories) {
    EXPECT_EQ(named.at(directory.node), directory.incarnation);
    EXPECT_TRUE(drawn.insert(directory.incarnation).second);
  }
  EXPECT_EQ(named.size(), 3U);
}

TEST_F(RebuildTest, TimeNeverGoesBack) {
  Write(1, {.round = 7, .tip = 6, .decided = 6});
  const auto made = RebuildFrom({Path(1)}, 17);
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(made->decision->header.time, chain_[6]->header.time);
}

TEST_F(RebuildTest, NothingThatIsThereIsReplaced) {
  Write(1, {.round = 7, .tip = 6, .decided = 6});
  storage::WriteFile(out_, "precious");
  const auto made = RebuildFrom({Path(1)});
  EXPECT_EQ(made.status().code(), Code::kUsage);
  EXPECT_NE(made.status().message().find(out_), std::string::npos);
  EXPECT_EQ(storage::ReadFile(out_), "precious");
  std::filesystem::remove(out_);

  std::filesystem::create_directory(out_ + ".partial");
  storage::WriteFile(out_ + ".partial/thesis", "precious");
  EXPECT_EQ(RebuildFrom({Path(1)}).status().code(), Code::kUsage);
  EXPECT_EQ(storage::ReadFile(out_ + ".partial/thesis"), "precious");
}

TEST_F(RebuildTest, WhatAnEarlierTryLeftIsMadeAnew) {
  Write(1, {.round = 7, .tip = 6, .decided = 6});
  std::filesystem::create_directories(out_ + ".partial/node1/ledger");
  storage::WriteFile(out_ + ".partial/node1/identity", "half an iden");
  const auto made = RebuildFrom({Path(1)});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_TRUE(Verify(made->directories[0].path).ok);
}

TEST_F(RebuildTest, ADamagedBlockIsNamedAndNothingIsLeft) {
  Write(1, {.round = 7, .tip = 6, .decided = 6});
  storage::LedgerEditor(Path(1)).FlipBlock(3, 120);
  const auto made = RebuildFrom({Path(1)});
  EXPECT_EQ(made.status().code(), Code::kIntegrity);
  EXPECT_NE(made.status().message().find("slot 3 in " + Path(1) + "/ledger"), std::string::npos)
      << made.status().message();
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(RebuildTest, AForgedBlockIsNamedAndNothingIsLeft) {
  Write(1, {.round = 7, .tip = 6, .decided = 6});
  storage::LedgerEditor(Path(1)).PutBlock(
      3, *chain::Seal(3, chain_[2]->hash, 1003, {Put("key3", "forged")}));
  const auto made = RebuildFrom({Path(1)});
  EXPECT_EQ(made.status().code(), Code::kIntegrity);
  EXPECT_NE(made.status().message().find("slot 4"), std::string::npos) << made.status().message();
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(RebuildTest, LostBlocksAreTakenFromAnotherSurvivorOrRefused) {
  Write(1, {.round = 7, .tip = 6, .decided = 5});
  Write(2, {.round = 3, .tip = 5, .decided = 5});
  LoseBlocks(1, 2, 4);
  const auto alone = RebuildFrom({Path(1)});
  EXPECT_EQ(alone.status().code(), Code::kIntegrity);
  EXPECT_NE(alone.status().message().find("slot 2"), std::string::npos) << alone.status().message();
  EXPECT_TRUE(NothingIsLeft());
  const auto made = RebuildFrom({Path(1), Path(2)});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(made->decision->header.parent, chain_[6]->hash);
  EXPECT_TRUE(Verify(made->directories[2].path).ok);
}

TEST_F(RebuildTest, AClusterThatNeverFormedHasNothingToRecover) {
  Write(1, {.round = 1, .tip = 0, .decided = 0});
  const auto made = RebuildFrom({Path(1)});
  EXPECT_EQ(made.status().code(), Code::kUsage);
  EXPECT_NE(made.status().message().find("has not formed"), std::string::npos);
  EXPECT_TRUE(NothingIsLeft());
}

}  // namespace
}  // namespace cairn::offline
