#include "storage/directory/membership.h"

#include <gtest/gtest.h>

#include "storage/directory/data_directory.h"
#include "storage/directory/identity.h"
#include "storage/files/quarantine.h"
#include "storage/ledger/guard.h"
#include "tests/storage/chains.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

class MembershipTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string Proof() const {
    const Result<std::string> proof = FindProofOfMembership(dir_.path());
    EXPECT_TRUE(proof.ok()) << proof.status().message();
    return proof.ok() ? proof.value() : "";
  }
  void WriteGuard(Slot tip, Slot decided) {
    GuardRecord record;
    record.commits = 5;
    record.head.tip = tip;
    record.head.decided = decided;
    std::filesystem::remove(dir_.Sub("guard"));
    ASSERT_TRUE(Guard::Open(dir_.Sub("guard")).ok());
    Guard guard = Guard::Open(dir_.Sub("guard")).value();
    ASSERT_TRUE(guard.Write(record, true).ok());
  }
  void WriteLedger(Slot tip, Slot decided) {
    auto ledger = Ledger::Open(dir_.path(), Genesis(), Ours()).value();
    const std::vector<BlockPtr> chain = Chain(tip);
    replica::LedgerWrite write = Accept(1, {chain.begin() + 1, chain.end()});
    write.head.decided = decided;
    ledger->Commit(write);
  }

  TempDirectory dir_;
};

TEST_F(MembershipTest, AnEmptyDirectoryProvesNothing) { EXPECT_EQ(Proof(), ""); }

TEST_F(MembershipTest, WhoHasOnlyAcceptedTheFirstBlockIsNoMember) {
  WriteGuard(1, 0);
  EXPECT_EQ(Proof(), "");
}

TEST_F(MembershipTest, AGuardProvesItByADecidedOrASecondBlock) {
  WriteGuard(1, 1);
  EXPECT_EQ(Proof(), dir_.Sub("guard"));
  WriteGuard(2, 0);
  EXPECT_EQ(Proof(), dir_.Sub("guard"));
}

TEST_F(MembershipTest, WhatIsInQuarantineProvesItToo) {
  WriteLedger(1, 0);
  ASSERT_TRUE(MoveToQuarantine(dir_.path(), "ledger").ok());
  ASSERT_TRUE(MoveToQuarantine(dir_.path(), "guard").ok());
  EXPECT_EQ(Proof(), "");
  WriteLedger(2, 1);
  std::filesystem::remove(dir_.Sub("guard"));
  ASSERT_TRUE(MoveToQuarantine(dir_.path(), "ledger").ok());
  EXPECT_EQ(Proof(), dir_.Sub("quarantine/ledger-2"));
  WriteGuard(7, 7);
  ASSERT_TRUE(MoveToQuarantine(dir_.path(), "guard").ok());
  EXPECT_EQ(Proof(), dir_.Sub("quarantine/guard-2"));
}

TEST_F(MembershipTest, AnIdentityInQuarantineProvesIt) {
  Identity identity;
  identity.cluster = Genesis()->hash;
  identity.node = 1;
  identity.incarnation = 9;
  ASSERT_TRUE(KeepInQuarantine(dir_.path(), "identity", FormatIdentity(identity)).ok());
  EXPECT_EQ(Proof(), "");
  identity.formed = Hash{};
  ASSERT_TRUE(KeepInQuarantine(dir_.path(), "identity", FormatIdentity(identity)).ok());
  EXPECT_EQ(Proof(), dir_.Sub("quarantine/identity-2"));
}

TEST_F(MembershipTest, ATableOfTheStateProvesIt) {
  std::filesystem::create_directories(dir_.Sub("state"));
  WriteFile(dir_.Sub("state/000001.log"), "x");
  EXPECT_EQ(Proof(), "");
  WriteFile(dir_.Sub("state/000002.sst"), "x");
  EXPECT_EQ(Proof(), dir_.Sub("state"));
}

TEST_F(MembershipTest, WhatIsDamagedProvesNothingAndWhatCantBeReadIsAnError) {
  WriteFile(dir_.Sub("guard"), std::string(5000, 'x'));
  EXPECT_EQ(Proof(), "");
  WriteFile(dir_.Sub("quarantine"), "not a directory");
  EXPECT_EQ(FindProofOfMembership(dir_.path()).status().code(), Code::kOther);
}

}  // namespace
}  // namespace cairn::storage
