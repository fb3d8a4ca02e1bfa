#include "node/vigil.h"

#include <gtest/gtest.h>

namespace cairn::node {
namespace {

constexpr Micros kLongest = 1'000;

/// A client whose call comes at `now` and is answered in the same instant.
void Call(Vigil& vigil, Micros now) {
  vigil.Came(now);
  vigil.Rest(now);
}

/// Of so many calls, each `gap` after the one before: behind how many it waited for the next one.
int Waits(Vigil& vigil, int calls, Micros gap) {
  int waits = 0;
  for (int i = 1; i <= calls; ++i) {
    const Micros now = static_cast<Micros>(i) * gap;
    Call(vigil, now);
    waits += vigil.until() > now ? 1 : 0;
  }
  return waits;
}

TEST(VigilTest, SleepsBeforeTheFirstCall) {
  Vigil vigil;
  EXPECT_EQ(vigil.until(), 0U);
  vigil.Rest(5);
  EXPECT_EQ(vigil.until(), 0U);
}

TEST(VigilTest, IsAwakeBehindACall) {
  Vigil vigil;
  vigil.Came(10);
  EXPECT_EQ(vigil.until(), 10 + kLongest);
}

// One that finds no majority stays for seconds.
TEST(VigilTest, ACallThatIsNotAnsweredKeepsNobodyAwakeForLong) {
  Vigil vigil;
  vigil.Came(10);
  vigil.Came(20);
  EXPECT_EQ(vigil.until(), 20 + kLongest);
}

TEST(VigilTest, WaitsForTheNextCallFromTheLastAnswerOn) {
  Vigil vigil;
  vigil.Came(10);
  vigil.Rest(800);
  EXPECT_EQ(vigil.until(), 800 + kLongest);
  vigil.Rest(900);
  EXPECT_EQ(vigil.until(), 800 + kLongest);
}

TEST(VigilTest, WhereClientsComeBackAtOnceItAlwaysWaits) {
  Vigil vigil;
  EXPECT_EQ(Waits(vigil, 1'000, kLongest), 1'000);
}

TEST(VigilTest, WhereClientsDoNotComeBackItTriesEverMoreRarely) {
  Vigil vigil;
  EXPECT_EQ(Waits(vigil, 10, 2 * kLongest), 3);
  Vigil other;
  EXPECT_LE(Waits(other, 10'000, 2 * kLongest), 50);
}

TEST(VigilTest, OneThatComesBackAfterAllIsWaitedForAgain) {
  Vigil vigil;
  Waits(vigil, 1'000, 2 * kLongest);
  Micros now = 2'000 * kLongest;
  for (; vigil.until() == 0; now += 2 * kLongest) {
    Call(vigil, now);
  }
  for (int i = 0; i < 10; ++i) {
    now = vigil.until();
    Call(vigil, now);
    EXPECT_EQ(vigil.until(), now + kLongest);
  }
}

TEST(VigilTest, PaysWhereItDoesNotWaitInVain) {
  Vigil vigil;
  EXPECT_TRUE(vigil.pays());
  Waits(vigil, 10, kLongest);
  EXPECT_TRUE(vigil.pays());
  Vigil other;
  Waits(other, 10, 2 * kLongest);
  EXPECT_FALSE(other.pays());
}

TEST(VigilTest, IsAwakeBehindACallAlsoWhereItDoesNotWaitForTheNext) {
  Vigil vigil;
  Waits(vigil, 1'000, 2 * kLongest);
  vigil.Came(5'000'000);
  EXPECT_EQ(vigil.until(), 5'000'000 + kLongest);
}

}  // namespace
}  // namespace cairn::node
