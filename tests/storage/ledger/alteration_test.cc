// Every field that a ledger stores, altered by hand: found before it is used, and named by its
// slot.

#include <gtest/gtest.h>

#include <map>

#include "storage/ledger/ledger.h"
#include "tests/storage/chains.h"
#include "tests/storage/ledger_editor.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

class AlterationTest : public ::testing::Test {
 protected:
  static constexpr Slot kAltered = 3;

  AlterationTest() {
    auto ledger = Ledger::Open(dir_.path(), Genesis(), Ours());
    EXPECT_TRUE(ledger.ok()) << ledger.status().message();
    replica::LedgerWrite write = Accept(1, {chain_.begin() + 1, chain_.end()});
    write.head.decided = 4;
    write.promise = true;
    ledger.value()->Commit(write);
  }

  /// What a look at the whole ledger says is wrong; empty if nothing is.
  std::string Problem() {
    const auto ledger = Ledger::Open(dir_.path(), Genesis(), Ours(true));
    if (!ledger.ok()) {
      return ledger.status().message();
    }
    const auto checked =
        ledger.value()->Check(0, ledger.value()->head().tip, ledger.value()->tip_hash());
    EXPECT_EQ(checked.highest_bad.has_value(), !checked.problem.ok());
    return checked.problem.message();
  }
  void ExpectNamed(Slot slot) {
    const std::string problem = Problem();
    const std::string name = "slot " + std::to_string(slot) + " in " + dir_.path() + "/ledger";
    EXPECT_NE(problem.find(name), std::string::npos) << name << " | " << problem;
  }
  void ExpectSays(const std::string& text) {
    const std::string problem = Problem();
    EXPECT_NE(problem.find(text), std::string::npos) << problem;
  }

  TempDirectory dir_{MemoryDirectory()};
  std::vector<BlockPtr> chain_ = Chain(6);
};

TEST_F(AlterationTest, WhatIsNotAlteredIsWell) { EXPECT_EQ(Problem(), ""); }

TEST_F(AlterationTest, EachFieldOfABlockIsFoundAndNamed) {
  // Offsets in the record: its version, the header's fields, then the first request's.
  const std::size_t header = 1;
  const std::size_t request = header + chain::kHeaderBytes;
  const std::map<std::string, std::size_t> fields = {
      {"record version", 0},
      {"block version", header},
      {"slot", header + 4},
      {"parent", header + 12},
      {"requests root", header + 44},
      {"time", header + 76},
      {"request count", header + 84},
      {"nonce", header + 88},
      {"flags", header + 96},
      {"request length", request},
      {"request version", request + 4},
      {"client", request + 5},
      {"sequence", request + 13},
      {"first open", request + 21},
      {"session base", request + 29},
      {"operation", request + 37},
      {"key length", request + 38},
      {"key", request + 42},
      {"value length", request + 46},
      {"value", request + 50},
  };
  for (const auto& [field, offset] : fields) {
    for (const Slot slot : {kAltered, Slot{6}}) {
      SCOPED_TRACE(field + " of slot " + std::to_string(slot));
      LedgerEditor(dir_.path()).FlipBlock(slot, offset);
      ExpectNamed(slot);
      LedgerEditor(dir_.path()).PutBlock(slot, *chain_[slot]);
      EXPECT_EQ(Problem(), "");
    }
  }
}

TEST_F(AlterationTest, AForgedBlockThatVerifiesByItselfIsFoundAndNamed) {
  for (const Slot slot : {Slot{1}, kAltered, Slot{6}}) {
    const BlockPtr forged = Extend(chain_[slot - 1], "forged");
    LedgerEditor(dir_.path()).PutBlock(slot, *forged);
    ExpectNamed(slot);
    LedgerEditor(dir_.path()).PutBlock(slot, *chain_[slot]);
  }
}

TEST_F(AlterationTest, AForgedEndOfTheChainIsFoundAndNamed) {
  BlockPtr forged = chain_[3];
  for (Slot slot = 4; slot <= 6; ++slot) {
    forged = Extend(forged, "forged");
    LedgerEditor(dir_.path()).PutBlock(slot, *forged);
  }
  ExpectNamed(6);
}

TEST_F(AlterationTest, BlocksThatAreMissingSwappedOrTwiceThereAreFoundAndNamed) {
  LedgerEditor(dir_.path()).Delete(BlockKey(kAltered));
  ExpectNamed(kAltered);
  LedgerEditor(dir_.path()).PutBlock(kAltered, *chain_[2]);
  ExpectNamed(kAltered);
  LedgerEditor(dir_.path()).PutBlock(2, *chain_[kAltered]);
  ExpectNamed(kAltered);
  LedgerEditor(dir_.path()).PutBlock(kAltered, *chain_[kAltered]);
  ExpectNamed(2);
}

TEST_F(AlterationTest, AnotherGenesisBlockIsFound) {
  LedgerEditor(dir_.path()).PutBlock(0, *Genesis("another"));
  ExpectNamed(0);
}

TEST_F(AlterationTest, EachFieldOfTheHeadIsFound) {
  using Edit = std::function<void(HeadRecord*)>;
  const std::vector<std::pair<Edit, std::string>> edits = {
      {[](HeadRecord* head) { head->genesis = Genesis("another")->hash; }, "slot 0"},
      {[](HeadRecord* head) { head->node = 2; }, "node 2"},
      {[](HeadRecord* head) { head->incarnation = 98; }, "another life"},
      {[](HeadRecord* head) { head->commits -= 1; }, "has forgotten"},
      {[](HeadRecord* head) { head->head.promised = Ballot(0); }, "has forgotten"},
      {[](HeadRecord* head) { head->head.promised = Ballot(9); }, "has forgotten"},
      {[](HeadRecord* head) { head->head.accepted = Ballot(0); }, "has forgotten"},
      {[](HeadRecord* head) { head->head.decided -= 1; }, "has forgotten"},
      {[](HeadRecord* head) { head->head.decided += 1; }, "has forgotten"},
      {[](HeadRecord* head) { head->head.tip -= 1; }, "has forgotten"},
      {[](HeadRecord* head) { head->head.tip += 1; }, "has forgotten"},
      {[](HeadRecord* head) { head->tip_hash = Genesis()->hash; }, "slot 6"},
  };
  for (const auto& [edit, found] : edits) {
    const std::string before = LedgerEditor(dir_.path()).Get(HeadKey());
    LedgerEditor(dir_.path()).EditHead(edit);
    ExpectSays(found);
    LedgerEditor(dir_.path()).Put(HeadKey(), before);
    EXPECT_EQ(Problem(), "");
  }
}

TEST_F(AlterationTest, AHeadOrAHoleThatDoesNotFitItsChecksumIsFound) {
  const std::string head = LedgerEditor(dir_.path()).Get(HeadKey());
  std::string flipped = head;
  flipped[60] = static_cast<char>(flipped[60] ^ 1);
  LedgerEditor(dir_.path()).Put(HeadKey(), flipped);
  ExpectSays("head record does not fit its checksum");
  LedgerEditor(dir_.path()).Put(HeadKey(), head);
  std::string holes = EncodeHoles({{2, 3, chain_[3]->hash}});
  LedgerEditor(dir_.path()).Put(HolesKey(), holes);
  EXPECT_EQ(Problem(), "");
  holes[9] = static_cast<char>(holes[9] ^ 1);
  LedgerEditor(dir_.path()).Put(HolesKey(), holes);
  ExpectSays("record of holes does not fit its checksum");
}

}  // namespace
}  // namespace cairn::storage
