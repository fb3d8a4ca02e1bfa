// R8 where nothing is broken and everything is slow: a cluster gets used to its network and its
// machines, and the leader stays.

#include <gtest/gtest.h>

#include "sim/load.h"
#include "sim/scenario.h"

namespace cairn::sim {
namespace {

/// Long enough to learn what is usual here.
constexpr Micros kSettling = 30 * kSecond;
constexpr Micros kMinute = 60 * kSecond;
constexpr std::uint64_t kMinutes = 2;

std::string Where(const Hardship& hardship, std::uint64_t seed) {
  return std::to_string(hardship.delay_min) + ".." + std::to_string(hardship.delay_max) +
         " us, stalls " + std::to_string(hardship.stalls) + ", held " +
         std::to_string(hardship.hold_max) + " us, seed " + std::to_string(seed);
}

/// At most one election a minute, and writes go on.
void ExpectPeace(const Hardship& hardship, std::uint64_t seed) {
  Scenario s(5, seed);
  ASSERT_TRUE(s.Form());
  s.world.Endure(hardship);
  Load load(&s.world, 1, 100);
  s.world.RunFor(kSettling);
  const std::uint64_t round = s.Round();
  const std::uint64_t done = load.done();
  s.world.RunFor(kMinutes * kMinute);
  EXPECT_LE(s.Round(), round + kMinutes) << Where(hardship, seed);
  EXPECT_GE(load.done(), done + kMinutes * 15) << Where(hardship, seed);
  EXPECT_EQ(s.Trouble(), "none") << Where(hardship, seed);
}

TEST(HardshipTest, JitterOfHalfARoundTripCostsNoLeader) {
  for (const Micros round_trip : {1'000U, 20'000U, 100'000U, 300'000U}) {
    for (std::uint64_t seed = 1; seed <= 1; ++seed) {
      ExpectPeace({.delay_min = round_trip / 2, .delay_max = round_trip}, seed);
    }
  }
}

TEST(HardshipTest, LostPacketsCostNoLeader) {
  for (const Micros delay : {500U, 50'000U}) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      ExpectPeace({.delay_min = delay, .delay_max = 2 * delay, .stalls = 0.2}, seed);
    }
  }
}

TEST(HardshipTest, NodesThatGetLittleProcessorTimeKeepTheirLeader) {
  for (const Micros hold : {50'000U, 300'000U}) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      ExpectPeace({.hold_max = hold}, seed);
    }
  }
}

// Blocks of a tenth of a second's bandwidth, as of 1 MiB on a link of 12 MB/s.
TEST(HardshipTest, LargeValuesOnANarrowLinkCostNoLeader) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Scenario s(5, seed);
    ASSERT_TRUE(s.Form());
    s.world.Endure({.bandwidth = 1'200'000});
    Load load(&s.world, 8, 100'000);
    const std::uint64_t round = s.Round();
    s.world.RunFor(20 * kSecond);
    EXPECT_LE(s.Round(), round + 1) << "seed " << seed;
    EXPECT_GE(load.done(), 50U) << "seed " << seed;
    s.world.Kill(s.world.Leader());
    const std::uint64_t done = load.done();
    s.world.RunFor(10 * kSecond);
    EXPECT_GE(load.done(), done + 10) << "seed " << seed;
    EXPECT_EQ(s.Trouble(), "none");
  }
}

// Whoever is far away elects a leader, too.
TEST(HardshipTest, ADeadLeaderIsReplacedAtAnyDistance) {
  for (const Micros delay : {50'000U, 150'000U, 400'000U}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Scenario s(5, seed);
      ASSERT_TRUE(s.Form());
      s.world.Endure({.delay_min = delay, .delay_max = delay + delay / 2});
      s.world.RunFor(kSettling);
      const NodeId dead = s.world.Leader();
      ASSERT_NE(dead, 0U) << delay << " us, seed " << seed;
      s.world.Kill(dead);
      EXPECT_TRUE(s.world.RunUntil([&] { return s.world.Leader() != 0; }, 10 * kSecond))
          << delay << " us, seed " << seed;
    }
  }
}

TEST(HardshipTest, OnAQuietNetworkADeadLeaderIsReplacedWithinThreeTenthsOfASecond) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Scenario s(5, seed);
    ASSERT_TRUE(s.Form());
    s.world.RunFor(kSecond + seed * 7'000);
    const NodeId dead = s.world.Leader();
    ASSERT_NE(dead, 0U);
    s.world.Kill(dead);
    const auto replaced = [&] { return s.world.Leader() != 0; };
    EXPECT_TRUE(s.world.RunUntil(replaced, 300'000)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace cairn::sim
