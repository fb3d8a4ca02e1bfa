#include "kv/state_machine.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "chain/block_format.h"
#include "common/roster.h"

namespace cairn::kv {
namespace {

// A table that counts the ends of blocks.
class CountingTable final : public Table {
 public:
  [[nodiscard]] std::optional<std::string> Get(std::string_view key) const override {
    return table_.Get(key);
  }
  void Put(std::string_view key, std::string_view value) override {
    open_ = true;
    table_.Put(key, value);
  }
  void Erase(std::string_view key) override { table_.Erase(key); }
  void Scan(std::string_view from, std::string_view to,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    table_.Scan(from, to, visit);
  }
  void EndBlock() override {
    open_ = false;
    ++blocks_;
  }
  [[nodiscard]] int blocks() const { return blocks_; }
  [[nodiscard]] bool open() const { return open_; }

 private:
  MemoryTable table_;
  int blocks_ = 0;
  bool open_ = false;
};

class Chain {
 public:
  BlockPtr Add(std::vector<Request> requests) {
    tip_ = chain::Seal(tip_->slot() + 1, tip_->hash, tip_->header.time + 1, std::move(requests));
    blocks_.push_back(tip_);
    return tip_;
  }
  [[nodiscard]] const std::vector<BlockPtr>& blocks() const { return blocks_; }

