#include "offline/verify.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "tests/node/fixture.h"
#include "tests/storage/ledger_editor.h"

namespace cairn::offline {
namespace {

using node::testing::ChainMaker;
using node::testing::Recall;

class VerifyTest : public ::testing::Test {
 protected:
  /// A chain of six blocks upon genesis, applied up to `decided` and flushed.
  std::vector<BlockPtr> WriteChain(const std::string& directory, Slot tip = 6, Slot decided = 6) {
    ChainMaker maker(directory, cluster_);
    maker.PutUpTo(tip);
    maker.Write(decided);
    EXPECT_TRUE(Recall(directory, cluster_)->state->Flush().ok());
    return maker.chain();
  }
  void PutIntoState(const std::string& key, const std::string& value) {
    auto state = storage::State::Open(node_, {});
    ASSERT_TRUE(state.ok()) << state.status().message();
    const auto open = std::move(state).value();
    open->Put(key, value);
    ASSERT_TRUE(open->Flush().ok());
  }
  static bool Contains(const VerifyReport& report, const std::string& text) {
    return report.problem.message().find(text) != std::string::npos;
  }

  storage::TempDirectory dir_;
  config::Cluster cluster_ = node::testing::MakeCluster(dir_, 1);
  std::string node_ = dir_.Sub("node1");
};

TEST_F(VerifyTest, ASoundDirectoryIsCounted) {
  const auto chain = WriteChain(node_);
  const VerifyReport report = Verify(node_);
  EXPECT_TRUE(report.ok) << report.problem.message();
  EXPECT_EQ(report.blocks, 7U);
  EXPECT_EQ(report.requests, 7U);
  EXPECT_EQ(report.tip, 6U);
  EXPECT_EQ(report.tip_hash, chain.back()->hash);
  EXPECT_FALSE(report.first_bad.has_value());
}

TEST_F(VerifyTest, AStateThatStandsBehindTheTipIsComparedWhereItStands) {
  WriteChain(node_, 6, 3);
  const VerifyReport report = Verify(node_);
  EXPECT_TRUE(report.ok) << report.problem.message();
  EXPECT_EQ(report.tip, 6U);
}

TEST_F(VerifyTest, AMissingStateIsNoFault) {
  WriteChain(node_);
  std::filesystem::remove_all(node_ + "/state");
  EXPECT_TRUE(Verify(node_).ok);
  EXPECT_FALSE(std::filesystem::exists(node_ + "/state"));
}

TEST_F(VerifyTest, AnEntryThatTheChainDidNotWriteIsFound) {
  WriteChain(node_);
  PutIntoState("kstranger", "12345678value");
  const VerifyReport report = Verify(node_);
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.problem.code(), Code::kIntegrity);
  EXPECT_TRUE(Contains(report, node_ + "/state differs")) << report.problem.message();
  EXPECT_TRUE(Contains(report, "\"stranger\" was never written")) << report.problem.message();
  EXPECT_EQ(report.blocks, 7U);
}

TEST_F(VerifyTest, AnEntryThatIsMissingIsFound) {
  WriteChain(node_);
  {
    auto state = storage::State::Open(node_, {});
    const auto open = std::move(state).value();
    open->Erase("kkey4");
    ASSERT_TRUE(open->Flush().ok());
  }
  const VerifyReport report = Verify(node_);
  EXPECT_FALSE(report.ok);
  EXPECT_TRUE(Contains(report, "\"key4\", last written at slot 4, is missing"))
      << report.problem.message();
  EXPECT_EQ(report.first_bad, Slot{4});
}

TEST_F(VerifyTest, AStateBeyondTheChainIsFound) {
  const std::string other = dir_.Sub("other");
  WriteChain(node_, 4, 4);
  WriteChain(other, 6, 6);
  std::filesystem::remove_all(node_ + "/state");
  std::filesystem::copy(other + "/state", node_ + "/state",
                        std::filesystem::copy_options::recursive);
  const VerifyReport report = Verify(node_);
  EXPECT_FALSE(report.ok);
  EXPECT_TRUE(Contains(report, "applied slot 6, beyond the chain")) << report.problem.message();
}

TEST_F(VerifyTest, TheFirstBadSlotIsNamed) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(3);
  maker.AddUnlinked();
  maker.AddUnlinked();
  maker.PutUpTo(6);
  maker.Write(6);
  std::filesystem::remove_all(node_ + "/state");
  const VerifyReport report = Verify(node_);
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.first_bad, Slot{4});
  EXPECT_EQ(report.blocks, 4U);
  EXPECT_EQ(report.tip, 3U);
  EXPECT_EQ(report.problem.code(), Code::kIntegrity);
  EXPECT_TRUE(Contains(report, "slot 4")) << report.problem.message();
}

