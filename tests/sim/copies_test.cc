// Copies of data directories that run beside their originals, with the addresses mixed up (R7): two
// processes that call themselves the same node. A person makes them for a trial and forgets to
// change a line of the cluster file. They must not hurt the originals, whatever they know.

#include <gtest/gtest.h>

#include "sim/scenario.h"

namespace cairn::sim {
namespace {

constexpr int kSeeds = 15;

std::vector<Incarnation> Incarnations(const Scenario& s) {
  std::vector<Incarnation> all;
  for (const NodeId id : s.world.ids()) {
    all.push_back(s.world.disk(id).incarnation());
  }
  return all;
}

/// Copies run for two seconds; the originals go on, are who they were, and hold one chain.
void OriginalsOutlive(std::size_t nodes, const std::vector<NodeId>& copied, bool idle,
                      std::uint64_t seed) {
  Scenario s(nodes, seed);
  ASSERT_TRUE(s.Form());
  ASSERT_TRUE(s.Writes(1, kSecond));
  ASSERT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, kSecond));
  const std::vector<Incarnation> before = Incarnations(s);
  s.world.StartCopies(copied);
  for (int i = 0; i < 10; ++i) {
    s.world.RunFor(kSecond / 5);
    if (!idle) {
      EXPECT_TRUE(s.SomeoneWrites(s.world.ids(), kSecond)) << "seed " << seed;
    }
  }
  s.world.StopCopies();
  EXPECT_TRUE(s.SomeoneWrites(s.world.ids(), kSecond)) << "seed " << seed;
  EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 5 * kSecond))
      << "seed " << seed << ", trouble: " << s.Trouble();
  EXPECT_EQ(Incarnations(s), before) << "seed " << seed;
  EXPECT_FALSE(s.world.failure()) << s.world.failure().value_or("");
}

// The line of the last node was forgotten: the copies speak to the original of it.
TEST(CopiesTest, ACopiedClusterThatForgotALineDoesNotHurtTheOriginal) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    OriginalsOutlive(3, {1, 2}, false, 600 + seed);
    OriginalsOutlive(5, {1, 2, 3, 4}, false, 700 + seed);
  }
}

// Nothing is committed meanwhile, so the copies know as much as their originals.
TEST(CopiesTest, ACopyThatKnowsAsMuchAsItsOriginalDoesNotHurtIt) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    OriginalsOutlive(3, {1, 2}, true, 800 + seed);
    OriginalsOutlive(5, {1, 2, 3}, true, 900 + seed);
  }
}

TEST(CopiesTest, OneCopiedNodeBesideItsOriginalDoesNotHurtIt) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    OriginalsOutlive(3, {1}, seed % 2 == 0, 1000 + seed);
    OriginalsOutlive(5, {4}, seed % 2 == 0, 1100 + seed);
  }
}

// Both lives of it are restarted while the copy speaks: the original has fallen silent then, and
// whoever is heard next is heeded if it knows all that the others remember.
TEST(CopiesTest, AnOriginalThatWritesOnIsHeededAgainAfterARestartBesideItsCopy) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Scenario s(3, 1200 + seed);
    ASSERT_TRUE(s.Form());
    s.world.StartCopies({1});
    ASSERT_TRUE(s.Writes(2, kSecond));
    ASSERT_TRUE(s.Writes(2, kSecond));
    ASSERT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, kSecond));
    const std::vector<Incarnation> before = Incarnations(s);
    s.world.KillFor(1, kSecond);
    s.world.RunFor(2 * kSecond);
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 5 * kSecond))
        << "seed " << seed << ", trouble: " << s.Trouble();
    EXPECT_EQ(Incarnations(s), before) << "seed " << seed;
    EXPECT_FALSE(s.world.failure()) << s.world.failure().value_or("");
  }
}

}  // namespace
}  // namespace cairn::sim
