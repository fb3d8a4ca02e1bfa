#include "node/peer_watch.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cairn::node {
namespace {

constexpr Micros kSecond = 1'000'000;

/// Looks at node 3 every ten milliseconds from `begin` to `end`; the lines, each ended by "|".
std::string Lines(PeerWatch* watch, bool hears, Micros begin, Micros end) {
  std::string lines;
  for (Micros now = begin; now < end; now += 10'000) {
    if (const auto line = watch->Look(3, hears, now)) {
      lines += *line + "|";
    }
  }
  return lines;
}

bool Begins(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

TEST(PeerWatchTest, ADeathAndAReturnAreALineEach) {
  PeerWatch watch;
  EXPECT_EQ(Lines(&watch, true, kSecond, 2 * kSecond), "");
  const std::string silent = Lines(&watch, false, 2 * kSecond, 9 * kSecond);
  EXPECT_TRUE(Begins(silent, "node 3 is silent: nothing has been heard from it for 1.0 s. "))
      << silent;
  EXPECT_EQ(silent.find('|'), silent.size() - 1);
  EXPECT_EQ(Lines(&watch, true, 9 * kSecond, 10 * kSecond),
            "node 3 is heard again, after 7.0 s of silence|");
}

TEST(PeerWatchTest, AShortSilenceIsNoNews) {
  PeerWatch watch;
  EXPECT_EQ(Lines(&watch, true, kSecond, 2 * kSecond), "");
  EXPECT_EQ(Lines(&watch, false, 2 * kSecond, 2 * kSecond + kSecond / 2), "");
  EXPECT_EQ(Lines(&watch, true, 3 * kSecond, 4 * kSecond), "");
}

TEST(PeerWatchTest, ANodeThatNeverCameIsNamedAfterAWhile) {
  PeerWatch watch;
  EXPECT_EQ(Lines(&watch, false, kSecond, 5 * kSecond), "");
  EXPECT_TRUE(Begins(Lines(&watch, false, 5 * kSecond, 7 * kSecond), "node 3 is silent"));
}

TEST(PeerWatchTest, ALinkThatComesAndGoesMakesFewLinesAndTheyCount) {
  PeerWatch watch;
  std::string lines = Lines(&watch, true, kSecond, 2 * kSecond);
  for (Micros at = 2 * kSecond; at < 70 * kSecond; at += 4 * kSecond) {
    lines += Lines(&watch, false, at, at + 2 * kSecond);
    lines += Lines(&watch, true, at + 2 * kSecond, at + 4 * kSecond);
  }
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '|'), 4) << lines;
  EXPECT_NE(lines.find("it fell silent 15 times since the last such line"), std::string::npos)
      << lines;
}

TEST(PeerWatchTest, TheSilenceOfANodeThatIsLeftOutOnPurposeIsNoNews) {
  PeerWatch watch;
  EXPECT_EQ(Lines(&watch, true, kSecond, 2 * kSecond), "");
  watch.Forget(3);
  EXPECT_EQ(Lines(&watch, true, 20 * kSecond, 21 * kSecond), "");
}

}  // namespace
}  // namespace cairn::node