TEST_F(VerifyTest, EachFieldOfABlockThatIsAlteredIsNamedByItsSlot) {
  const auto chain = WriteChain(node_, 6, 4);
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
    for (const Slot slot : {Slot{0}, Slot{1}, Slot{3}, Slot{6}}) {
      if (offset == request + 42 && slot < 2) {
        continue;  // The cluster's own requests have no key.
      }
      SCOPED_TRACE(field + " of slot " + std::to_string(slot));
      storage::LedgerEditor(node_).FlipBlock(slot, offset);
      const VerifyReport report = Verify(node_);
      EXPECT_EQ(report.problem.code(), Code::kIntegrity);
      EXPECT_EQ(report.first_bad, slot) << report.problem.message();
      EXPECT_TRUE(Contains(report, "slot " + std::to_string(slot)) &&
                  Contains(report, node_ + "/ledger"))
          << report.problem.message();
      storage::LedgerEditor(node_).PutBlock(slot, *chain[slot]);
    }
  }
  EXPECT_TRUE(Verify(node_).ok);
}

TEST_F(VerifyTest, AForgedBlockIsNamedThoughItVerifiesByItself) {
  const auto chain = WriteChain(node_);
  for (const Slot slot : {Slot{1}, Slot{3}, Slot{5}, Slot{6}}) {
    const BlockPtr forged = chain::Seal(slot, chain[slot - 1]->hash, 1000,
                                        {node::testing::PutRequest(99, "key", "forged")});
    storage::LedgerEditor(node_).PutBlock(slot, *forged);
    const VerifyReport report = Verify(node_);
    EXPECT_EQ(report.problem.code(), Code::kIntegrity);
    EXPECT_EQ(report.first_bad, slot) << report.problem.message();
    storage::LedgerEditor(node_).PutBlock(slot, *chain[slot]);
  }
}

TEST_F(VerifyTest, OfSeveralBadBlocksTheFirstIsNamed) {
  const auto chain = WriteChain(node_);
  storage::LedgerEditor(node_).FlipBlock(5, 120);
  storage::LedgerEditor(node_).Delete(storage::BlockKey(3));
  const VerifyReport report = Verify(node_);
  EXPECT_EQ(report.first_bad, Slot{3}) << report.problem.message();
  EXPECT_TRUE(Contains(report, "slot 3 ") && Contains(report, "missing"))
      << report.problem.message();
}

TEST_F(VerifyTest, AGenesisBlockOfAnotherClusterIsNamed) {
  WriteChain(node_);
  storage::LedgerEditor(node_).PutBlock(0, *chain::MakeGenesis({"other", {1}, 100}));
  const VerifyReport report = Verify(node_);
  EXPECT_EQ(report.first_bad, Slot{0}) << report.problem.message();
}

TEST_F(VerifyTest, EachFieldOfTheHeadIsComparedWithGuardIdentityAndChain) {
  using Edit = std::function<void(storage::HeadRecord*)>;
  const std::vector<std::pair<Edit, std::string>> edits = {
      {[](storage::HeadRecord* head) { head->genesis = head->tip_hash; }, "slot 0"},
      {[](storage::HeadRecord* head) { head->node = 2; }, "that of node 2"},
      {[](storage::HeadRecord* head) { head->incarnation ^= 1; }, "another life"},
      {[](storage::HeadRecord* head) { head->commits -= 1; }, "has forgotten"},
      {[](storage::HeadRecord* head) { head->head.promised = {}; }, "has forgotten"},
      {[](storage::HeadRecord* head) { head->head.accepted = {}; }, "has forgotten"},
      {[](storage::HeadRecord* head) { head->head.decided -= 1; }, "has forgotten"},
      {[](storage::HeadRecord* head) { head->head.tip -= 1; }, "has forgotten"},
      {[](storage::HeadRecord* head) { head->head.tip += 1; }, "has forgotten"},
      {[](storage::HeadRecord* head) { head->tip_hash = head->genesis; }, "slot 6"},
  };
  WriteChain(node_);
  for (const auto& [edit, found] : edits) {
    const std::string before = storage::LedgerEditor(node_).Get(storage::HeadKey());
    storage::LedgerEditor(node_).EditHead(edit);
    const VerifyReport report = Verify(node_);
    EXPECT_EQ(report.problem.code(), Code::kIntegrity);
    std::string said = report.problem.message();
    for (const std::string& sentence : report.besides) {
      said += "\n" + sentence;
    }
    EXPECT_NE(said.find(found), std::string::npos) << found << " | " << said;
    storage::LedgerEditor(node_).Put(storage::HeadKey(), before);
  }
  EXPECT_TRUE(Verify(node_).ok);
}

