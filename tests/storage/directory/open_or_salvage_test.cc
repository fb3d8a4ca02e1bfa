// What a start does with a directory that went through something, sentence by sentence; and the
// same when the recovery itself is cut short at each of its steps.

#include "storage/directory/open_or_salvage.h"

#include <gtest/gtest.h>

#include "storage/directory/identity.h"
#include "storage/ledger/salvage_mark.h"
#include "tests/storage/chains.h"
#include "tests/storage/forgetful_file_system.h"
#include "tests/storage/ledger_editor.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

namespace fs = std::filesystem;

struct Opened {
  DataDirectory directory;
  OpenedLedger recovery;

  [[nodiscard]] Ledger& ledger() const { return *recovery.ledger; }
  [[nodiscard]] Incarnation incarnation() const { return directory.identity().incarnation; }
};

class OpenOrSalvageTest : public ::testing::Test {
 protected:
  OpenOrSalvageTest() {
    auto opened = OpenOrFail(node_);
    EXPECT_TRUE(said_.empty()) << said_;
    incarnation_ = opened->incarnation();
    replica::LedgerWrite write = Accept(3, {chain_.begin() + 1, chain_.end()});
    write.head.decided = 46;
    write.promise = true;
    opened->ledger().Commit(write);
    head_ = opened->ledger().head();
  }

  Result<Opened> Open(const std::string& path, NodeId node = 1, const BlockPtr& genesis = Genesis(),
                      const AtStep& at_step = {}) {
    said_.clear();
    const Say say = [this](const std::string& line) { said_ += line + "\n"; };
    auto directory = DataDirectory::Open(path, genesis->hash, "test", node, say);
    if (!directory.ok()) {
      return directory.status();
    }
    Opened opened{std::move(directory).value(), {}};
    auto recovery = OpenOrSalvage(&opened.directory, genesis, Ours(), say, at_step);
    if (!recovery.ok()) {
      return recovery.status();
    }
    opened.recovery = std::move(recovery).value();
    return opened;
  }
  std::optional<Opened> OpenOrFail(const std::string& path, const AtStep& at_step = {}) {
    auto opened = Open(path, 1, Genesis(), at_step);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return opened.ok() ? std::optional(std::move(opened).value()) : std::nullopt;
  }

  void ExpectSaid(const std::string& text) const {
    EXPECT_NE(said_.find(text), std::string::npos) << text << " | " << said_;
  }
  void ExpectItself(const std::optional<Opened>& opened) const {
    ASSERT_TRUE(opened.has_value());
    EXPECT_FALSE(opened->recovery.forgot) << said_;
    EXPECT_EQ(opened->incarnation(), incarnation_);
    EXPECT_EQ(opened->ledger().head(), head_);
  }
  void ExpectForgot(const std::optional<Opened>& opened) const {
    ASSERT_TRUE(opened.has_value());
    EXPECT_TRUE(opened->recovery.forgot || opened->directory.created()) << said_;
    EXPECT_NE(opened->incarnation(), incarnation_);
    EXPECT_EQ(opened->ledger().head(), replica::LedgerHead{});
    EXPECT_EQ(opened->ledger().commits(), 1U);
  }
  void ExpectNextStartIsSound() {
    const auto opened = OpenOrFail(node_);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(said_, "");
    EXPECT_FALSE(opened->recovery.forgot || opened->recovery.salvaged);
    for (const char* leftover : {"ledger.salvage", "ledger.salvaged", "salvage"}) {
      EXPECT_FALSE(fs::exists(node_ + "/" + leftover)) << leftover;
    }
  }
  void LoseBlock(Slot slot) {
    LedgerEditor editor(node_);
    editor.Delete(BlockKey(slot));
    editor.Compact();
    ASSERT_TRUE(MarkForSalvage(node_, "a test lost a block").ok());
  }

  TempDirectory dir_{MemoryDirectory()};
  std::string node_ = dir_.Sub("node1");
  std::string said_;
  std::vector<BlockPtr> chain_ = Chain(48);
  replica::LedgerHead head_;
  Incarnation incarnation_ = 0;
};

TEST_F(OpenOrSalvageTest, ASoundLedgerIsOpenedWithoutAWord) {
  ExpectItself(OpenOrFail(node_));
  EXPECT_EQ(said_, "");
}