 private:
  BlockPtr tip_ = chain::MakeGenesis({"test", {1, 2, 3}, 100});
  std::vector<BlockPtr> blocks_;
};

Request Put(ClientId client, Sequence sequence, std::string key, std::string value) {
  return {client, sequence, 0, 0, Op::kPut, std::move(key), std::move(value)};
}

Request Del(ClientId client, Sequence sequence, std::string key) {
  return {client, sequence, 0, 0, Op::kDel, std::move(key), ""};
}

TEST(StateMachineTest, HoldsWhatTheChainSays) {
  MemoryTable table;
  StateMachine state(&table, 10);
  Chain chain;
  EXPECT_EQ(state.applied(), 0U);
  EXPECT_TRUE(state.applied_hash().IsZero());
  const auto first = state.Apply(*chain.Add({Put(1, 1, "a", "1"), Put(1, 2, "b", "2")}));
  EXPECT_EQ(first, (std::vector<Outcome>{{Code::kOk, 1}, {Code::kOk, 1}}));
  const auto second = state.Apply(*chain.Add({Put(1, 3, "a", ""), Del(1, 4, "b")}));
  EXPECT_EQ(second, (std::vector<Outcome>{{Code::kOk, 2}, {Code::kOk, 2}}));
  EXPECT_EQ(state.Get("a"), (Entry{"", 2}));
  EXPECT_EQ(state.Get("b"), std::nullopt);
  EXPECT_EQ(state.applied(), 2U);
  EXPECT_EQ(state.applied_hash(), chain.blocks().back()->hash);
}

TEST(StateMachineTest, DeletingAnAbsentKeyIsNotFoundInEveryRetry) {
  MemoryTable table;
  StateMachine state(&table, 10);
  Chain chain;
  EXPECT_EQ(state.Apply(*chain.Add({Del(1, 1, "a")})).front(), (Outcome{Code::kNotFound, 1}));
  EXPECT_EQ(state.Apply(*chain.Add({Put(2, 1, "a", "1")})).front(), (Outcome{Code::kOk, 2}));
  EXPECT_EQ(state.Apply(*chain.Add({Del(1, 1, "a")})).front(), (Outcome{Code::kNotFound, 1}));
  EXPECT_EQ(state.Get("a"), (Entry{"1", 2}));
}

// R10.
TEST(StateMachineTest, ARequestDecidedTwiceIsAppliedOnce) {
  MemoryTable table;
  StateMachine state(&table, 10);
  Chain chain;
  const Request put = Put(1, 1, "a", "old");
  state.Apply(*chain.Add({put, Put(2, 1, "a", "new"), put}));
  EXPECT_EQ(state.Apply(*chain.Add({put})).front(), (Outcome{Code::kOk, 1}));
  EXPECT_EQ(state.Get("a"), (Entry{"new", 1}));
  EXPECT_EQ(state.Recall(1, 1), (Outcome{Code::kOk, 1}));
}

TEST(StateMachineTest, ARetryWhoseSessionIsGoneChangesNothing) {
  MemoryTable table;
  StateMachine state(&table, 1, 0);
  Chain chain;
  state.Apply(*chain.Add({Put(1, 1, "a", "old")}));
  state.Apply(*chain.Add({Put(2, 1, "a", "new")}));
  EXPECT_EQ(state.session_count(), 1U);
  EXPECT_EQ(state.Apply(*chain.Add({Put(1, 1, "a", "old")})).front().code, Code::kUnknownOutcome);
  EXPECT_EQ(state.Get("a"), (Entry{"new", 2}));
}

TEST(StateMachineTest, KeysAndValuesAreAnyBytes) {
  MemoryTable table;
  StateMachine state(&table, 10);
  Chain chain;
  const std::string key("\0k\xff", 3);
  const std::string value("\0\1\2\xff", 4);
  state.Apply(*chain.Add({Put(1, 1, key, value), Put(1, 2, "", "empty")}));
  EXPECT_EQ(state.Get(key), (Entry{value, 1}));
  EXPECT_EQ(state.Get(""), (Entry{"empty", 1}));
}

TEST(StateMachineTest, AScanGivesTheKeysOfARangeAndNothingElseOfTheTable) {
  MemoryTable table;
  StateMachine state(&table, 10);
  Chain chain;
  state.Apply(*chain.Add({MakeFormRequest({{1, 7}}), Put(1, 1, "b", "2"), Put(1, 2, "a", "1"),
                          Put(1, 3, "\xff\xff", "4"), Put(1, 4, "", "0")}));
  std::string seen;
  const auto note = [&](std::string_view key, const Entry& entry) {
    seen += std::string(key) + "=" + entry.value + ";";
    return key != "b";
  };
  state.Scan("", "", note);
  EXPECT_EQ(seen, "=0;a=1;b=2;");
  seen.clear();
  state.Scan("c", "", note);
  EXPECT_EQ(seen, "\xff\xff=4;");
  seen.clear();
  state.Scan("a", "b", note);
  EXPECT_EQ(seen, "a=1;");
}

// R7.
TEST(StateMachineTest, WhoIsWhoIsWhatTheChainSays) {
  MemoryTable table;
  StateMachine state(&table, 10);
  Chain chain;
  EXPECT_TRUE(state.incarnations().empty());
  const Incarnations incarnations{{1, 11}, {2, 22}, {3, ~0ULL}};
  const auto outcomes = state.Apply(*chain.Add({MakeFormRequest(incarnations)}));
  EXPECT_EQ(outcomes.front(), (Outcome{Code::kOk, 1}));
  EXPECT_EQ(state.incarnations(), incarnations);
  EXPECT_EQ(StateMachine(&table, 10).incarnations(), incarnations);
}

// R7.
TEST(StateMachineTest, AReadmissionChangesWhoOneNodeIsAndNoOther) {
  MemoryTable table;
  StateMachine state(&table, 10);
  Chain chain;
  state.Apply(*chain.Add({MakeFormRequest({{1, 11}, {2, 22}, {3, 33}})}));
  EXPECT_EQ(state.Apply(*chain.Add({MakeReadmitRequest(2, 99)})).front(), (Outcome{Code::kOk, 2}));
  EXPECT_EQ(state.incarnations(), (Incarnations{{1, 11}, {2, 99}, {3, 33}}));
  Request forged = MakeReadmitRequest(3, 99);
  forged.client = 5;
  EXPECT_EQ(state.Apply(*chain.Add({forged})).front(), (Outcome{Code::kUsage, 3}));
  EXPECT_EQ(StateMachine(&table, 10).incarnations(), (Incarnations{{1, 11}, {2, 99}, {3, 33}}));
}

// R7: who was replaced has no voice, also after a restart.
TEST(StateMachineTest, AnIncarnationThatTheChainHasReplacedIsKnown) {
  MemoryTable table;
  StateMachine state(&table, 10);
  Chain chain;
  state.Apply(*chain.Add({MakeFormRequest({{1, 11}, {2, 22}, {3, 33}})}));
  EXPECT_FALSE(state.IsReplaced(2, 22));
  state.Apply(*chain.Add({MakeReadmitRequest(2, 99)}));
  state.Apply(*chain.Add({MakeRecoverRequest({{1, 111}, {2, 222}, {3, 33}})}));
  const StateMachine again(&table, 10);
  for (const StateMachine* each : std::initializer_list<const StateMachine*>{&again, &state}) {
    const StateMachine& same = *each;
    EXPECT_TRUE(same.IsReplaced(2, 22));
    EXPECT_TRUE(same.IsReplaced(2, 99));
    EXPECT_TRUE(same.IsReplaced(1, 11));
    EXPECT_FALSE(same.IsReplaced(3, 33));
    EXPECT_FALSE(same.IsReplaced(2, 222));
    EXPECT_FALSE(same.IsReplaced(1, 22)) << "of another node";
    EXPECT_FALSE(same.IsReplaced(2, 7)) << "of whom nobody has heard";
  }
}

TEST(StateMachineTest, ARequestThatIsNoneOfAClientsOrTheClustersChangesNothing) {
  MemoryTable table;
  StateMachine state(&table, 10);
  Chain chain;
  Request forged = MakeFormRequest({{1, 7}});
  forged.client = 5;
  Request damaged = MakeFormRequest({{1, 7}});
  damaged.value.pop_back();
  const auto outcomes =
      state.Apply(*chain.Add({forged, damaged, Put(0, 1, "a", "1"), Put(1, 0, "a", "1")}));
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome, (Outcome{Code::kUsage, 1}));
  }
  EXPECT_TRUE(state.incarnations().empty());
  EXPECT_EQ(state.Get("a"), std::nullopt);
}