TEST_F(VerifyTest, BlocksThatAreKnownToBeLostAreNamedAndTheOthersVerified) {
  const auto chain = WriteChain(node_, 12, 12);
  {
    storage::LedgerEditor editor(node_);
    editor.Delete(storage::BlockKey(3));
    for (Slot slot = 5; slot <= 9; ++slot) {
      editor.Delete(storage::BlockKey(slot));
    }
    editor.Put(storage::HolesKey(),
               storage::EncodeHoles({{3, 3, chain[3]->hash}, {5, 9, chain[9]->hash}}));
  }
  const VerifyReport report = Verify(node_);
  EXPECT_EQ(report.problem.code(), Code::kIntegrity);
  EXPECT_TRUE(Contains(report, "slots 3, 5..9 are fetched again")) << report.problem.message();
  EXPECT_EQ(report.first_bad, Slot{3});
  EXPECT_EQ(report.blocks, 7U);
  EXPECT_EQ(report.tip, 12U);

  storage::LedgerEditor(node_).FlipBlock(11, 120);
  EXPECT_EQ(Verify(node_).first_bad, Slot{11});
  storage::LedgerEditor(node_).PutBlock(11, *chain[11]);
  storage::LedgerEditor(node_).PutBlock(4, *chain[1]);
  EXPECT_EQ(Verify(node_).first_bad, Slot{4});
}

TEST_F(VerifyTest, ADamagedBlockIsNamed) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(2);
  maker.AddDamaged();
  maker.PutUpTo(5);
  maker.Write(5);
  const VerifyReport report = Verify(node_);
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.first_bad, Slot{3});
  EXPECT_EQ(report.problem.code(), Code::kIntegrity);
}

TEST_F(VerifyTest, AFlippedBitInTheLedgersLogIsFound) {
  WriteChain(node_);
  for (const auto& entry : std::filesystem::directory_iterator(node_ + "/ledger")) {
    if (entry.path().extension() == ".sst" || entry.path().extension() == ".log") {
      if (entry.file_size() > 300) {
        storage::FlipBit(entry.path().string(), entry.file_size() / 2);
      }
    }
  }
  const VerifyReport report = Verify(node_);
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.problem.code(), Code::kIntegrity) << report.problem.message();
}

TEST_F(VerifyTest, ALedgerBehindItsGuardIsFound) {
  WriteChain(node_, 6);
  std::filesystem::remove_all(node_ + "/ledger");
  const VerifyReport report = Verify(node_);
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.problem.code(), Code::kIntegrity) << report.problem.message();
}

TEST_F(VerifyTest, AMissingDirectoryIsUsage) {
  const VerifyReport report = Verify(dir_.Sub("nowhere"));
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.problem.code(), Code::kUsage);
  EXPECT_TRUE(Contains(report, dir_.Sub("nowhere"))) << report.problem.message();
  EXPECT_FALSE(std::filesystem::exists(dir_.Sub("nowhere")));
}

TEST_F(VerifyTest, ADirectoryInUseIsRefused) {
  WriteChain(node_);
  const auto memory = Recall(node_, cluster_);
  const VerifyReport report = Verify(node_);
  EXPECT_FALSE(report.ok);
  EXPECT_TRUE(Contains(report, "in use by process")) << report.problem.message();
}

TEST_F(VerifyTest, TheJsonIsOneObjectOnOneLine) {
  const auto chain = WriteChain(node_);
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(RunVerify({node_, true}), 0);
  EXPECT_EQ(
      ::testing::internal::GetCapturedStdout(),
      R"({"ok":true,"blocks":7,"requests":7,"tip":6,"tip_hash":")" + chain.back()->hash.Hex() +
          "\",\"first_bad\":null,\"decided\":6,\"state\":6,\"holes\":[],\"torn\":[],\"message\":"
          "null}\n");
}

TEST_F(VerifyTest, TheExitCodeAndTheSentenceSayWhatIsWrong) {
  ChainMaker maker(node_, cluster_);
  maker.PutUpTo(3);
  maker.AddUnlinked();
  maker.PutUpTo(6);
  maker.Write(6);
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(RunVerify({node_, true}), 6);
  EXPECT_NE(::testing::internal::GetCapturedStdout().find("\"first_bad\":3,"), std::string::npos);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("slot 3"), std::string::npos);

  ::testing::internal::CaptureStderr();
  EXPECT_EQ(RunVerify({dir_.Sub("nowhere"), false}), 2);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("nowhere"), std::string::npos);
}

TEST_F(VerifyTest, ASoundDirectoryIsToldInASentence) {
  WriteChain(node_);
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(RunVerify({node_, false}), 0);
  const std::string text = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(text.find("7 blocks and 7 requests verify"), std::string::npos) << text;
}

}  // namespace
}  // namespace cairn::offline
