#include "storage/salvage/chain_walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "common/limits.h"
#include "storage/salvage/salvage.h"
#include "tests/storage/chains.h"

namespace cairn::storage {
namespace {

/// Blocks by slot; of some slots several.
class Store {
 public:
  explicit Store(const std::vector<BlockPtr>& chain) {
    for (const BlockPtr& block : chain) {
      blocks_[block->slot()] = {block};
    }
  }
  void Lose(Slot slot) { blocks_.erase(slot); }
  void Replace(const BlockPtr& block) { blocks_[block->slot()] = {block}; }
  /// One that would be found first.
  void AddStale(const BlockPtr& block) {
    auto& there = blocks_[block->slot()];
    there.insert(there.begin(), block);
  }
  ChainWalk::Find Find() const {
    return [this](Slot slot, const std::optional<Hash>& hash) -> BlockPtr {
      const auto found = blocks_.find(slot);
      if (found != blocks_.end()) {
        for (const BlockPtr& block : found->second) {
          if (!hash || block->hash == *hash) {
            return block;
          }
        }
      }
      return nullptr;
    };
  }

 private:
  std::map<Slot, std::vector<BlockPtr>> blocks_;
};

HeadRecord HeadOf(const std::vector<BlockPtr>& chain, Slot decided) {
  HeadRecord head;
  head.genesis = chain[0]->hash;
  head.head.tip = chain.back()->slot();
  head.head.decided = decided;
  head.tip_hash = chain.back()->hash;
  return head;
}

struct Walked {
  std::map<Slot, BlockPtr> blocks;
  std::vector<replica::Hole> holes;
  std::uint64_t missing = 0;
  std::optional<Slot> undecided_missing;
};

Walked WalkAll(const std::vector<BlockPtr>& chain, Slot decided, const Store& store) {
  ChainWalk walk(HeadOf(chain, decided), chain[0], store.Find());
  Walked walked;
  while (const BlockPtr block = walk.Next()) {
    EXPECT_TRUE(walked.blocks.empty() || block->slot() < walked.blocks.begin()->first);
    walked.blocks[block->slot()] = block;
  }
  walked.holes = walk.holes();
  walked.missing = walk.missing();
  walked.undecided_missing = walk.undecided_missing();
  return walked;
}

/// What is not in a hole is right.
void ExpectRight(const std::vector<BlockPtr>& chain, const Walked& walked) {
  for (const BlockPtr& block : chain) {
    const bool in_hole = std::ranges::any_of(walked.holes, [&](const replica::Hole& hole) {
      return hole.first <= block->slot() && block->slot() <= hole.last;
    });
    if (!in_hole) {
      ASSERT_TRUE(walked.blocks.contains(block->slot())) << block->slot();
      EXPECT_EQ(walked.blocks.at(block->slot())->hash, block->hash);
    }
  }
}

TEST(ChainWalkTest, AWholeChainHasNoHole) {
  const auto chain = Chain(40);
  const Walked walked = WalkAll(chain, 38, Store(chain));
  EXPECT_EQ(walked.blocks.size(), chain.size());
  EXPECT_TRUE(walked.holes.empty());
  EXPECT_EQ(walked.missing, 0U);
  ExpectRight(chain, walked);
}

TEST(ChainWalkTest, TheGenesisBlockIsKnownWithoutTheDisk) {
  const auto chain = Chain(3);
  Store store(chain);
  store.Lose(0);
  EXPECT_EQ(WalkAll(chain, 3, store).blocks.at(0), chain[0]);
  EXPECT_EQ(WalkAll({chain[0]}, 0, store).blocks.size(), 1U);
}

TEST(ChainWalkTest, AMissingBlockAndTheDoubtfulOnesBelowItAreAHole) {
  const auto chain = Chain(60);
  Store store(chain);
  store.Lose(50);
  store.Lose(48);
  const Walked walked = WalkAll(chain, 58, store);
  EXPECT_EQ(walked.holes, (std::vector<replica::Hole>{{48 - kDoubtfulSlots, 50, chain[50]->hash}}));
  EXPECT_EQ(walked.missing, 2U);
  EXPECT_EQ(walked.blocks.size(), chain.size() - 2);  // The doubtful ones are kept.
  ExpectRight(chain, walked);
}

TEST(ChainWalkTest, HolesFarFromEachOtherStayApart) {
  const auto chain = Chain(100);
  Store store(chain);
  store.Lose(90);
  store.Lose(30);
  const Walked walked = WalkAll(chain, 100, store);
  ASSERT_EQ(walked.holes.size(), 2U);
  EXPECT_EQ(walked.holes[0], (replica::Hole{30 - kDoubtfulSlots, 30, chain[30]->hash}));
  EXPECT_EQ(walked.holes[1], (replica::Hole{90 - kDoubtfulSlots, 90, chain[90]->hash}));
  ExpectRight(chain, walked);
}

TEST(ChainWalkTest, ALostTipThatIsDecidedIsAHole) {
  const auto chain = Chain(5);
  Store store(chain);
  store.Lose(5);
  EXPECT_EQ(WalkAll(chain, 5, store).holes, (std::vector<replica::Hole>{{1, 5, chain[5]->hash}}));
}

TEST(ChainWalkTest, ALostBlockThatIsNotDecidedIsSaid) {
  const auto chain = Chain(5);
  Store store(chain);
  store.Lose(4);
  EXPECT_EQ(WalkAll(chain, 3, store).undecided_missing, 4U);
  EXPECT_FALSE(WalkAll(chain, 4, store).undecided_missing.has_value());
}

TEST(ChainWalkTest, AStaleBlockIsNeverTakenForTheRightOne) {
  const auto chain = Chain(60);
  // A log of an earlier leader, of which nothing was decided: slots 46 to 49.
  std::vector<BlockPtr> stale = {Extend(chain[45], "stale")};
  while (stale.size() < kMaxSlotsInFlight) {
    stale.push_back(Extend(stale.back(), "stale"));
  }
  Store whole(chain);
  for (const BlockPtr& block : stale) {
    whole.AddStale(block);
  }
  EXPECT_TRUE(WalkAll(chain, 58, whole).holes.empty());
  ExpectRight(chain, WalkAll(chain, 58, whole));

  Store store(chain);
  store.Lose(50);
  for (const BlockPtr& block : stale) {
    store.Replace(block);
  }
  const Walked walked = WalkAll(chain, 58, store);
  ASSERT_EQ(walked.holes.size(), 1U);
  EXPECT_LT(walked.holes[0].first, stale.front()->slot());
  EXPECT_EQ(walked.holes[0].last, 50U);
  ExpectRight(chain, walked);
}

TEST(ChainWalkTest, ABlockThatDoesNotFitFromAboveIsMissing) {
  const auto chain = Chain(60);
  Store store(chain);
  store.Replace(Extend(chain[29], "forged"));
  const Walked walked = WalkAll(chain, 60, store);
  EXPECT_EQ(walked.holes, (std::vector<replica::Hole>{{30 - kDoubtfulSlots, 30, chain[30]->hash}}));
  ExpectRight(chain, walked);
}

TEST(ChainWalkTest, ALedgerOfNothingButItsHeadIsOneHole) {
  const auto chain = Chain(50);
  const Walked walked = WalkAll(chain, 50, Store({}));
  EXPECT_EQ(walked.holes, (std::vector<replica::Hole>{{1, 50, chain[50]->hash}}));
  EXPECT_EQ(walked.missing, 50U);
  EXPECT_EQ(walked.blocks.size(), 1U);
}

TEST(ChainWalkTest, WhatIsDoubtedIsMoreThanALeaderHasInFlight) {
  static_assert(kDoubtfulSlots > 2 * kMaxSlotsInFlight);
}

}  // namespace
}  // namespace cairn::storage
