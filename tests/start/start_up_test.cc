#include "start/start_up.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "common/limits.h"
#include "tests/node/fixture.h"

namespace cairn::start {
namespace {

using node::testing::ChainMaker;
using node::testing::MakeCluster;
using node::testing::Recall;
using node::testing::Said;

class StartUpTest : public ::testing::Test {
 protected:
  static std::map<std::string, std::string> Content(const node::DurableState& memory) {
    std::map<std::string, std::string> content;
    memory.state->Scan("", "", [&](std::string_view key, std::string_view value) {
      content.emplace(key, value);
      return true;
    });
    return content;
  }
  Status Failure(const std::string& directory) {
    Said said;
    return StartUp(directory, cluster_, 1, said.Talk()).status();
  }
  static bool Contains(const Status& status, const std::string& text) {
    return status.message().find(text) != std::string::npos;
  }
  void WriteChain(const std::string& directory, Slot tip, Slot decided,
                  const std::string& value = "value") {
    ChainMaker maker(directory, cluster_);
    maker.PutUpTo(tip, value);
    maker.Write(decided);
  }

  storage::TempDirectory dir_;
  config::Cluster cluster_ = MakeCluster(dir_, 1);
  std::string node_ = dir_.Sub("node1");
};

TEST_F(StartUpTest, ANewDirectorySaysWhatItFound) {
  Said said;
  const auto memory = Recall(node_, cluster_, 1, &said);
  ASSERT_EQ(said.lines.size(), 2U);
  const std::string genesis = node::testing::GenesisOf(cluster_)->hash.Hex().substr(0, 12);
  EXPECT_EQ(said.lines[0],
            "node 1 of cluster \"test\" (genesis " + genesis + "), data in " + node_ + ", new");
  EXPECT_TRUE(said.Has("0 blocks verified, 0 replayed in "));
  EXPECT_TRUE(said.Has("; tip 0 (" + genesis + "), decided 0"));
  EXPECT_EQ(memory->recovered.head, replica::LedgerHead{});
  ASSERT_EQ(memory->recovered.blocks.size(), 1U);
  EXPECT_EQ(memory->recovered.blocks[0]->slot(), 0U);
}

TEST_F(StartUpTest, AKnownDirectoryIsNotNew) {
  Recall(node_, cluster_);
  Said said;
  Recall(node_, cluster_, 1, &said);
  EXPECT_FALSE(said.Has(", new"));
}

TEST_F(StartUpTest, WhatACrashTookFromTheStateIsReplayed) {
  WriteChain(node_, 9, 9);
  std::map<std::string, std::string> before;
  {
    Said said;
    const auto memory = Recall(node_, cluster_, 1, &said);
    EXPECT_TRUE(said.Has("9 blocks verified, 9 replayed"));
    EXPECT_EQ(said.progress, 9U);
    before = Content(*memory);
    EXPECT_EQ(memory->machine->Get("key9")->value, "value");
  }
  Said said;
  const auto memory = Recall(node_, cluster_, 1, &said);
  EXPECT_TRUE(said.Has("9 blocks verified, 9 replayed"));
  EXPECT_EQ(Content(*memory), before);
}

TEST_F(StartUpTest, AFlushedStateIsNotReplayedAgain) {
  WriteChain(node_, 9, 9);
  ASSERT_TRUE(Recall(node_, cluster_)->state->Flush().ok());
  Said said;
  const auto memory = Recall(node_, cluster_, 1, &said);
  EXPECT_TRUE(said.Has("0 blocks verified, 0 replayed"));
  EXPECT_EQ(memory->machine->applied(), 9U);
}

TEST_F(StartUpTest, OnlyWhatIsDecidedIsApplied) {
  WriteChain(node_, 9, 4);
  const auto memory = Recall(node_, cluster_);
  EXPECT_EQ(memory->machine->applied(), 4U);
  EXPECT_FALSE(memory->machine->Get("key5").has_value());
  EXPECT_EQ(memory->recovered.head.decided, 4U);
  EXPECT_EQ(memory->recovered.head.tip, 9U);
  ASSERT_EQ(memory->recovered.blocks.size(), 6U);
  EXPECT_EQ(memory->recovered.blocks.front()->slot(), 4U);
  EXPECT_EQ(memory->recovered.blocks.back()->slot(), 9U);
}

TEST_F(StartUpTest, WhatTheStateHasAppliedIsDecided) {
  WriteChain(node_, 9, 4);
  {
    const auto memory = Recall(node_, cluster_);
    for (Slot slot = 5; slot <= 7; ++slot) {
      memory->machine->Apply(*memory->recovered.blocks.at(slot - 4));
    }
    ASSERT_TRUE(memory->state->Flush().ok());
  }
  const auto memory = Recall(node_, cluster_);
  EXPECT_EQ(memory->recovered.head.decided, 7U);
  EXPECT_EQ(memory->recovered.blocks.front()->slot(), 7U);
}

TEST_F(StartUpTest, AStateOfAnotherChainIsQuarantinedAndRebuilt) {
  const std::string other = dir_.Sub("other");
  WriteChain(node_, 5, 5, "mine");
  WriteChain(other, 5, 5, "theirs");
  ASSERT_TRUE(Recall(other, cluster_)->state->Flush().ok());
  std::filesystem::remove_all(node_ + "/state");
  std::filesystem::copy(other + "/state", node_ + "/state",
                        std::filesystem::copy_options::recursive);
  Said said;
  const auto memory = Recall(node_, cluster_, 1, &said);
  EXPECT_TRUE(said.Has("the state in " + node_ + "/state does not belong to this chain"));
  EXPECT_TRUE(said.Has(node_ + "/quarantine/state-1"));
  EXPECT_TRUE(said.Has("5 replayed"));
  EXPECT_TRUE(std::filesystem::exists(node_ + "/quarantine/state-1/CURRENT"));
  EXPECT_EQ(memory->machine->Get("key5")->value, "mine");
}

TEST_F(StartUpTest, AStateBeyondTheChainIsQuarantinedAndRebuilt) {
  const std::string other = dir_.Sub("other");
  WriteChain(node_, 5, 5);
  WriteChain(other, 8, 8);
  ASSERT_TRUE(Recall(other, cluster_)->state->Flush().ok());
  std::filesystem::remove_all(node_ + "/state");
  std::filesystem::copy(other + "/state", node_ + "/state",
                        std::filesystem::copy_options::recursive);
  Said said;
  const auto memory = Recall(node_, cluster_, 1, &said);
  EXPECT_TRUE(said.Has("does not belong to this chain"));
  EXPECT_EQ(memory->machine->applied(), 5U);
  EXPECT_FALSE(memory->machine->Get("key8").has_value());
}

TEST_F(StartUpTest, ADamagedStateIsQuarantinedAndRebuilt) {
  WriteChain(node_, 5, 5);
  ASSERT_TRUE(Recall(node_, cluster_)->state->Flush().ok());
  storage::WriteFile(node_ + "/state/CURRENT", "rot\n");
  Said said;
  const auto memory = Recall(node_, cluster_, 1, &said);
  EXPECT_TRUE(said.Has("It was moved to " + node_ + "/quarantine/state-1"));
  EXPECT_EQ(storage::ReadFile(node_ + "/quarantine/state-1/CURRENT"), "rot\n");
  EXPECT_EQ(memory->machine->Get("key5")->value, "value");
}

TEST_F(StartUpTest, ADeletedStateIsRebuilt) {
  WriteChain(node_, 5, 5);
  ASSERT_TRUE(Recall(node_, cluster_)->state->Flush().ok());
  std::filesystem::remove_all(node_ + "/state");
  EXPECT_EQ(Recall(node_, cluster_)->machine->Get("key5")->value, "value");
}

TEST_F(StartUpTest, ABrokenLinkIsNamedBySlot) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(3);
  maker.AddUnlinked();
  maker.PutUpTo(6);
  maker.Write(6);
  const Status failure = Failure(node_);
  EXPECT_EQ(failure.code(), Code::kIntegrity);
  EXPECT_TRUE(Contains(failure, "slot 4 ")) << failure.message();
  EXPECT_TRUE(Contains(failure, node_ + "/ledger")) << failure.message();
}

TEST_F(StartUpTest, ABrokenLinkBetweenTwoPartsThatAreReadIsNamedToo) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(kMaxCatchUpBlocks);
  maker.AddUnlinked();
  maker.PutUpTo(kMaxCatchUpBlocks + 3);
  maker.Write(kMaxCatchUpBlocks + 3);
  const Status failure = Failure(node_);
  EXPECT_EQ(failure.code(), Code::kIntegrity);
  EXPECT_TRUE(Contains(failure, "slot " + std::to_string(kMaxCatchUpBlocks + 1)))
      << failure.message();
  EXPECT_TRUE(Contains(failure, node_ + "/ledger")) << failure.message();
}

