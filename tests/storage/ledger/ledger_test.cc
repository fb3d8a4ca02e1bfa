#include "storage/ledger/ledger.h"

#include <gtest/gtest.h>

#include <map>

#include "rocksdb/db.h"
#include "storage/ledger/schema.h"
#include "tests/storage/chains.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

std::unique_ptr<Ledger> OpenOrFail(const std::string& directory, bool read_only = false) {
  auto ledger = Ledger::Open(directory, Genesis(), Ours(read_only));
  EXPECT_TRUE(ledger.ok()) << ledger.status().message();
  return ledger.ok() ? std::move(ledger).value() : nullptr;
}

Status OpenError(const std::string& directory, const BlockPtr& genesis = Genesis()) {
  return Ledger::Open(directory, genesis, Ours()).status();
}

/// Opens the database behind the ledger's back.
void Tamper(const std::string& directory, const std::function<void(rocksdb::DB*)>& change) {
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, directory + "/ledger", &db).ok());
  change(db);
  ASSERT_TRUE(db->Flush({}).ok());
  delete db;
}

void DeleteFiles(const std::string& directory, const std::string& extension) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == extension) {
      std::filesystem::remove(entry.path());
    }
  }
}

bool Contains(const Status& status, const std::string& text) {
  return status.message().find(text) != std::string::npos;
}

TEST(LedgerTest, ANewDirectoryHoldsGenesisAndNoPromise) {
  const TempDirectory dir;
  const auto ledger = OpenOrFail(dir.path());
  EXPECT_EQ(ledger->head(), replica::LedgerHead{});
  EXPECT_EQ(ledger->commits(), 1U);
  EXPECT_EQ(ledger->Read(0).value()->hash, Genesis()->hash);
  EXPECT_EQ(ledger->Read(1).status().code(), Code::kNotFound);
}

TEST(LedgerTest, RemembersHeadAndBlocksOverALife) {
  const TempDirectory dir;
  const auto chain = Chain(3);
  const auto write = Accept(4, {chain[1], chain[2], chain[3]});
  {
    const auto ledger = OpenOrFail(dir.path());
    ledger->Commit(write);
    ledger->Commit(Promise(ledger->head(), 9));
  }
  const auto ledger = OpenOrFail(dir.path());
  EXPECT_EQ(ledger->head().promised, Ballot(9));
  EXPECT_EQ(ledger->head().accepted, Ballot(4));
  EXPECT_EQ(ledger->head().tip, 3U);
  EXPECT_EQ(ledger->commits(), 3U);
  for (Slot slot = 0; slot <= 3; ++slot) {
    EXPECT_EQ(ledger->Read(slot).value()->encoded, chain[slot]->encoded);
  }
}

TEST(LedgerTest, NothingNeededIsNothingCommitted) {
  const TempDirectory dir;
  const auto ledger = OpenOrFail(dir.path());
  ledger->Commit({});
  EXPECT_EQ(ledger->commits(), 1U);
}

TEST(LedgerTest, BlocksAboveTheTipCeaseToExist) {
  const TempDirectory dir;
  const auto chain = Chain(5);
  const BlockPtr other = Extend(chain[1], "another");
  {
    const auto ledger = OpenOrFail(dir.path());
    ledger->Commit(Accept(1, {chain[1], chain[2], chain[3], chain[4], chain[5]}));
    ledger->Commit(Accept(2, {other}));
    EXPECT_EQ(ledger->Read(2).value()->hash, other->hash);
    EXPECT_EQ(ledger->Read(3).status().code(), Code::kNotFound);
  }
  EXPECT_EQ(OpenOrFail(dir.path())->Read(3).status().code(), Code::kNotFound);
  Tamper(dir.path(), [](rocksdb::DB* db) {
    std::string value;
    EXPECT_TRUE(db->Get({}, BlockKey(2), &value).ok());
    for (Slot slot = 3; slot <= 5; ++slot) {
      EXPECT_TRUE(db->Get({}, BlockKey(slot), &value).IsNotFound());
    }
  });
}

