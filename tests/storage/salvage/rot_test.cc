// For every file of a stopped node x {flip, cut, zero, delete}: the node is unharmed, or knows
// which decided blocks it lost, or has forgotten and is somebody new. Never anything else. With
// CAIRN_EXHAUSTIVE set, at many more places of each file.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "storage/directory/open_or_salvage.h"
#include "storage/ledger/salvage_mark.h"
#include "tests/storage/chains.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

namespace fs = std::filesystem;

std::string Noise(std::size_t bytes, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string noise(bytes, '\0');
  for (char& byte : noise) {
    byte = static_cast<char>(random());
  }
  return noise;
}

/// A node's directory as it was when the node stopped, and what it knew.
class StoppedNode {
 public:
  explicit StoppedNode(std::string path) : path_(std::move(path)) {
    Life([this](Ledger* ledger) {
      for (Slot slot = 1; slot <= 150; ++slot) {
        Extend(ledger, 1, slot);
      }
    });
    Life([this](Ledger* ledger) {
      ledger->Commit(Promise(ledger->head(), 7));
      for (Slot slot = 151; slot <= 180; ++slot) {
        Extend(ledger, 7, slot);
      }
      ledger->Commit(Promise(ledger->head(), 9));
      head = ledger->head();
      commits = ledger->commits();
    });
  }

  const std::string& path() const { return path_; }

  std::vector<BlockPtr> chain = {Genesis()};
  replica::LedgerHead head;
  std::uint64_t commits = 0;
  Incarnation incarnation = 0;

 private:
  void Life(const std::function<void(Ledger*)>& live) {
    auto directory = DataDirectory::Open(path_, Genesis()->hash, "test", 1);
    ASSERT_TRUE(directory.ok()) << directory.status().message();
    DataDirectory opened = std::move(directory).value();
    incarnation = opened.identity().incarnation;
    auto recovery =
        OpenOrSalvage(&opened, Genesis(), Ours(), [](const std::string& said) { FAIL() << said; });
    ASSERT_TRUE(recovery.ok()) << recovery.status().message();
    live(recovery->ledger.get());
  }
  void Extend(Ledger* ledger, std::uint64_t round, Slot slot) {
    chain.push_back(storage::Extend(chain.back(), Noise(3000, static_cast<std::uint32_t>(slot))));
    replica::LedgerWrite write = Accept(round, {chain.back()});
    write.head.decided = slot < 3 ? 0 : slot - 3;
    ledger->Commit(write);
  }

  std::string path_;
};

struct Damage {
  std::string file;  // Relative.
  std::string name;
  std::function<void(const std::string& path)> inflict;
};

void Zero(const std::string& path, std::size_t from) {
  std::string content = ReadFile(path);
  for (std::size_t i = from; i < std::min(from + 4096, content.size()); ++i) {
    content[i] = '\0';
  }
  WriteFile(path, content);
}

std::vector<Damage> DamagesOf(const std::string& root, const std::string& file,
                              std::size_t places) {
  std::vector<Damage> all;
  const std::size_t size = fs::file_size(root + "/" + file);
  all.push_back({file, "deleted", [](const std::string& path) { fs::remove(path); }});
  for (std::size_t i = 0; i < places && size > 0; ++i) {
    const std::size_t at = places == 1 ? 0 : (size - 1) * i / (places - 1);
    const std::string place = std::to_string(at) + " of " + std::to_string(size);
    all.push_back(
        {file, "flipped at " + place, [at](const std::string& path) { FlipBit(path, at); }});
    all.push_back(
        {file, "cut at " + place, [at](const std::string& path) { fs::resize_file(path, at); }});
    const std::size_t page = at / 4096 * 4096;
    all.push_back({file, "zeroed at " + std::to_string(page),
                   [page](const std::string& path) { Zero(path, page); }});
  }
  return all;
}

std::vector<Damage> AllDamages(const std::string& root) {
  const bool exhaustive = std::getenv("CAIRN_EXHAUSTIVE") != nullptr;
  std::vector<Damage> all;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) {
      const std::string file = fs::relative(entry.path(), root).string();
      const bool dull = file.find("LOG") != std::string::npos ||
                        file.find("OPTIONS") != std::string::npos || file.ends_with("LOCK");
      for (Damage& damage : DamagesOf(root, file, exhaustive ? 60 : dull ? 1 : 4)) {
        all.push_back(std::move(damage));
      }
    }
  }
  return all;
}

class RotTest : public ::testing::Test {
 protected:
  enum class Outcome { kUnharmed, kHoles, kForgot };

  struct Opened {
    DataDirectory directory;
    OpenedLedger recovery;
    std::vector<std::string> said;
  };

  static std::optional<Opened> Open(const std::string& path) {
    std::vector<std::string> said;
    const Say say = [&said](const std::string& line) { said.push_back(line); };
    auto directory = DataDirectory::Open(path, Genesis()->hash, "test", 1, say);
    EXPECT_TRUE(directory.ok()) << directory.status().message();
    if (!directory.ok()) {
      return std::nullopt;
    }
    Opened opened{std::move(directory).value(), {}, {}};
    auto recovery = OpenOrSalvage(&opened.directory, Genesis(), Ours(), say);
    EXPECT_TRUE(recovery.ok()) << recovery.status().message();
    if (!recovery.ok()) {
      return std::nullopt;
    }
    opened.recovery = std::move(recovery).value();
    opened.said = std::move(said);
    return opened;
  }

