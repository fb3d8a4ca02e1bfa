// The state over a disk that forgets what was not synced, stops in the middle, or fails.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "storage/state/state.h"
#include "storage/state/state_writer.h"
#include "tests/storage/forgetful_file_system.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

using Bytes = ForgetfulFileSystem::Bytes;
using Names = ForgetfulFileSystem::Names;
constexpr int kKeys = 10;
constexpr int kFillers = 20;

/// One life of a state over a forgetful disk.
class Life {
 public:
  explicit Life(std::string directory, const ForgetfulFileSystem::Image& durable = {})
      : disk_(std::make_shared<ForgetfulFileSystem>(durable)),
        env_(rocksdb::NewCompositeEnv(disk_)),
        directory_(std::move(directory)) {}
  ~Life() { state_.reset(); }

  [[nodiscard]] Status TryOpen(State::Options options = {}) {
    options.env = env_.get();
    auto state = State::Open(directory_, options);
    if (state.ok()) {
      state_ = std::move(state).value();
    }
    return state.status();
  }
  void Open(const State::Options& options = {}) {
    const Status opened = TryOpen(options);
    ASSERT_TRUE(opened.ok()) << opened.message();
  }
  /// Block n sets each of ten keys to n, adds a filler and erases the one of twenty blocks ago.
  void Apply(int number) {
    for (int key = 0; key < kKeys; ++key) {
      state_->Put("key" + std::to_string(key), std::to_string(number));
    }
    state_->Put("filler" + std::to_string(number), std::string(200, 'x'));
    if (number > kFillers) {
      state_->Erase("filler" + std::to_string(number - kFillers));
    }
    state_->EndBlock();
  }
  ForgetfulFileSystem& disk() { return *disk_; }
  State& state() { return *state_; }

 private:
  std::shared_ptr<ForgetfulFileSystem> disk_;
  std::unique_ptr<rocksdb::Env> env_;
  std::string directory_;
  std::unique_ptr<State> state_;
};

/// The block at which the state stands; a failure if it stands at no whole one.
int WholeBlock(const State& state) {
  const std::string number = state.Get("key0").value_or("0");
  for (int key = 1; key < kKeys; ++key) {
    EXPECT_EQ(state.Get("key" + std::to_string(key)).value_or("0"), number);
  }
  int fillers = 0;
  state.Scan("filler", "fillez", [&fillers](std::string_view, std::string_view) {
    ++fillers;
    return true;
  });
  EXPECT_EQ(fillers, std::min(std::stoi(number), kFillers));
  return std::stoi(number);
}

/// The disk before one of its changes, and what was surely written by then.
struct Wreck {
  std::string operation;
  ForgetfulFileSystem::Moment moment;
  int written = 0;  // Flushed up to this block at least, ...
  int applied = 0;  // ... and nothing beyond this one.
};

/// Applies blocks, with a flush now and then, and enough of them for RocksDB to merge its files.
std::vector<Wreck> RunAndWreck(const std::string& directory) {
  std::vector<Wreck> wrecks;
  std::mutex mutex;
  int written = 0;
  int applied = 0;
  Life life(directory);
  life.disk().BeforeEach([&](const std::string& operation) {
    const std::lock_guard<std::mutex> lock(mutex);
    wrecks.push_back({operation, life.disk().Now(), written, applied});
  });
  State::Options options;
  options.overlay_bytes = 12'000;
  life.Open(options);
  for (int number = 1; number <= 40; ++number) {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      applied = number;
    }
    life.Apply(number);
    if (number % 7 == 0) {
      EXPECT_TRUE(life.state().Flush().ok());
      const std::lock_guard<std::mutex> lock(mutex);
      written = number;
    }
  }
  return wrecks;
}

int Count(const std::vector<Wreck>& wrecks, const std::string& operation) {
  int count = 0;
  for (const Wreck& wreck : wrecks) {
    count += wreck.operation.starts_with(operation) ? 1 : 0;
  }
  return count;
}

TEST(StateCrashTest, APowerLossAtAnyChangeLeavesAWholeBlockAndAllThatWasTakenIn) {
  const TempDirectory dir;
  const std::vector<Wreck> wrecks = RunAndWreck(dir.path());
  ASSERT_GT(Count(wrecks, "link "), 4);    // Files were taken in,
  ASSERT_GT(Count(wrecks, "delete "), 3);  // and merged.
  const std::vector<std::pair<Bytes, Names>> ways = {
      {Bytes::kLost, Names::kLost}, {Bytes::kTorn, Names::kKept}, {Bytes::kKept, Names::kKept},
      {Bytes::kKept, Names::kLost}, {Bytes::kLost, Names::kKept}, {Bytes::kTorn, Names::kLost}};
  for (std::size_t i = 0; i < wrecks.size(); ++i) {
    SCOPED_TRACE(wrecks[i].operation);
    const auto& [bytes, names] = ways[i % ways.size()];
    const auto image = wrecks[i].moment.After(bytes, names);
    Restore(image, dir.Sub("state"));
    Life life(dir.path(), image);
    life.Open();
    ASSERT_FALSE(testing::Test::HasFatalFailure());
    const int block = WholeBlock(life.state());
    EXPECT_GE(block, wrecks[i].written);
    EXPECT_LE(block, wrecks[i].applied);
    life.Apply(block + 1);  // And it lives on.
    ASSERT_TRUE(life.state().Flush().ok());
    EXPECT_EQ(WholeBlock(life.state()), block + 1);
  }
}

