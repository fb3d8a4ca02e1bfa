#include "storage/state/state.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<State> OpenState(const std::string& directory, std::size_t overlay_bytes,
                                 bool read_only = false) {
  auto state = State::Open(
      directory,
      {.overlay_bytes = overlay_bytes, .read_bytes = overlay_bytes * 2, .read_only = read_only});
  EXPECT_TRUE(state.ok()) << state.status().message();
  return state.ok() ? std::move(state).value() : nullptr;
}

Entries ScanAll(const kv::Table& table, const std::string& from = "", const std::string& to = "",
                std::size_t limit = 1'000'000) {
  Entries entries;
  table.Scan(from, to, [&](std::string_view key, std::string_view value) {
    entries.emplace_back(key, value);
    return entries.size() < limit;
  });
  return entries;
}

class ChainWalk {
 public:
  explicit ChainWalk(std::uint64_t seed) : random_(seed) {}

  std::size_t Below(std::size_t bound) { return random_() % bound; }
  std::string Key() {
    std::string key(Below(3), static_cast<char>(Below(256)));
    return key + static_cast<char>('a' + Below(12)) + std::string(Below(2), '\xff');
  }
  void Change(kv::Table* one, kv::Table* two) {
    const std::string key = Key();
    const std::string value(Below(40), static_cast<char>('0' + Below(10)));
    const bool erase = Below(3) == 0;
    for (kv::Table* table : {one, two}) {
      erase ? table->Erase(key) : table->Put(key, value);
    }
  }

 private:
  std::mt19937_64 random_;
};

void Compare(const kv::Table& state, const kv::Table& model, ChainWalk* walk) {
  ASSERT_EQ(ScanAll(state), ScanAll(model));
  for (int i = 0; i < 5; ++i) {
    const std::string from = walk->Key();
    const std::string to = walk->Below(4) == 0 ? "" : walk->Key();
    const std::size_t limit = 1 + walk->Below(10);
    ASSERT_EQ(ScanAll(state, from, to, limit), ScanAll(model, from, to, limit));
    ASSERT_EQ(state.Get(from), model.Get(from));
  }
}

TEST(StateTest, IsTheTableInMemoryWhateverLiesInTheOverlay) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    const TempDirectory dir;
    ChainWalk walk(seed);
    kv::MemoryTable model;
    const std::size_t overlay = seed % 3 == 0 ? 0 : seed * 300;
    auto state = OpenState(dir.path(), overlay);
    for (int block = 0; block < 120; ++block) {
      for (std::size_t changes = walk.Below(8); changes > 0; --changes) {
        walk.Change(state.get(), &model);
      }
      Compare(*state, model, &walk);  // In the middle of a block, too.
      state->EndBlock();
      if (walk.Below(20) == 0) {
        ASSERT_TRUE(state->Flush().ok());
        state.reset();
        state = OpenState(dir.path(), overlay);
      }
      Compare(*state, model, &walk);
    }
  }
}

TEST(StateTest, AFlushedStateNeedsNoReplay) {
  const TempDirectory dir;
  {
    const auto state = OpenState(dir.path(), 1 << 20);
    state->Put("key", "value");
    state->EndBlock();
    ASSERT_TRUE(state->Flush().ok());
  }
  EXPECT_EQ(OpenState(dir.path(), 1 << 20)->Get("key"), "value");
  EXPECT_EQ(OpenState(dir.path(), 1 << 20, true)->Get("key"), "value");
}

TEST(StateTest, WhatWasReadOfTheDatabaseIsFoundAgain) {
  const TempDirectory dir;
  constexpr int kKeys = 500;
  const auto key = [](int number) { return "key " + std::to_string(number); };
  auto state = OpenState(dir.path(), 1 << 20);
  for (int number = 0; number < kKeys; ++number) {
    state->Put(key(number), "as written");
  }
  const auto all_are_found = [&](int changed) {
    for (int number = 0; number < kKeys; ++number) {
      ASSERT_EQ(state->Get(key(number)), number < changed ? "changed" : "as written") << number;
    }
    ASSERT_EQ(state->Get("absent"), std::nullopt);
  };
  for (int changed = 1; changed <= 3; ++changed) {
    state->Put(key(changed - 1), "changed");
    state->EndBlock();
    ASSERT_TRUE(state->Flush().ok());
    all_are_found(changed);
  }
  state.reset();
  // Without room to remember anything, every read is one of the database.
  for (const bool read_only : {false, true}) {
    state = OpenState(dir.path(), 0, read_only);
    all_are_found(3);
    all_are_found(3);
    state.reset();
  }
}

