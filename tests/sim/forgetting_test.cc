// Directories that are lost, wiped again, or old (R7).
//
// Why this is safe is argued in src/paxos/rules.h. What is tried here beside the campaign: the
// cases in which a person has a hand. A restored backup is sound and old, and only the others can
// tell; so it is tried where those who relied on its later words can be heard, which is also all
// that can be promised (src/replica/peer_memory.h).

#include <gtest/gtest.h>

#include "sim/scenario.h"

namespace cairn::sim {
namespace {

constexpr Micros kLong = 10 * kSecond;

Incarnation LifeOf(const Scenario& s, NodeId node) { return s.world.disk(node).incarnation(); }

TEST(ForgettingTest, ARestoredBackupTakesANewIncarnationAndIsReadmitted) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Scenario s(5, seed);
    ASSERT_TRUE(s.Form());
    ASSERT_TRUE(s.Writes(1, kSecond));
    const Disk backup = s.world.Backup(3);
    const Incarnation before = backup.incarnation();
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(s.Writes(2, kSecond));
    }
    ASSERT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, kSecond));
    s.world.RestoreDisk(3, backup);
    s.world.Start(3);
    EXPECT_TRUE(s.world.RunUntil([&] { return LifeOf(s, 3) != before && s.Settled(); }, kLong))
        << "seed " << seed;
    EXPECT_FALSE(s.world.failure()) << s.world.failure().value_or("");
  }
}

// Nobody remembers more of it than it does itself: it is who it was.
TEST(ForgettingTest, APlainRestartKeepsItsIncarnation) {
  Scenario s(5, 3);
  ASSERT_TRUE(s.Form());
  ASSERT_TRUE(s.Writes(1, kSecond));
  const Incarnation before = LifeOf(s, 3);
  for (int i = 0; i < 10; ++i) {
    s.world.KillAtNextCommit(3, i % 2 == 0);
    s.SomeoneWrites({1, 2, 4, 5}, kSecond);
    ASSERT_TRUE(s.world.RunUntil([&] { return !s.world.Up(3); }, kSecond));
    s.world.Start(3);
    s.world.RunFor(kSecond);
  }
  EXPECT_EQ(LifeOf(s, 3), before);
  EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, kLong));
}

TEST(ForgettingTest, TwoOfFiveWipedAtOnceAreReadmittedOneAfterTheOther) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Scenario s(5, 100 + seed);
    ASSERT_TRUE(s.Form());
    ASSERT_TRUE(s.Writes(1, kSecond));
    EXPECT_TRUE(s.world.LoseDisk(2));
    EXPECT_TRUE(s.world.LoseDisk(4));
    EXPECT_FALSE(s.world.LoseDisk(5)) << "more than a minority";
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, kLong)) << "seed " << seed;
    EXPECT_TRUE(s.Writes(4, kSecond));
    EXPECT_FALSE(s.world.failure()) << s.world.failure().value_or("");
  }
}

// Block 1 names the new self, or is formed without the old one: nothing was promised yet.
TEST(ForgettingTest, OneWipedWhileTheClusterFormsIsNoHindrance) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Scenario s(5, 200 + seed);
    s.world.RunFor(20'000 + 15'000 * seed);
    s.world.LoseDisk(3);
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 2 * kLong)) << "seed " << seed;
    EXPECT_TRUE(s.Writes(3, kSecond)) << "seed " << seed;
    EXPECT_FALSE(s.world.failure()) << s.world.failure().value_or("");
  }
}

TEST(ForgettingTest, OneWipedAgainBeforeItWasReadmittedIsReadmittedInItsLastLife) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Scenario s(5, 300 + seed);
    ASSERT_TRUE(s.Form());
    ASSERT_TRUE(s.Writes(1, kSecond));
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(s.world.LoseDisk(4));
      s.world.RunFor(5'000 * seed);
    }
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, kLong)) << "seed " << seed;
    EXPECT_FALSE(s.world.failure()) << s.world.failure().value_or("");
  }
}

// Words of an old self arrive up to a second late, at all others, in the midst of the readmission.
TEST(ForgettingTest, LateWordsOfAnOldSelfCountForNothing) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    WorldOptions options;
    options.seed = 400 + seed;
    options.straggling = 0.3;
    options.duplication = 0.2;
    Scenario s(options);
    ASSERT_TRUE(s.Form());
    for (const NodeId node : {2U, 4U}) {
      s.SomeoneWrites({1, 3, 5}, 5 * kSecond);
      EXPECT_TRUE(s.world.LoseDisk(node));
    }
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 2 * kLong)) << "seed " << seed;
    EXPECT_FALSE(s.world.failure()) << s.world.failure().value_or("");
  }
}

// FAST'18 (Alagappan et al., protocol-aware recovery): a block that one disk has lost comes back
// from another, and the node votes on meanwhile.
TEST(ForgettingTest, ARottenBlockIsFetchedAgainAndTheNodeStaysWhoItIs) {
  Scenario s(3, 7);
  ASSERT_TRUE(s.Form());
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(s.Writes(1, kSecond));
  }
  const Incarnation before = LifeOf(s, 2);
  ASSERT_TRUE(s.world.RotBlock(2, 4));
  s.world.Kill(2);
  s.world.Start(2);
  EXPECT_TRUE(s.world.RunUntil([&] { return !s.world.disk(2).rotten(); }, kSecond));
  EXPECT_EQ(LifeOf(s, 2), before);
  EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, kSecond));
}

// No rule can help, and none is bent: nobody leads, and those who remember say what is to be done.
TEST(ForgettingTest, WithAMajorityWipedNobodyLeadsAndAllThatIsLeftIsLearned) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Scenario s(5, 500 + seed);
    ASSERT_TRUE(s.Form());
    ASSERT_TRUE(s.Writes(1, kSecond));
    for (const NodeId node : {1U, 2U, 3U}) {
      s.world.WipeDisk(node);
    }
    s.world.RunFor(2 * kSecond);
    EXPECT_EQ(s.world.Leader(), 0U);
    EXPECT_NE(s.Words(4).find("nodes 1, 2 and 3 have lost what they knew"), std::string::npos)
        << s.Words(4);
    EXPECT_NE(s.Words(4).find("cairn recover"), std::string::npos);
    const Slot decided = s.world.replica(4).acceptor().log().decided();
    for (const NodeId node : {1U, 2U, 3U}) {
      EXPECT_GE(s.world.replica(node).acceptor().log().decided(), decided) << "seed " << seed;
    }
    EXPECT_TRUE(s.IsQuietFor(kSecond)) << "ballots go up and up";
    EXPECT_FALSE(s.world.failure()) << s.world.failure().value_or("");
  }
}

}  // namespace
}  // namespace cairn::sim