TEST(LedgerTest, ARangeKeepsItsLimitsAndYieldsAtLeastOneBlock) {
  const TempDirectory dir;
  const auto chain = Chain(6, std::string(1000, 'x'));
  const auto ledger = OpenOrFail(dir.path());
  ledger->Commit(Accept(1, {chain.begin() + 1, chain.end()}));
  EXPECT_EQ(ledger->ReadRange(2, 4, 100, 1 << 20).value().size(), 3U);
  EXPECT_EQ(ledger->ReadRange(2, 100, 100, 1 << 20).value().back()->hash, chain[6]->hash);
  EXPECT_EQ(ledger->ReadRange(1, 6, 2, 1 << 20).value().size(), 2U);
  EXPECT_EQ(ledger->ReadRange(1, 6, 100, 2600).value().size(), 2U);
  EXPECT_EQ(ledger->ReadRange(1, 6, 100, 1).value().size(), 1U);
  EXPECT_EQ(ledger->ReadRange(7, 9, 100, 1 << 20).status().code(), Code::kNotFound);
  EXPECT_EQ(ledger->ReadRange(3, 2, 100, 1 << 20).status().code(), Code::kNotFound);
}

TEST(LedgerTest, ABlockThatDoesNotVerifyIsNeverReturned) {
  const TempDirectory dir;
  const auto chain = Chain(4);
  OpenOrFail(dir.path())->Commit(Decide(1, {chain.begin() + 1, chain.end()}));
  Tamper(dir.path(), [&](rocksdb::DB* db) {
    std::string record(1, '\x01');
    record += chain[1]->encoded;
    record[record.size() / 2] = static_cast<char>(record[record.size() / 2] ^ 1);
    ASSERT_TRUE(db->Put({}, BlockKey(1), record).ok());                                 // flipped
    ASSERT_TRUE(db->Put({}, BlockKey(2), std::string(1, 1) + chain[3]->encoded).ok());  // swapped
    ASSERT_TRUE(db->Delete({}, BlockKey(3)).ok());                                      // missing
  });
  const auto ledger = OpenOrFail(dir.path());
  for (Slot slot = 1; slot <= 3; ++slot) {
    const Status one = ledger->Read(slot).status();
    EXPECT_EQ(one.code(), Code::kIntegrity);
    EXPECT_TRUE(Contains(one, "slot " + std::to_string(slot) + " in " + dir.path()))
        << one.message();
    EXPECT_EQ(ledger->ReadRange(slot, 4, 10, 1 << 20).status().code(), Code::kIntegrity);
  }
  EXPECT_TRUE(ledger->Read(4).ok());
}

TEST(LedgerTest, ARangeEndsBeforeALinkThatIsBroken) {
  const TempDirectory dir;
  const auto chain = Chain(3);
  OpenOrFail(dir.path())->Commit(Decide(1, {chain[1], chain[2], chain[3]}));
  const BlockPtr forged = Extend(chain[1], "forged, but it verifies by itself");
  Tamper(dir.path(), [&](rocksdb::DB* db) {
    ASSERT_TRUE(db->Put({}, BlockKey(2), std::string(1, 1) + forged->encoded).ok());
  });
  const auto ledger = OpenOrFail(dir.path());
  EXPECT_EQ(ledger->ReadRange(1, 3, 10, 1 << 20).value().size(), 2U);
  const auto checked = ledger->Check(1, 3, ledger->tip_hash());
  EXPECT_EQ(checked.highest_bad, 2U);
  EXPECT_EQ(checked.lowest_bad, 2U);
  EXPECT_TRUE(Contains(checked.problem, "slot 2 in " + dir.path())) << checked.problem.message();
}

TEST(LedgerTest, RefusesAnotherClustersGenesis) {
  const TempDirectory dir;
  OpenOrFail(dir.path());
  const Status status = OpenError(dir.path(), Genesis("another"));
  EXPECT_EQ(status.code(), Code::kUsage);
  EXPECT_TRUE(Contains(status, Genesis()->hash.Hex())) << status.message();
  EXPECT_TRUE(Contains(status, Genesis("another")->hash.Hex())) << status.message();
  EXPECT_TRUE(Contains(status, "the cluster file differs")) << status.message();
}

TEST(LedgerTest, RefusesADamagedHead) {
  const TempDirectory dir;
  OpenOrFail(dir.path())->Commit(Accept(1, {Chain(1)[1]}));
  Tamper(dir.path(), [](rocksdb::DB* db) {
    std::string head;
    ASSERT_TRUE(db->Get({}, std::string(HeadKey()), &head).ok());
    head[50] = static_cast<char>(head[50] ^ 4);
    ASSERT_TRUE(db->Put({}, std::string(HeadKey()), head).ok());
  });
  const Status status = OpenError(dir.path());
  EXPECT_EQ(status.code(), Code::kIntegrity);
  EXPECT_TRUE(Contains(status, "checksum")) << status.message();
}

