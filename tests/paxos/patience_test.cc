#include "paxos/patience.h"

#include <gtest/gtest.h>

namespace cairn::paxos {
namespace {

constexpr Micros kFloor = 240'000;
constexpr Micros kCap = 10'000'000;
constexpr Micros kSecond = 1'000'000;
constexpr Micros kMinute = 60 * kSecond;

/// A peer that speaks every `gap` for so long.
Micros Speak(Silence& silence, Micros now, Micros gap, Micros duration) {
  for (const Micros end = now + duration; now < end; now += gap) {
    silence.Heard(now);
  }
  return now;
}

TEST(SilenceTest, WhoWasNeverHeardIsSilent) { EXPECT_TRUE(Silence(kFloor, kCap).Lasts(5)); }

TEST(SilenceTest, ARegularPeerIsGoneAfterTheFloor) {
  Silence silence(kFloor, kCap);
  const Micros now = Speak(silence, 1, 40'000, kMinute) - 40'000;
  EXPECT_FALSE(silence.Lasts(now + kFloor));
  EXPECT_TRUE(silence.Lasts(now + kFloor + 1));
}

// Where a lossy network makes a second's pause every half a minute, that is no death.
TEST(SilenceTest, APauseThatComesAgainWithinAMinuteIsBorne) {
  Silence silence(kFloor, kCap);
  Micros now = 1;
  for (int i = 0; i < 20; ++i) {
    now = Speak(silence, now, 40'000, kMinute / 2) + kSecond;
    if (i >= 3) {
      EXPECT_FALSE(silence.Lasts(now)) << i;
    }
  }
}

TEST(SilenceTest, OnePauseIsNoHabit) {
  Silence silence(kFloor, kCap);
  Micros now = Speak(silence, 1, 40'000, kMinute) + kMinute;
  EXPECT_TRUE(silence.Lasts(now));
  silence.Heard(now);
  EXPECT_LE(silence.Bound(now), 4 * kFloor);
}

TEST(SilenceTest, AfterQuietMinutesItIsAsQuickAsEver) {
  Silence silence(kFloor, kCap);
  Micros now = Speak(silence, 1, kSecond, kMinute);
  EXPECT_EQ(silence.Bound(now - kSecond), 2 * kSecond);
  now = Speak(silence, now, 40'000, 5 * kMinute);
  EXPECT_EQ(silence.Bound(now), kFloor);
}

TEST(SilenceTest, HasACap) {
  Silence silence(kFloor, kCap);
  const Micros now = Speak(silence, 1, 30 * kSecond, 20 * kMinute);
  EXPECT_EQ(silence.Bound(now), kCap);
}

TEST(SilenceTest, ARestartIsNoPause) {
  Silence silence(kFloor, kCap);
  const Micros now = Speak(silence, 1, 40'000, kMinute) + 5 * kSecond;
  silence.BeginAnew();
  EXPECT_TRUE(silence.Lasts(now));
  silence.Heard(now);
  EXPECT_FALSE(silence.Lasts(now));
  EXPECT_EQ(silence.Bound(now), kFloor);
}

TEST(RoundTripTest, IsNothingBeforeItWasMeasured) { EXPECT_EQ(RoundTrip().Bound(), 0U); }

TEST(RoundTripTest, BoundsWhatMostTake) {
  RoundTrip round_trip;
  for (int i = 0; i < 100; ++i) {
    round_trip.Took(i % 2 == 0 ? 150'000 : 450'000);
  }
  EXPECT_GE(round_trip.Bound(), 450'000U);
  EXPECT_LE(round_trip.Bound(), 1'000'000U);
  for (int i = 0; i < 100; ++i) {
    round_trip.Took(1'000);
  }
  EXPECT_LE(round_trip.Bound(), 2'000U);
}

}  // namespace
}  // namespace cairn::paxos
