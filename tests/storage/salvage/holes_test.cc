// Holes among the decided blocks: what may be read around them, and how they are filled.

#include <gtest/gtest.h>

#include "storage/ledger/ledger.h"
#include "tests/storage/chains.h"
#include "tests/storage/ledger_editor.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

using Holes = std::vector<replica::Hole>;

class HolesTest : public ::testing::Test {
 protected:
  HolesTest() {
    Reopen();
    replica::LedgerWrite write = Accept(1, {chain_.begin() + 1, chain_.end()});
    write.head.decided = 10;
    ledger_->Commit(write);
  }

  /// The blocks of the holes are gone, as a salvage would find it.
  void Tear(const Holes& holes) {
    ledger_.reset();
    {
      LedgerEditor editor(dir_.path());
      for (const replica::Hole& hole : holes) {
        for (Slot slot = hole.first; slot <= hole.last; ++slot) {
          editor.Delete(BlockKey(slot));
        }
      }
      editor.Put(HolesKey(), EncodeHoles(holes));
    }
    Reopen();
  }
  void Reopen() {
    ledger_.reset();
    auto ledger = Ledger::Open(dir_.path(), Genesis(), Ours());
    ASSERT_TRUE(ledger.ok()) << ledger.status().message();
    ledger_ = std::move(ledger).value();
  }
  void Repair(std::vector<BlockPtr> blocks) {
    replica::LedgerWrite write;
    write.needed = true;
    write.head = ledger_->head();
    write.repaired = std::move(blocks);
    ledger_->Commit(write);
  }
  replica::Hole Hole(Slot first, Slot last) const { return {first, last, chain_[last]->hash}; }