TEST_F(OpenOrSalvageTest, ALostDecidedBlockIsAHoleThatAPeerFills) {
  LoseBlock(30);
  const auto opened = OpenOrFail(node_);
  ExpectItself(opened);
  ExpectSaid("asked for a salvage: a test lost a block.");
  ExpectSaid("of the decided blocks of slots 14 to 30 in " + node_ + "/ledger some are lost");
  ExpectSaid("(1 decided block is lost)");
  Ledger& ledger = opened->ledger();
  EXPECT_EQ(ledger.holes(), (std::vector<replica::Hole>{{14, 30, chain_[30]->hash}}));
  EXPECT_EQ(ledger.Read(30).status().code(), Code::kIntegrity);
  EXPECT_EQ(ledger.Read(14).status().code(), Code::kIntegrity);
  EXPECT_EQ(ledger.ReadRange(1, 48, 100, 1 << 20).value().size(), 13U);
  replica::LedgerWrite write;
  write.needed = true;
  write.head = ledger.head();
  write.repaired = {chain_[30]};
  ledger.Commit(write);
  EXPECT_TRUE(ledger.holes().empty());  // What was in doubt fits.
  EXPECT_EQ(ledger.Check(0, 48, ledger.tip_hash()).blocks, 49U);
}

TEST_F(OpenOrSalvageTest, HolesAreRememberedOverALife) {
  LoseBlock(30);
  ExpectItself(OpenOrFail(node_));
  const auto opened = OpenOrFail(node_);
  EXPECT_EQ(said_, "");
  EXPECT_EQ(opened->ledger().holes().size(), 1U);
}

TEST_F(OpenOrSalvageTest, AnOlderVersionOfABlockThatFitsIsFoundInItsTable) {
  OpenOrFail(node_);
  LedgerEditor(node_).PutBlock(30, *Extend(chain_[29], "forged"));
  ASSERT_TRUE(MarkForSalvage(node_, "the block of slot 30 is wrong").ok());
  {
    const auto opened = OpenOrFail(node_);
    ExpectItself(opened);
    ExpectSaid("nothing is lost");
    EXPECT_EQ(opened->ledger().Check(0, 48, opened->ledger().tip_hash()).blocks, 49U);
  }
  ExpectNextStartIsSound();
}

TEST_F(OpenOrSalvageTest, ALostBlockThatIsNotDecidedMeansForgotten) {
  LoseBlock(47);
  ExpectForgot(OpenOrFail(node_));
  ExpectSaid("the block of slot 47 in " + node_ + "/ledger, which is not decided, can't be read");
  ExpectNextStartIsSound();
}

TEST_F(OpenOrSalvageTest, ATornWriteIsCutOffTheLogAndKept) {
  std::string log;
  for (const auto& entry : fs::directory_iterator(node_ + "/ledger")) {
    log = entry.path().extension() == ".log" ? entry.path().string() : log;
  }
  const std::string sound = ReadFile(log);
  // The next record, whole but for its checksum: as a disk leaves it that wrote the pages out of
  // order.
  WriteFile(log, sound + std::string("\x01\x02\x03\x04\x05\x00\x01", 7) + "abcde");
  ExpectItself(OpenOrFail(node_));
  ExpectSaid("the last 12 bytes of " + log + " are what a power loss left");
  EXPECT_EQ(fs::file_size(node_ + "/quarantine/" + fs::path(log).filename().string() + "-end-1"),
            12U);
  ExpectNextStartIsSound();
}

TEST_F(OpenOrSalvageTest, AGuardThatIsGoneMeansForgotten) {
  fs::remove(node_ + "/guard");
  const auto opened = OpenOrFail(node_);
  ExpectForgot(opened);
  ExpectSaid(node_ + "/guard is gone");
  ExpectSaid("it does not vote as who it was");
  ExpectSaid(node_ + "/quarantine/ledger-1");
  EXPECT_TRUE(fs::exists(node_ + "/quarantine/ledger-1/CURRENT"));
  EXPECT_TRUE(fs::exists(node_ + "/quarantine/identity-1"));
}

TEST_F(OpenOrSalvageTest, ADamagedGuardMeansForgotten) {
  WriteFile(node_ + "/guard", std::string(4608, 'x'));
  ExpectForgot(OpenOrFail(node_));
  ExpectSaid("neither of its two records fits its checksum");
  EXPECT_EQ(ReadFile(node_ + "/quarantine/guard-1"), std::string(4608, 'x'));
  ExpectNextStartIsSound();
}

TEST_F(OpenOrSalvageTest, ALedgerThatIsGoneMeansForgotten) {
  fs::remove_all(node_ + "/ledger");
  ExpectForgot(OpenOrFail(node_));
  ExpectNextStartIsSound();
}