TEST(StateCrashTest, ZeroesInThePlaceOfLostBytesAreNeverBelieved) {
  const TempDirectory dir;
  const std::vector<Wreck> wrecks = RunAndWreck(dir.path());
  const std::vector<Bytes> ways = {Bytes::kZeroed, Bytes::kHead, Bytes::kTail};
  for (std::size_t i = 0; i < wrecks.size(); i += 3) {
    SCOPED_TRACE(wrecks[i].operation);
    const auto image = wrecks[i].moment.After(ways[i / 3 % ways.size()], Names::kKept);
    Restore(image, dir.Sub("state"));
    Life life(dir.path(), image);
    if (const Status opened = life.TryOpen(); opened.ok()) {
      EXPECT_GE(WholeBlock(life.state()), wrecks[i].written);
    } else {
      EXPECT_EQ(opened.code(), Code::kIntegrity) << opened.message();
    }
  }
}

/// Holds whoever comes to the n-th change of the disk until it is let go.
class Gate {
 public:
  static constexpr int kNobody = -1;
  explicit Gate(int change) : change_(change) {}

  void Pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (passed_++ == change_) {
      moved_.notify_all();
      moved_.wait(lock, [this] { return open_; });
    }
  }
  void WaitForSomebody() {
    std::unique_lock<std::mutex> lock(mutex_);
    moved_.wait(lock, [this] { return passed_ > change_; });
  }
  void Open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    moved_.notify_all();
  }
  [[nodiscard]] int passed() const { return passed_; }

 private:
  int change_;
  std::mutex mutex_;
  std::condition_variable moved_;
  int passed_ = 0;
  bool open_ = false;
};

/// What the node's loop does with a state, all of it: it must not be held by the writer.
void UseAll(State* state, int round) {
  const std::string number = std::to_string(round);
  state->Put("active", number);
  state->Put("both", "active " + number);
  state->Erase("gone");
  state->EndBlock();
  EXPECT_EQ(state->Get("active"), number);
  EXPECT_EQ(state->Get("both"), "active " + number);
  EXPECT_EQ(state->Get("frozen"), "frozen");
  EXPECT_EQ(state->Get("written"), "written");
  EXPECT_EQ(state->Get("gone"), std::nullopt);
  EXPECT_EQ(state->Get("frozen away"), std::nullopt);
  std::vector<std::string> keys;
  state->Scan("", "frozen away", [&keys](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  });
  EXPECT_EQ(keys, (std::vector<std::string>{"active", "both", "frozen"}));
}

/// Uses a state while its writer is held at that change of the disk; says how many there were.
int UseWhileHeldAt(int change) {
  SCOPED_TRACE(change);
  const TempDirectory dir;
  Life life(dir.path());
  State::Options options;
  options.overlay_bytes = 50'000;
  life.Open(options);
  for (const char* key : {"written", "both", "gone", "frozen away"}) {
    life.state().Put(key, "written");
  }
  EXPECT_TRUE(life.state().Flush().ok());
  Gate gate(change);
  life.disk().BeforeEach([&gate](const std::string& /*operation*/) { gate.Pass(); });
  life.state().Put("frozen", "frozen");
  life.state().Put("both", "frozen");
  life.state().Erase("frozen away");
  life.state().Put("large", std::string(100'000, 'x'));
  life.state().EndBlock();
  if (change != Gate::kNobody) {
    gate.WaitForSomebody();
  }
  for (int round = 0; round < 5; ++round) {
    UseAll(&life.state(), round);
  }
  gate.Open();
  EXPECT_TRUE(life.state().Flush().ok());
  UseAll(&life.state(), 5);
  life.disk().BeforeEach({});
  return gate.passed();
}

TEST(StateCrashTest, TheLoopReadsAndAppliesWhileTheWriterIsHeldAtAnyChangeOfTheDisk) {
  // Of the second overlay, which is written by the flush at the end, only the first is of interest.
  const int changes = UseWhileHeldAt(Gate::kNobody) / 2;
  ASSERT_GT(changes, 5);
  for (int change = 0; change < changes; ++change) {
    UseWhileHeldAt(change);
  }
}

std::vector<std::string> TableFiles(const std::string& directory) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".sst") {
      files.push_back(entry.path());
    }
  }
  return files;
}