TEST(LedgerTest, RefusesATipThatIsNotThere) {
  const TempDirectory dir;
  const auto chain = Chain(2);
  OpenOrFail(dir.path())->Commit(Accept(1, {chain[1], chain[2]}));
  Tamper(dir.path(), [](rocksdb::DB* db) { ASSERT_TRUE(db->Delete({}, BlockKey(2)).ok()); });
  const Status status = OpenError(dir.path());
  EXPECT_EQ(status.code(), Code::kIntegrity);
  EXPECT_TRUE(Contains(status, "slot 2")) << status.message();
}

TEST(LedgerTest, RefusesALedgerBehindItsGuardAndNamesBoth) {
  const TempDirectory dir;
  const auto chain = Chain(2);
  OpenOrFail(dir.path())->Commit(Accept(1, {chain[1]}));
  {
    const auto ledger = OpenOrFail(dir.path());  // What was logged is in a table from here on.
    ledger->Commit(Accept(1, {chain[2]}));
    ledger->Commit(Promise(ledger->head(), 8));
  }
  DeleteFiles(dir.Sub("ledger"), ".log");
  for (int again = 0; again < 2; ++again) {
    const Status status = OpenError(dir.path());
    EXPECT_EQ(status.code(), Code::kIntegrity);
    EXPECT_TRUE(Contains(status, "commit 2, promised 1.1, accepted 1.1, tip 1"))
        << status.message();
    EXPECT_TRUE(Contains(status, "commit 4, promised 8.1, accepted 1.1, tip 2"))
        << status.message();
    EXPECT_TRUE(Contains(status, dir.path() + "/guard")) << status.message();
  }
}

TEST(LedgerTest, ALostBlockIsNoticedByTheCommitCounterAlone) {
  const TempDirectory dir;
  const auto chain = Chain(2);
  OpenOrFail(dir.path())->Commit(Accept(1, {chain[1]}));
  OpenOrFail(dir.path())->Commit(Accept(1, {chain[2]}));
  DeleteFiles(dir.Sub("ledger"), ".log");
  const Status status = OpenError(dir.path());
  EXPECT_EQ(status.code(), Code::kIntegrity);
  EXPECT_TRUE(Contains(status, "has forgotten what it had synced")) << status.message();
}

TEST(LedgerTest, RefusesALedgerThatIsGoneWhileItsGuardRemembers) {
  for (const char* what : {"everything", "CURRENT", "the log"}) {
    SCOPED_TRACE(what);
    const TempDirectory dir;
    OpenOrFail(dir.path())->Commit(Accept(1, {Chain(1)[1]}));
    if (what == std::string("everything")) {
      std::filesystem::remove_all(dir.Sub("ledger"));
    } else if (what == std::string("CURRENT")) {
      std::filesystem::remove(dir.Sub("ledger/CURRENT"));
    } else {
      DeleteFiles(dir.Sub("ledger"), ".log");
    }
    const Status status = OpenError(dir.path());
    EXPECT_EQ(status.code(), Code::kIntegrity);
    EXPECT_TRUE(Contains(status, "commit 2, promised 1.1")) << status.message();
  }
}

TEST(LedgerTest, RefusesALedgerWhoseGuardIsGone) {
  const TempDirectory dir;
  OpenOrFail(dir.path())->Commit(Accept(1, {Chain(1)[1]}));
  std::filesystem::remove(dir.Sub("guard"));
  const Status status = OpenError(dir.path());
  EXPECT_EQ(status.code(), Code::kIntegrity);
  EXPECT_TRUE(Contains(status, dir.path() + "/guard is gone")) << status.message();
}

TEST(LedgerTest, AGuardBehindItsLedgerIsNormal) {
  const TempDirectory dir;
  std::string before;
  {
    const auto ledger = OpenOrFail(dir.path());
    before = ReadFile(dir.Sub("guard"));
    ledger->Commit(Accept(1, {Chain(1)[1]}));
  }
  WriteFile(dir.Sub("guard"), before);
  EXPECT_EQ(OpenOrFail(dir.path())->commits(), 2U);
}