TEST_F(OpenOrSalvageTest, ABackupOfTheLedgerAloneIsNoticedByItsGuard) {
  fs::copy(node_ + "/ledger", dir_.Sub("backup"));
  {
    const auto opened = OpenOrFail(node_);
    opened->ledger().Commit(Promise(opened->ledger().head(), 9));
  }
  fs::remove_all(node_ + "/ledger");
  fs::copy(dir_.Sub("backup"), node_ + "/ledger");
  ExpectForgot(OpenOrFail(node_));
  ExpectSaid("has forgotten what it had synced");
  ExpectSaid("promised 9.1");
  ExpectNextStartIsSound();
}

TEST_F(OpenOrSalvageTest, ALedgerOfAnotherLifeIsNotTakenForThisOnes) {
  fs::copy(node_, dir_.Sub("old"), fs::copy_options::recursive);
  fs::remove_all(node_ + "/ledger");
  fs::remove(node_ + "/guard");
  const Incarnation second = OpenOrFail(node_)->incarnation();
  ASSERT_NE(second, incarnation_);
  for (const char* name : {"ledger", "guard"}) {
    fs::remove_all(node_ + "/" + name);
    fs::copy(dir_.Sub("old/") + name, node_ + "/" + name);
  }
  const auto opened = OpenOrFail(node_);
  ExpectForgot(opened);
  EXPECT_NE(opened->incarnation(), second);
  ExpectSaid("another life of this directory");
}

TEST_F(OpenOrSalvageTest, AnotherNodesLedgerIsRefusedAndLeftAlone) {
  const std::string other = dir_.Sub("node2");
  ASSERT_TRUE(Open(other, 2).ok());
  fs::remove_all(node_ + "/ledger");
  fs::copy(other + "/ledger", node_ + "/ledger");
  const Status status = Open(node_).status();
  EXPECT_EQ(status.code(), Code::kUsage);
  EXPECT_NE(status.message().find("node 2"), std::string::npos) << status.message();
  EXPECT_FALSE(fs::exists(node_ + "/quarantine"));
}

TEST_F(OpenOrSalvageTest, AnotherClustersLedgerIsRefusedAndLeftAlone) {
  const std::string other = dir_.Sub("other");
  ASSERT_TRUE(Open(other, 1, Genesis("another")).ok());
  fs::remove_all(node_ + "/ledger");
  fs::copy(other + "/ledger", node_ + "/ledger");
  const Status status = Open(node_).status();
  EXPECT_EQ(status.code(), Code::kUsage);
  EXPECT_FALSE(fs::exists(node_ + "/quarantine"));
}

TEST_F(OpenOrSalvageTest, ANewerProgramsLedgerIsRefusedAndLeftAlone) {
  std::string head = LedgerEditor(node_).Get(HeadKey());
  head[0] = 3;
  head.resize(head.size() - kChecksumBytes);
  LedgerEditor(node_).Put(HeadKey(), head + Checksum(head));
  const Status status = Open(node_).status();
  EXPECT_EQ(status.code(), Code::kUsage);
  EXPECT_NE(status.message().find("version 3, and this program knows versions up to 2"),
            std::string::npos)
      << status.message();
  EXPECT_FALSE(fs::exists(node_ + "/quarantine"));
}

TEST_F(OpenOrSalvageTest, AnIdentityIsMadeAgainFromItsLedger) {
  const std::string text = ReadFile(node_ + "/identity");
  for (const char* what : {"damaged", "gone"}) {
    SCOPED_TRACE(what);
    if (what == std::string("gone")) {
      fs::remove(node_ + "/identity");
    } else {
      FlipBit(node_ + "/identity", text.size() / 2);
    }
    ExpectItself(OpenOrFail(node_));
    ExpectSaid("The ledger beside it names its owner");
    EXPECT_EQ(ReadFile(node_ + "/identity"), text);
  }
  EXPECT_TRUE(fs::exists(node_ + "/quarantine/identity-1"));
  ExpectNextStartIsSound();
}

TEST_F(OpenOrSalvageTest, ADamagedIdentityBesideAnothersLedgerIsRefused) {
  FlipBit(node_ + "/identity", 200);
  EXPECT_EQ(Open(node_, 2).status().code(), Code::kUsage);
  EXPECT_EQ(Open(node_, 1, Genesis("another")).status().code(), Code::kUsage);
  EXPECT_FALSE(fs::exists(node_ + "/quarantine"));
  ExpectItself(OpenOrFail(node_));
}

TEST_F(OpenOrSalvageTest, WithoutIdentityAndReadableLedgerItIsSomebodyNew) {
  FlipBit(node_ + "/identity", 200);
  for (const auto& entry : fs::directory_iterator(node_ + "/ledger")) {
    WriteFile(entry.path().string(), "rotten");
  }
  ExpectForgot(OpenOrFail(node_));
  ExpectSaid("does not say either whose it is");
  ExpectNextStartIsSound();
}