TEST(StateCrashTest, WhatACrashLeftOfTheWritersWorkIsRemovedAndNeverWrittenTo) {
  const TempDirectory dir;
  {
    Life life(dir.path());
    life.Open();
    life.Apply(1);
    ASSERT_TRUE(life.state().Flush().ok());
  }
  // The crash came when the file had both names.
  ASSERT_EQ(TableFiles(dir.Sub("state")).size(), 1U);
  const std::string incoming = IncomingFile(dir.Sub("state"));
  std::filesystem::create_hard_link(TableFiles(dir.Sub("state")).front(), incoming);
  {
    Life life(dir.path());
    life.Open();
    EXPECT_FALSE(std::filesystem::exists(incoming));
    std::filesystem::create_hard_link(TableFiles(dir.Sub("state")).front(), incoming);
    life.Apply(2);
    ASSERT_TRUE(life.state().Flush().ok());
    EXPECT_TRUE(life.state().VerifyFiles().ok());
  }
  Life life(dir.path());
  life.Open();
  EXPECT_EQ(WholeBlock(life.state()), 2);
}

TEST(StateCrashDeathTest, AWriteThatFailsInTheBackgroundStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  const auto run = [&dir](const auto& fail) {
    Life life(dir.path());
    life.Open({.overlay_bytes = 2000});
    fail(&life.disk());
    for (int number = 1; number < 2000; ++number) {
      life.Apply(number);
    }
  };
  EXPECT_EXIT(run([](ForgetfulFileSystem* disk) { disk->FailWrites(".sst"); }),
              testing::ExitedWithCode(1), "could not write the state .*no space left.*replayed");
  EXPECT_EXIT(run([](ForgetfulFileSystem* disk) { disk->FailSyncs(".sst"); }),
              testing::ExitedWithCode(1), "could not write the state .*input/output error");
}

void Damage(const std::string& directory) {
  for (const std::string& file : TableFiles(directory)) {
    FlipBit(file, 10);
  }
}

/// One life that makes a state of one block, and one that begins with its files damaged, tells of
/// it by its exit code, and does `what`.
template <typename What>
void LiveOnDamage(const std::string& directory, std::size_t overlay_bytes, const What& what) {
  std::filesystem::remove_all(directory + "/state");
  {
    Life life(directory);
    life.Open();
    life.Apply(1);
    ASSERT_TRUE(life.state().Flush().ok());
  }
  Damage(directory + "/state");
  Life life(directory);
  State::Options options;
  options.overlay_bytes = overlay_bytes;
  options.on_damage = [](const Status& why) {
    std::fprintf(stderr, "told: %s\n", why.message().c_str());
    ::_exit(why.code() == Code::kIntegrity ? 42 : 43);
  };
  life.Open(options);
  what(&life);
}

TEST(StateCrashDeathTest, DamageThatAReadMeetsIsToldAndNotServed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  EXPECT_EXIT(LiveOnDamage(dir.path(), 2000, [](Life* life) { (void)life->state().Get("key1"); }),
              testing::ExitedWithCode(42), "told: could not read the state .*/state.*damaged");
}

TEST(StateCrashDeathTest, DamageThatAMergeMeetsIsToldAtTheEndOfABlock) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const TempDirectory dir;
  EXPECT_EXIT(LiveOnDamage(dir.path(), 2000,
                           [](Life* life) {
                             for (int number = 2; number < 2000; ++number) {
                               life->Apply(number);
                             }
                           }),
              testing::ExitedWithCode(42), "told: could not write the state .*/state.*damaged");
}

TEST(StateCrashTest, VerifyingTheFilesFindsWhatNobodyHasRead) {
  const TempDirectory dir;
  Life life(dir.path());
  life.Open();
  for (int number = 1; number <= 3; ++number) {
    life.Apply(number);
    ASSERT_TRUE(life.state().Flush().ok());
  }
  EXPECT_TRUE(life.state().VerifyFiles().ok());
  Damage(dir.Sub("state"));
  const Status verified = life.state().VerifyFiles();
  EXPECT_EQ(verified.code(), Code::kIntegrity);
  EXPECT_NE(verified.message().find(dir.Sub("state")), std::string::npos) << verified.message();
}

TEST(StateCrashTest, ARebuildThatEndsWritesWhatItHas) {
  const TempDirectory dir;
  ForgetfulFileSystem::Image durable;
  {
    Life life(dir.path());
    life.Open({.overlay_bytes = 10'000});
    life.state().SetRebuilding(true);
    for (int number = 1; number <= 60; ++number) {
      life.Apply(number);
    }
    life.state().SetRebuilding(false);
    life.Apply(61);
    ASSERT_TRUE(life.state().Flush().ok());
    durable = life.disk().Durable();
  }
  Restore(durable, dir.Sub("state"));
  Life life(dir.path(), durable);
  life.Open();
  EXPECT_EQ(WholeBlock(life.state()), 61);
}

}  // namespace
}  // namespace cairn::storage