TEST(StateMachineTest, ABlockEndsOnceWithAllThatItChanged) {
  CountingTable table;
  StateMachine state(&table, 10);
  Chain chain;
  state.Apply(*chain.Add({Put(1, 1, "a", "1"), Put(2, 1, "b", "2")}));
  EXPECT_EQ(table.blocks(), 1);
  EXPECT_FALSE(table.open());
  state.Apply(*chain.Add({}));
  EXPECT_EQ(table.blocks(), 2);
  EXPECT_EQ(StateMachine(&table, 10).applied(), 2U);
}

// R11. Random requests with retries, evictions and refusals among them.
Chain RandomChain(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Chain chain;
  chain.Add({MakeFormRequest({{1, 7}, {2, 8}, {3, 9}})});
  for (Slot slot = 2; slot <= 80; ++slot) {
    std::vector<Request> requests;
    for (std::uint64_t i = random() % 12; i > 0; --i) {
      Request request;
      request.client = 1 + random() % 12;
      request.sequence = 1 + slot + random() % 6;
      request.first_open = slot / 2;
      request.session_base = slot - random() % 3;
      request.op = random() % 3 == 0 ? Op::kDel : Op::kPut;
      request.key = "key" + std::to_string(random() % 20);
      request.value = std::to_string(random());
      requests.push_back(request);
    }
    chain.Add(std::move(requests));
  }
  return chain;
}

TEST(StateMachineTest, EqualChainsGiveEqualTablesByteForByte) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Chain chain = RandomChain(seed);
    MemoryTable lived;
    MemoryTable restarted;
    StateMachine state(&lived, 4, 3);
    for (const BlockPtr& block : chain.blocks()) {
      const std::vector<Outcome> outcomes = state.Apply(*block);
      // A new one at every block, loaded from the table that the last one left.
      StateMachine again(&restarted, 4, 3);
      EXPECT_EQ(again.applied() + 1, block->slot());
      EXPECT_EQ(again.Apply(*block), outcomes);
      ASSERT_EQ(lived, restarted) << "seed " << seed << " slot " << block->slot();
      EXPECT_EQ(again.applied_hash(), state.applied_hash());
      EXPECT_EQ(again.incarnations(), state.incarnations());
    }
    EXPECT_EQ(state.session_count(), 4U);
  }
}

TEST(StateMachineDeathTest, AppliesOnlyTheNextBlockAndOnlyOnItsParent) {
  MemoryTable table;
  StateMachine state(&table, 10);
  Chain chain;
  const BlockPtr first = chain.Add({});
  const BlockPtr second = chain.Add({});
  EXPECT_DEATH(state.Apply(*second), "in order");
  state.Apply(*first);
  EXPECT_DEATH(state.Apply(*first), "in order");
  EXPECT_DEATH(state.Apply(*chain::Seal(2, Hash{}, 1, {})), "parent");
}

TEST(StateMachineTest, ATableOfANewerFormatIsRefusedWithBothVersions) {
  MemoryTable table;
  EXPECT_TRUE(CheckFormat(table).ok());
  Chain chain;
  StateMachine(&table, 10).Apply(*chain.Add({}));
  EXPECT_TRUE(CheckFormat(table).ok());
  table.Put("a", "\x05 something newer");
  const Status status = CheckFormat(table);
  EXPECT_EQ(status.code(), Code::kIntegrity);
  EXPECT_NE(status.message().find("version 5"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("version 2"), std::string::npos) << status.message();
}

TEST(StateMachineTest, ATableSaysWhereItStandsOrThatItCannotTell) {
  MemoryTable table;
  EXPECT_EQ(PositionOf(table).value(), Position{});
  Chain chain;
  const BlockPtr block = chain.Add({});
  StateMachine(&table, 10).Apply(*block);
  EXPECT_EQ(PositionOf(table).value(), (Position{1, block->hash}));
  const std::string record = *table.Get("a");
  for (const std::string& damaged : {record.substr(0, record.size() - 1), record + "x"}) {
    table.Put("a", damaged);
    EXPECT_EQ(PositionOf(table).status().code(), Code::kIntegrity);
  }
}

TEST(StateMachineTest, ATableThatCannotTellWhoIsWhoIsRefused) {
  MemoryTable table;
  Chain chain;
  StateMachine(&table, 10).Apply(*chain.Add({MakeFormRequest({{1, 0xA}})}));
  EXPECT_TRUE(CheckFormat(table).ok());
  table.Put("c", "\x01nonsense");
  EXPECT_EQ(CheckFormat(table).code(), Code::kIntegrity);
}

}  // namespace
}  // namespace cairn::kv
