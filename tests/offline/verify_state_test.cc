#include "offline/verify_state.h"

#include <gtest/gtest.h>

#include "common/coding.h"
#include "tests/node/fixture.h"

namespace cairn::offline {
namespace {

using node::testing::PutRequest;

/// A stored state that six blocks have made: one forms the cluster, one readmits a node, the others
/// put a key each; and their replay.
class VerifyStateTest : public ::testing::Test {
 protected:
  VerifyStateTest() {
    Add(MakeFormRequest({{1, 0xA}, {2, 0xB}}));
    for (Slot slot = 2; slot <= 6; ++slot) {
      Add(slot == 4 ? MakeReadmitRequest(2, 0xC)
                    : PutRequest(slot, "key" + std::to_string(slot), "value"));
    }
  }

  void Add(const Request& request) {
    const Slot slot = chain_.size() + 1;
    chain_.push_back(
        chain::Seal(slot, chain_.empty() ? Hash{} : chain_.back()->hash, 1000 + slot, {request}));
    machine_.Apply(*chain_.back());
  }
  std::optional<StateReplay::Difference> Compare() {
    StateReplay replay(&stored_, 100);
    for (const BlockPtr& block : chain_) {
      replay.Apply(*block);
    }
    return replay.Compare("/data/state");
  }
  void ExpectFound(const std::string& words, std::optional<Slot> slot) {
    const auto difference = Compare();
    ASSERT_TRUE(difference.has_value()) << words;
    EXPECT_EQ(difference->problem.code(), Code::kIntegrity);
    const std::string& said = difference->problem.message();
    EXPECT_NE(said.find("/data/state"), std::string::npos) << said;
    EXPECT_NE(said.find(words), std::string::npos) << said;
    EXPECT_EQ(difference->slot, slot) << said;
  }

  kv::MemoryTable stored_;
  kv::StateMachine machine_{&stored_, 100};
  std::vector<BlockPtr> chain_;
};

TEST_F(VerifyStateTest, TheReplayOfItsChainIsNoDifference) {
  EXPECT_FALSE(Compare().has_value());
  chain_.push_back(chain::Seal(7, chain_.back()->hash, 2000, {PutRequest(7, "later", "value")}));
  EXPECT_FALSE(Compare().has_value());
}

TEST_F(VerifyStateTest, EachByteOfEachRecordCounts) {
  std::vector<std::pair<std::string, std::string>> records;
  stored_.Scan("", "", [&](std::string_view key, std::string_view value) {
    records.emplace_back(key, value);
    return true;
  });
  EXPECT_GE(records.size(), 7U);  // 4 keys, a session, where it stands, who is who
  for (const auto& [key, value] : records) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      std::string altered = value;
      altered[i] = static_cast<char>(altered[i] ^ 1);
      stored_.Put(key, altered);
      if (kv::CheckFormat(stored_).ok()) {
        EXPECT_TRUE(Compare().has_value()) << key.front() << " " << i;
      }
    }
    stored_.Put(key, value);
  }
  EXPECT_FALSE(Compare().has_value());
}

TEST_F(VerifyStateTest, AnAlteredEntryIsNamedByTheSlotThatWroteIt) {
  const std::string record = *stored_.Get("kkey5");
  stored_.Put("kkey5", record.substr(0, 8) + "forged");
  ExpectFound("in one entry: the entry of key \"key5\", last written at slot 5, is another one", 5);
  stored_.Put("kkey5", Writer().U64(3).bytes() + "value");
  ExpectFound("\"key5\", last written at slot 5,", 5);
  stored_.Erase("kkey3");
  ExpectFound(
      "in 2 entries, the first one: the entry of key \"key3\", last written at slot 3, is "
      "missing",
      3);
}

TEST_F(VerifyStateTest, AnEntryThatTheChainNeverWroteIsNamed) {
  stored_.Put("kstranger", Writer().U64(3).bytes() + "value");
  ExpectFound("the entry of key \"stranger\" was never written by the chain", std::nullopt);
  stored_.Put("zzz", "value");
  ExpectFound("in 2 entries", std::nullopt);
}

TEST_F(VerifyStateTest, AnAlteredSessionIsNamedByItsClientAndItsSlot) {
  const std::string key = "s" + OrderedU64(7);
  std::string record = stored_.Get(key).value();
  record[1] = static_cast<char>(record[1] ^ 1);
  stored_.Put(key, record);
  ExpectFound("the session of client 0000000000000007, last written at slot 6, is another one", 6);
}

TEST_F(VerifyStateTest, AnotherRosterIsNamedByTheSlotThatMadeIt) {
  stored_.Put("c", EncodeIncarnations({{1, 0xA}, {2, 0xD}}));
  ExpectFound("who is who, last written at slot 4, is another one", 4);
}

TEST_F(VerifyStateTest, AStateThatSaysItStandsElsewhereIsFound) {
  const std::string record = *stored_.Get("a");
  stored_.Put("a", Writer().U8(2).U64(6).Digest(Hash{}).bytes());
  ExpectFound("where it stands, last written at slot 6, is another one", 6);
  stored_.Put("a", Writer().U8(2).U64(5).Digest(chain_[4]->hash).bytes());
  ExpectFound("up to slot 5 in 2 entries", 5);
  stored_.Put("a", Writer().U8(2).U64(9).Digest(Hash{}).bytes());
  ExpectFound("has applied slot 9, beyond the chain, which ends at slot 6", 9);
}

}  // namespace
}  // namespace cairn::offline