TEST_F(OpenOrSalvageTest, ADirectoryOfSomethingElseIsStillRefused) {
  fs::create_directories(dir_.Sub("photos"));
  WriteFile(dir_.Sub("photos/one"), "x");
  EXPECT_EQ(Open(dir_.Sub("photos")).status().code(), Code::kUsage);
}

TEST_F(OpenOrSalvageTest, ForgetMayBeCalledWhileTheLedgerIsOpen) {
  {
    auto opened = OpenOrFail(node_);
    ASSERT_TRUE(
        Forget(&opened->directory, "a peer remembers more", [this](const std::string& line) {
          said_ += line;
        }).ok());
    ExpectSaid("a peer remembers more.");
    EXPECT_NE(opened->incarnation(), incarnation_);
  }
  const auto opened = OpenOrFail(node_);
  EXPECT_EQ(opened->ledger().head(), replica::LedgerHead{});
  EXPECT_NE(opened->incarnation(), incarnation_);
  EXPECT_EQ(said_, "");
}

TEST_F(OpenOrSalvageTest, ASalvageThatIsCutShortAtAnyStepIsDoneAllTheSame) {
  LoseBlock(30);
  std::vector<std::string> steps;
  const auto keep = [&](const std::string& step) {
    fs::copy(node_, dir_.Sub("step" + std::to_string(steps.size())), fs::copy_options::recursive);
    steps.push_back(step);
  };
  ExpectItself(OpenOrFail(node_, keep));
  ASSERT_GE(steps.size(), 5U);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(steps[i]);
    fs::remove_all(node_);
    fs::rename(dir_.Sub("step" + std::to_string(i)), node_);
    const auto opened = OpenOrFail(node_);
    ExpectItself(opened);
    EXPECT_EQ(opened->ledger().holes(), (std::vector<replica::Hole>{{14, 30, chain_[30]->hash}}));
    const auto checked = opened->ledger().Check(1, 48, opened->ledger().tip_hash());
    EXPECT_FALSE(checked.highest_bad) << checked.problem.message();
    ASSERT_FALSE(HasFailure());
  }
  ExpectNextStartIsSound();
}

TEST_F(OpenOrSalvageTest, AForgettingThatIsCutShortAtAnyStepIsDoneAllTheSame) {
  WriteFile(node_ + "/guard", "rotten");
  ASSERT_TRUE(MarkForSalvage(node_, "a test").ok());
  std::vector<std::string> steps;
  const auto keep = [&](const std::string& step) {
    fs::copy(node_, dir_.Sub("step" + std::to_string(steps.size())), fs::copy_options::recursive);
    steps.push_back(step);
  };
  ExpectForgot(OpenOrFail(node_, keep));
  ASSERT_GE(steps.size(), 4U);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(steps[i]);
    fs::remove_all(node_);
    fs::rename(dir_.Sub("step" + std::to_string(i)), node_);
    ExpectForgot(OpenOrFail(node_));
    ExpectNextStartIsSound();
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(OpenOrSalvageTest, WithoutRoomForASalvageNothingChangesUntilThereIsSome) {
  LoseBlock(30);
  const auto disk = std::make_shared<ForgetfulFileSystem>();
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(disk);
  disk->FailWrites(".table");
  const Say quiet = [](const std::string& /*line*/) {};
  {
    auto directory = DataDirectory::Open(node_, Genesis()->hash, "test", 1);
    DataDirectory opened = std::move(directory).value();
    Ledger::Options options = Ours();
    options.env = env.get();
    const Status full = OpenOrSalvage(&opened, Genesis(), options, quiet).status();
    EXPECT_EQ(full.code(), Code::kOther);
    EXPECT_NE(full.message().find("no space left"), std::string::npos) << full.message();
    EXPECT_NE(full.message().find("free some on that disk"), std::string::npos) << full.message();
    EXPECT_FALSE(fs::exists(node_ + "/quarantine"));
  }
  const auto opened = OpenOrFail(node_);
  ExpectItself(opened);
  EXPECT_EQ(opened->ledger().holes().size(), 1U);
}

TEST_F(OpenOrSalvageTest, LeftoversOfASalvageAreNotTakenForALedger) {
  fs::create_directories(node_ + "/ledger.salvage");
  fs::create_directories(node_ + "/ledger.salvaged");
  WriteFile(node_ + "/ledger.salvage/CURRENT", "x");
  WriteFile(node_ + "/ledger.salvaged/CURRENT", "x");
  ExpectItself(OpenOrFail(node_));
  ExpectNextStartIsSound();
}

}  // namespace
}  // namespace cairn::storage