  TempDirectory dir_{MemoryDirectory()};
  std::vector<BlockPtr> chain_ = Chain(12);
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(HolesTest, NothingInAHoleIsReadAndAllAroundItIs) {
  Tear({Hole(3, 5)});
  for (Slot slot = 0; slot <= 12; ++slot) {
    const auto block = ledger_->Read(slot);
    EXPECT_EQ(block.ok(), slot < 3 || slot > 5);
    if (!block.ok()) {
      EXPECT_EQ(block.status().code(), Code::kIntegrity);
      EXPECT_NE(block.status().message().find("slot " + std::to_string(slot) + " in " +
                                              dir_.path() + "/ledger is missing"),
                std::string::npos)
          << block.status().message();
    }
  }
  EXPECT_EQ(ledger_->ReadRange(0, 12, 100, 1 << 20).value().size(), 3U);
  EXPECT_EQ(ledger_->ReadRange(4, 12, 100, 1 << 20).status().code(), Code::kIntegrity);
  EXPECT_EQ(ledger_->ReadRange(6, 12, 100, 1 << 20).value().size(), 7U);
}

TEST_F(HolesTest, AnInspectionLeavesKnownHolesOut) {
  Tear({Hole(3, 5)});
  const auto checked = ledger_->Check(0, 12, ledger_->tip_hash());
  EXPECT_FALSE(checked.highest_bad) << checked.problem.message();
  EXPECT_EQ(checked.blocks, 10U);
  EXPECT_EQ(ledger_->Check(6, 12, ledger_->tip_hash()).below, chain_[5]->hash);
}

TEST_F(HolesTest, AHoleIsFilledFromItsUpperEndPieceByPiece) {
  Tear({Hole(2, 3), Hole(5, 8)});
  Repair({chain_[7], chain_[8]});
  EXPECT_EQ(ledger_->holes(), (Holes{Hole(2, 3), Hole(5, 6)}));
  Reopen();
  EXPECT_EQ(ledger_->holes(), (Holes{Hole(2, 3), Hole(5, 6)}));
  EXPECT_TRUE(ledger_->Read(7).ok());
  Repair({chain_[3], chain_[5], chain_[6]});
  EXPECT_EQ(ledger_->holes(), (Holes{Hole(2, 2)}));
  Repair({chain_[2]});
  EXPECT_TRUE(ledger_->holes().empty());
  Reopen();
  EXPECT_TRUE(ledger_->holes().empty());
  EXPECT_EQ(ledger_->Check(0, 12, ledger_->tip_hash()).blocks, 13U);
}

TEST_F(HolesTest, FillingAHoleLeavesTheRegistersAsTheyAre) {
  Tear({Hole(3, 5)});
  const replica::LedgerHead head = ledger_->head();
  const std::uint64_t commits = ledger_->commits();
  Repair({chain_[5]});
  EXPECT_EQ(ledger_->head(), head);
  EXPECT_EQ(ledger_->commits(), commits + 1);
  EXPECT_EQ(ledger_->tip_hash(), chain_[12]->hash);
}

TEST_F(HolesTest, WhatIsThereAlreadyIsFoundByItsHash) {
  Tear({Hole(5, 5)});
  ledger_.reset();
  LedgerEditor(dir_.path()).Put(HolesKey(), EncodeHoles({Hole(1, 5)}));
  Reopen();
  Repair({chain_[5]});
  EXPECT_TRUE(ledger_->holes().empty());
  Repair({chain_[4]});  // The replica has not heard of it: nothing happens.
  EXPECT_TRUE(ledger_->holes().empty());
}

TEST_F(HolesTest, WhatStandsWronglyBelowAHoleIsLostToo) {
  ledger_.reset();
  LedgerEditor(dir_.path()).PutBlock(4, *Extend(chain_[3], "stale"));
  Tear({Hole(5, 6)});
  Repair({chain_[6], chain_[5]});
  EXPECT_EQ(ledger_->holes(), (Holes{Hole(4, 4)}));
  EXPECT_EQ(ledger_->Read(4).status().code(), Code::kIntegrity);
  Repair({chain_[4]});
  EXPECT_TRUE(ledger_->holes().empty());
  EXPECT_EQ(ledger_->Check(0, 12, ledger_->tip_hash()).blocks, 13U);
}

TEST_F(HolesTest, AHoleThatDeepensJoinsTheNextOne) {
  ledger_.reset();
  LedgerEditor(dir_.path()).PutBlock(4, *Extend(chain_[3], "stale"));
  Tear({Hole(2, 3), Hole(5, 5)});
  Repair({chain_[5]});
  EXPECT_EQ(ledger_->holes(), (Holes{Hole(2, 4)}));
}

TEST_F(HolesTest, TheLogGoesOnAboveALostTip) {
  replica::LedgerWrite decided = Promise(ledger_->head(), 2);
  decided.head.decided = 12;
  ledger_->Commit(decided);
  Tear({Hole(11, 12)});
  const BlockPtr next = Extend(chain_[12]);
  replica::LedgerWrite write = Accept(2, {next});
  write.head.decided = 12;
  ledger_->Commit(write);
  Reopen();
  EXPECT_EQ(ledger_->head().tip, 13U);
  write.blocks.clear();
  write.head.tip = 12;
  ledger_->Commit(write);  // Cut off again: the tip is in the hole, and its hash is known.
  EXPECT_EQ(ledger_->tip_hash(), chain_[12]->hash);
  Reopen();
  Repair({chain_[11], chain_[12]});
  EXPECT_EQ(ledger_->Check(0, 12, ledger_->tip_hash()).blocks, 13U);
}

TEST_F(HolesTest, AHoleAboveWhatIsDecidedIsDamage) {
  ledger_.reset();
  LedgerEditor(dir_.path()).Put(HolesKey(), EncodeHoles({Hole(11, 11)}));
  EXPECT_EQ(Ledger::Open(dir_.path(), Genesis(), Ours()).status().code(), Code::kIntegrity);
}

/// A ledger of twelve blocks with a hole, in a death test's own directory.
std::unique_ptr<Ledger> Torn(const std::string& directory, const std::vector<BlockPtr>& chain) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  {
    auto ledger = Ledger::Open(directory, Genesis(), Ours());
    replica::LedgerWrite write = Accept(1, {chain.begin() + 1, chain.end()});
    write.head.decided = 10;
    ledger.value()->Commit(write);
  }
  LedgerEditor(directory).Put(HolesKey(), EncodeHoles({{3, 5, chain[5]->hash}}));
  return std::move(Ledger::Open(directory, Genesis(), Ours())).value();
}

void CommitRepaired(Ledger* ledger, const BlockPtr& block) {
  replica::LedgerWrite write;
  write.needed = true;
  write.head = ledger->head();
  write.repaired = {block};
  ledger->Commit(write);
}

TEST(HolesDeathTest, ABlockThatTheHoleDoesNotNameIsNotWritten) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir{MemoryDirectory()};
  const auto chain = Chain(12);
  for (const BlockPtr& block : {Extend(chain[4], "forged"), chain[4]}) {
    EXPECT_DEATH(CommitRepaired(Torn(dir.Sub("torn"), chain).get(), block),
                 "the one that its hole names");
  }
}

TEST(HolesDeathTest, ANewBlockStandsOnTheTip) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir{MemoryDirectory()};
  const auto chain = Chain(12);
  replica::LedgerWrite write = Accept(1, {Extend(Extend(chain[11], "another"))});
  write.head.decided = 10;
  EXPECT_DEATH(Torn(dir.Sub("torn"), chain)->Commit(write), "a new block stands on the tip");
}

}  // namespace
}  // namespace cairn::storage