TEST_F(StartUpTest, ADamagedBlockIsNamedBySlotAndTheStateIsLeftAlone) {
  {
    ChainMaker maker(node_, cluster_);
    maker.PutUpTo(3);
    maker.Write(3);
    ASSERT_TRUE(Recall(node_, cluster_)->state->Flush().ok());
  }
  {
    // The very block that the state has applied last rots.
    const auto memory = Recall(node_, cluster_);
    Block bad = *memory->recovered.blocks.back();
    bad.encoded.back() = static_cast<char>(bad.encoded.back() ^ 1);
    replica::LedgerWrite write;
    write.needed = true;
    write.head = memory->ledger->head();
    write.head.tip = 4;
    write.blocks = {std::make_shared<const Block>(bad),
                    chain::Seal(4, bad.hash, 1000, {node::testing::PutRequest(4, "k", "v")})};
    memory->ledger->Commit(write);
  }
  const Status failure = Failure(node_);
  EXPECT_EQ(failure.code(), Code::kIntegrity);
  EXPECT_TRUE(Contains(failure, "slot 3 ")) << failure.message();
  EXPECT_FALSE(std::filesystem::exists(node_ + "/quarantine"));
}

// R7: what was synced is gone, and with it perhaps a promise.
TEST_F(StartUpTest, AFlippedBitInTheLedgersLogMakesTheNodeSomebodyNew) {
  WriteChain(node_, 5, 5);
  // Not by a start, which would make a table of the log.
  const Incarnation before =
      storage::DataDirectory::OpenExisting(node_).value().identity().incarnation;
  for (const auto& entry : std::filesystem::directory_iterator(node_ + "/ledger")) {
    if (entry.path().extension() == ".log" && entry.file_size() > 200) {
      storage::FlipBit(entry.path().string(), entry.file_size() - 60);
    }
  }
  Said said;
  const auto memory = Recall(node_, cluster_, 1, &said);
  EXPECT_NE(memory->directory.identity().incarnation, before);
  EXPECT_EQ(memory->recovered.head.tip, 0U);
  EXPECT_TRUE(said.Has(node_ + "/quarantine/ledger-1"));
}