  /// Every block is the right one, or lies in a hole below what is decided.
  void ExpectOnlyHoles(const Ledger& ledger) const {
    for (Slot slot = 0; slot <= node_.head.tip; ++slot) {
      const auto block = ledger.Read(slot);
      const bool in_hole = std::ranges::any_of(ledger.holes(), [slot](const replica::Hole& hole) {
        return hole.first <= slot && slot <= hole.last;
      });
      ASSERT_EQ(block.ok(), !in_hole) << slot << " " << block.status().message();
      if (block.ok()) {
        ASSERT_EQ(block.value()->hash, node_.chain[slot]->hash);
      } else {
        ASSERT_EQ(block.status().code(), Code::kIntegrity);
      }
    }
    for (const replica::Hole& hole : ledger.holes()) {
      EXPECT_LE(hole.last, node_.head.decided);
      EXPECT_EQ(hole.hash, node_.chain[hole.last]->hash);
    }
  }

  /// As the replica does it: from the upper end of a hole.
  void Repair(Ledger* ledger) const {
    while (!ledger->holes().empty()) {
      replica::LedgerWrite write;
      write.needed = true;
      write.head = ledger->head();
      write.repaired = {node_.chain[ledger->holes().back().last]};
      ledger->Commit(write);
    }
    const auto checked = ledger->Check(0, node_.head.tip, ledger->tip_hash());
    EXPECT_FALSE(checked.highest_bad) << checked.problem.message();
    EXPECT_EQ(checked.blocks, node_.chain.size());
  }

  /// The start verifies what is not decided; the rest the scrub finds, which asks for a salvage.
  void Scrub(std::string* path, std::optional<Opened>* opened) {
    const Ledger& ledger = *(*opened)->recovery.ledger;
    const auto checked = ledger.Check(0, ledger.head().tip, ledger.tip_hash());
    if (checked.highest_bad) {
      EXPECT_NE(checked.problem.message().find("slot " + std::to_string(*checked.highest_bad)),
                std::string::npos);
      ASSERT_TRUE(MarkForSalvage(*path, checked.problem.message()).ok());
      opened->reset();
      Rename(path);
      *opened = Open(*path);
    }
  }

  /// A database that met an error is not closed, and keeps its lock as long as the process lives,
  /// which is to say, here, as long as the directory has this name.
  void Rename(std::string* path) {
    const std::string next = dir_.Sub("node" + std::to_string(++lives_));
    fs::rename(*path, next);
    *path = next;
  }

  std::optional<Outcome> Judge(std::string* path) {
    auto opened = Open(*path);
    if (opened) {
      Scrub(path, &opened);
    }
    if (!opened) {
      return std::nullopt;
    }
    const OpenedLedger& recovery = opened->recovery;
    const Incarnation incarnation = opened->directory.identity().incarnation;
    if (incarnation != node_.incarnation) {
      EXPECT_EQ(recovery.ledger->head(), replica::LedgerHead{});
      EXPECT_TRUE(recovery.forgot || opened->directory.created());
      return Outcome::kForgot;
    }
    EXPECT_FALSE(recovery.forgot);
    EXPECT_EQ(recovery.ledger->head(), node_.head);
    EXPECT_EQ(recovery.ledger->commits(), node_.commits);
    ExpectOnlyHoles(*recovery.ledger);
    if (recovery.ledger->holes().empty()) {
      return Outcome::kUnharmed;
    }
    EXPECT_TRUE(recovery.salvaged);
    EXPECT_FALSE(opened->said.empty());
    Repair(recovery.ledger.get());
    return Outcome::kHoles;
  }

  /// The start after it: nothing is left to say.
  static void ExpectSound(const std::string& path, std::optional<Outcome> outcome,
                          const StoppedNode& node) {
    const auto again = Open(path);
    ASSERT_TRUE(again.has_value());
    EXPECT_TRUE(again->said.empty()) << again->said.front();
    EXPECT_FALSE(again->recovery.forgot || again->recovery.salvaged);
    EXPECT_TRUE(again->recovery.ledger->holes().empty());
    if (outcome != Outcome::kForgot) {
      const auto checked =
          again->recovery.ledger->Check(0, node.head.tip, again->recovery.ledger->tip_hash());
      EXPECT_FALSE(checked.highest_bad) << checked.problem.message();
    }
  }

  int lives_ = 0;
  TempDirectory dir_{MemoryDirectory()};
  StoppedNode node_{dir_.Sub("stopped")};
};

TEST_F(RotTest, WhateverRotsTheNodeIsUnharmedOrKnowsItsHolesOrIsSomebodyNew) {
  std::map<Outcome, int> outcomes;
  std::map<std::string, std::map<Outcome, int>> of_files;
  for (const Damage& damage : AllDamages(node_.path())) {
    SCOPED_TRACE(damage.file + " " + damage.name);
    std::string path = dir_.Sub("node" + std::to_string(++lives_));
    fs::copy(node_.path(), path, fs::copy_options::recursive);
    damage.inflict(path + "/" + damage.file);
    const auto outcome = Judge(&path);
    ASSERT_TRUE(outcome.has_value());
    ASSERT_FALSE(HasFailure());
    Rename(&path);
    ExpectSound(path, outcome, node_);
    ASSERT_FALSE(HasFailure());
    fs::remove_all(path);
    ++outcomes[*outcome];
    ++of_files[damage.file][*outcome];
  }
  for (auto& [file, counts] : of_files) {
    std::cout << file << ": " << counts[Outcome::kUnharmed] << " unharmed, "
              << counts[Outcome::kHoles] << " with holes, " << counts[Outcome::kForgot]
              << " forgotten\n";
  }
  EXPECT_GT(outcomes[Outcome::kUnharmed], 0);
  EXPECT_GT(outcomes[Outcome::kHoles], 0);
  EXPECT_GT(outcomes[Outcome::kForgot], 0);
}

}  // namespace
}  // namespace cairn::storage
