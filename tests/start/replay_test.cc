#include "start/replay.h"

#include <gtest/gtest.h>

#include "tests/node/fixture.h"

namespace cairn::start {
namespace {

using node::testing::ChainMaker;
using node::testing::MakeCluster;

class ReplayTest : public ::testing::Test {
 protected:
  /// What lies in the directory, without the start that would bring its state up.
  struct Parts {
    std::unique_ptr<storage::Ledger> ledger;
    std::unique_ptr<storage::State> state;
    std::unique_ptr<kv::StateMachine> machine;
    replica::Recovered recovered;
  };
  Parts Open() {
    Parts parts;
    storage::Ledger::Options read_only;
    read_only.read_only = true;
    parts.ledger =
        std::move(storage::Ledger::Open(node_, node::testing::GenesisOf(cluster_), read_only))
            .value();
    parts.state = std::move(storage::State::Open(node_, {})).value();
    parts.machine = std::make_unique<kv::StateMachine>(parts.state.get(), 100);
    return parts;
  }
  Status ReplayAll(Parts* parts) {
    return Replay(
        {parts->ledger.get(), node_ + "/ledger", parts->state.get(), parts->machine.get()},
        &parts->recovered, [this](Slot done, Slot all) {
          EXPECT_GE(done, progress_);
          EXPECT_LE(done, all);
          progress_ = done;
        });
  }
  /// A state that has applied blocks 1..slot and is written.
  void ApplyUpTo(const ChainMaker& maker, Slot slot) {
    Parts parts = Open();
    for (Slot next = 1; next <= slot; ++next) {
      parts.machine->Apply(*maker.chain().at(next));
    }
    ASSERT_TRUE(parts.state->Flush().ok());
  }

  storage::TempDirectory dir_;
  config::Cluster cluster_ = MakeCluster(dir_, 1);
  std::string node_ = dir_.Sub("node1");
  Slot progress_ = 0;
};

TEST_F(ReplayTest, AppliesWhatIsDecidedAndKeepsTheRest) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(400);
  maker.Write(390);
  Parts parts = Open();
  ASSERT_TRUE(ReplayAll(&parts).ok());
  EXPECT_EQ(parts.machine->applied(), 390U);
  EXPECT_EQ(parts.machine->Get("key390")->value, "value");
  EXPECT_FALSE(parts.machine->Get("key391").has_value());
  ASSERT_EQ(parts.recovered.blocks.size(), 11U);
  EXPECT_EQ(parts.recovered.blocks.front()->slot(), 390U);
  EXPECT_EQ(parts.recovered.blocks.back()->slot(), 400U);
  EXPECT_EQ(progress_, 400U);
}

TEST_F(ReplayTest, ReadsNothingBelowTheBlockThatTheStateStandsAt) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(49);
  maker.AddDamaged();
  maker.PutUpTo(400);
  maker.Write(400);
  ApplyUpTo(maker, 300);
  Parts parts = Open();
  ASSERT_EQ(parts.ledger->Read(50).status().code(), Code::kIntegrity);
  const Status replayed = ReplayAll(&parts);
  EXPECT_TRUE(replayed.ok()) << replayed.message();
  EXPECT_EQ(parts.machine->applied(), 400U);
}

TEST_F(ReplayTest, AStateAtTheTipNeedsNoBlockButItsOwn) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(20);
  maker.Write(20);
  ApplyUpTo(maker, 20);
  Parts parts = Open();
  ASSERT_TRUE(ReplayAll(&parts).ok());
  EXPECT_EQ(progress_, 0U);
  ASSERT_EQ(parts.recovered.blocks.size(), 1U);
  EXPECT_EQ(parts.recovered.blocks.front()->slot(), 20U);
}

TEST_F(ReplayTest, TheBlockThatTheStateStandsAtMustBeTheChains) {
  const std::string other = dir_.Sub("other");
  ChainMaker theirs(other, cluster_);
  theirs.PutUpTo(20, "theirs");
  theirs.Write(20);
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(30);
  maker.Write(30);
  ApplyUpTo(theirs, 20);
  Parts parts = Open();
  const Status replayed = ReplayAll(&parts);
  EXPECT_EQ(replayed.code(), Code::kIntegrity);
  EXPECT_NE(replayed.message().find("slot 20"), std::string::npos) << replayed.message();
}

TEST_F(ReplayTest, ABlockThatDoesNotStandOnTheOneBeforeIsNamedAndWhatIsBelowIsApplied) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(256);
  maker.AddUnlinked();  // At the edge of what is read at once.
  maker.PutUpTo(400);
  maker.Write(400);
  Parts parts = Open();
  const Status replayed = ReplayAll(&parts);
  EXPECT_EQ(replayed.code(), Code::kIntegrity);
  EXPECT_NE(replayed.message().find("slot 257"), std::string::npos) << replayed.message();
  EXPECT_EQ(parts.machine->applied(), 256U);
}

TEST_F(ReplayTest, ARebuildCutShortGoesOnWhereItsLastFileStands) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(300);
  maker.Write(300);
  ApplyUpTo(maker, 120);
  Parts parts = Open();
  EXPECT_EQ(parts.machine->applied(), 120U);
  ASSERT_TRUE(ReplayAll(&parts).ok());
  EXPECT_EQ(parts.machine->applied(), 300U);
  for (Slot slot = 2; slot <= 300; ++slot) {
    EXPECT_TRUE(parts.machine->Get("key" + std::to_string(slot)).has_value());
  }
}

}  // namespace
}  // namespace cairn::start