// The next start salvages the ledger, and so does the one after a crash in between.
TEST_F(StartUpTest, DamageThatShowsWhenTheChainIsReadIsLeftToTheNextStart) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(3);
  maker.AddUnlinked();
  maker.PutUpTo(6);
  maker.Write(6);
  Said said;
  EXPECT_FALSE(StartUp(node_, cluster_, 1, said.Talk()).ok());
  ASSERT_EQ(said.restarts.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(node_ + "/salvage"));
  // A cluster of one has nobody to fetch the block from, and says so.
  Said later;
  const Status failure = StartUp(node_, cluster_, 1, later.Talk()).status();
  EXPECT_TRUE(Contains(failure, "no other node")) << failure.message();
  EXPECT_TRUE(later.restarts.empty());
}

TEST_F(StartUpTest, TheDirectoryOfAnotherNodeIsUsage) {
  const config::Cluster two = MakeCluster(dir_, 2);
  Recall(node_, two);
  Said said;
  const Status failure = StartUp(node_, two, 2, said.Talk()).status();
  EXPECT_EQ(failure.code(), Code::kUsage);
  EXPECT_TRUE(Contains(failure, "belongs to node 1")) << failure.message();
  EXPECT_TRUE(said.lines.empty());
}

TEST_F(StartUpTest, ADirectoryInUseNamesTheProcess) {
  const auto memory = Recall(node_, cluster_);
  const Status failure = Failure(node_);
  EXPECT_EQ(failure.code(), Code::kOther);
  EXPECT_TRUE(Contains(failure, "process " + std::to_string(::getpid()))) << failure.message();
}

}  // namespace
}  // namespace cairn::start