TEST(StateTest, ReadOnlyMakesNoState) {
  const TempDirectory dir;
  EXPECT_EQ(State::Open(dir.path(), {.read_only = true}).status().code(), Code::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(StateTest, ADamagedStateIsCalledSo) {
  const TempDirectory dir;
  {
    const auto state = OpenState(dir.path(), 0);
    state->Put("key", "value");
    ASSERT_TRUE(state->Flush().ok());
  }
  WriteFile(dir.Sub("state/CURRENT"), "nonsense");
  const Status status = State::Open(dir.path(), {}).status();
  EXPECT_EQ(status.code(), Code::kIntegrity);
  EXPECT_NE(status.message().find(dir.Sub("state")), std::string::npos) << status.message();
}

/// Block n sets every one of ten keys to n.
void ApplyBlock(State* state, int number) {
  for (int key = 0; key < 10; ++key) {
    state->Put("key" + std::to_string(key), std::to_string(number));
  }
  state->Put("filler" + std::to_string(number), std::string(300, 'x'));
  state->EndBlock();
}

TEST(StateDeathTest, AKillLeavesABlockBoundary) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  EXPECT_EXIT(
      {
        const auto state = OpenState(dir.path(), 2000);
        for (int number = 1; number <= 200; ++number) {
          ApplyBlock(state.get(), number);
          if (number % 50 == 0 && !state->Flush().ok()) {
            ::_exit(1);
          }
        }
        for (int number = 201; number <= 230; ++number) {
          ApplyBlock(state.get(), number);
        }
        state->Put("key0", "half a block");
        ::_exit(7);
      },
      testing::ExitedWithCode(7), "");
  const auto state = OpenState(dir.path(), 2000);
  const std::string found = state->Get("key0").value_or("0");
  EXPECT_GE(std::stoi(found), 200);
  for (int key = 0; key < 10; ++key) {
    EXPECT_EQ(state->Get("key" + std::to_string(key)), found);
  }
  EXPECT_EQ(ScanAll(*state, "filler", "filles").size(), static_cast<std::size_t>(std::stoi(found)));
}

// However often a node is started.
TEST(StateTest, StartsLeaveNoLogsBehind) {
  const TempDirectory dir;
  for (int start = 0; start < 5; ++start) {
    const auto state = OpenState(dir.path(), 0);
    state->Put("key", std::to_string(start));
    ASSERT_TRUE(state->Flush().ok());
  }
  std::size_t logs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.Sub("state"))) {
    logs += entry.path().extension() == ".log" ? 1 : 0;
  }
  EXPECT_LE(logs, 1U);
  EXPECT_EQ(OpenState(dir.path(), 0)->Get("key"), "4");
}

TEST(StateDeathTest, AStateThatCannotBeReadIsNotServed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  const auto damaged = [&dir] {
    auto state = OpenState(dir.path(), 0);
    for (int i = 0; i < 5000; ++i) {
      state->Put("key" + std::to_string(i), std::to_string(i * 7919));
    }
    EXPECT_TRUE(state->Flush().ok());
    state.reset();
    for (const auto& entry : std::filesystem::directory_iterator(dir.Sub("state"))) {
      if (entry.path().extension() == ".sst") {
        FlipBit(entry.path(), 1000);
      }
    }
    return OpenState(dir.path(), 0);
  };
  EXPECT_EXIT(ScanAll(*damaged()), testing::ExitedWithCode(6),
              "could not read the state .*/state.*damaged");
  EXPECT_EXIT((void)OpenState(dir.path(), 0)->Get("key1"), testing::ExitedWithCode(6),
              "could not read the state .*/state.*rebuilt from the chain");
}

}  // namespace
}  // namespace cairn::storage