TEST(LedgerTest, NoFlippedBitInATableGivesAWrongBlock) {
  const TempDirectory dir;
  const auto chain = Chain(6);
  OpenOrFail(dir.path())->Commit(Decide(1, {chain.begin() + 1, chain.end()}));
  OpenOrFail(dir.path());  // Brings the log into a table.
  const std::string backup = dir.Sub("backup");
  std::filesystem::copy(dir.Sub("ledger"), backup);
  std::string table;
  for (const auto& entry : std::filesystem::directory_iterator(backup)) {
    table = entry.path().extension() == ".sst" ? entry.path().filename().string() : table;
  }
  ASSERT_FALSE(table.empty());
  const std::size_t size = std::filesystem::file_size(backup + "/" + table);
  for (std::size_t offset = 0; offset < size; offset += 37) {
    std::filesystem::remove_all(dir.Sub("ledger"));
    std::filesystem::copy(backup, dir.Sub("ledger"));
    FlipBit(dir.Sub("ledger/" + table), offset);
    auto ledger = Ledger::Open(dir.path(), Genesis(), Ours());
    if (!ledger.ok()) {
      EXPECT_EQ(ledger.status().code(), Code::kIntegrity) << ledger.status().message();
      continue;
    }
    for (Slot slot = 0; slot <= 6; ++slot) {
      const auto block = ledger.value()->Read(slot);
      EXPECT_TRUE(block.ok() ? block.value()->hash == chain[slot]->hash
                             : block.status().code() == Code::kIntegrity);
    }
  }
}

using Files = std::map<std::string, std::string>;

Files AllFiles(const std::string& directory) {
  Files all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    all[entry.path().string()] = entry.is_regular_file() ? ReadFile(entry.path()) : "";
  }
  return all;
}

TEST(LedgerTest, WhatIsRefusedIsLeftAsItWas) {
  for (const char* damage : {"cut", "deleted", "flipped", "other genesis"}) {
    SCOPED_TRACE(damage);
    const TempDirectory dir;
    const auto chain = Chain(3);
    {
      const auto ledger = OpenOrFail(dir.path());
      ledger->Commit(Accept(1, {chain[1], chain[2], chain[3]}));
      ledger->Commit(Promise(ledger->head(), 2));
    }
    for (const auto& entry : std::filesystem::directory_iterator(dir.Sub("ledger"))) {
      const std::string log = entry.path().extension() == ".log" ? entry.path().string() : "";
      if (!log.empty() && damage == std::string("cut")) {
        std::filesystem::resize_file(log, std::filesystem::file_size(log) - 30);
      } else if (!log.empty() && damage == std::string("deleted")) {
        std::filesystem::remove(log);
      } else if (!log.empty() && damage == std::string("flipped")) {
        FlipBit(log, std::filesystem::file_size(log) / 2);
      }
    }
    const Files before = AllFiles(dir.path());
    const BlockPtr genesis = Genesis(damage == std::string("other genesis") ? "other" : "test");
    EXPECT_EQ(OpenError(dir.path(), genesis).code(),
              damage == std::string("other genesis") ? Code::kUsage : Code::kIntegrity);
    EXPECT_EQ(AllFiles(dir.path()), before);
  }
}

TEST(LedgerTest, OpenedReadOnlyItChangesNothing) {
  const TempDirectory dir;
  const auto chain = Chain(2);
  OpenOrFail(dir.path())->Commit(Accept(1, {chain[1], chain[2]}));
  const Files before = AllFiles(dir.path());
  {
    const auto ledger = OpenOrFail(dir.path(), true);
    EXPECT_EQ(ledger->head().tip, 2U);
    EXPECT_EQ(ledger->ReadRange(0, 2, 10, 1 << 20).value().size(), 3U);
    EXPECT_TRUE(Ledger::Open(dir.path(), nullptr, Ours(true)).ok());
  }
  EXPECT_EQ(AllFiles(dir.path()), before);
}

TEST(LedgerTest, ReadOnlyMakesNoLedger) {
  const TempDirectory dir;
  const auto ledger = Ledger::Open(dir.path(), nullptr, Ours(true));
  EXPECT_EQ(ledger.status().code(), Code::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(LedgerDeathTest, APromiseNeverGoesDown) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  EXPECT_DEATH(
      {
        const auto ledger = OpenOrFail(dir.path());
        ledger->Commit(Promise(ledger->head(), 5));
        ledger->Commit(Promise(ledger->head(), 4));
      },
      "R1: a promise never goes down");
}

TEST(LedgerDeathTest, AChainWithAGapIsNotCommitted) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  EXPECT_DEATH(OpenOrFail(dir.path())->Commit(Accept(1, {Chain(2)[2]})), "no gap below its tip");
}

}  // namespace
}  // namespace cairn::storage
