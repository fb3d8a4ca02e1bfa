#include "replica/strangers.h"

#include <gtest/gtest.h>

namespace cairn::replica {
namespace {

constexpr Micros kSecond = 1'000'000;

TEST(StrangersTest, WhoSpeaksForAWhileIsToldOnceAndAgainAfterAMinute) {
  Strangers strangers(kSecond / 2);
  const Stranger copy{Stranger::Kind::kSecondLife, 1, 7, 11, 10};
  int told = 0;
  for (Micros now = kSecond; now < 70 * kSecond; now += kSecond / 10) {
    strangers.Note(copy, now);
    told += static_cast<int>(strangers.Take().size());
  }
  EXPECT_EQ(told, 2);
}

TEST(StrangersTest, ARestartIsNoStranger) {
  Strangers strangers(kSecond / 2);
  for (std::uint64_t life = 1; life < 9; ++life) {
    for (Micros at = 0; at < kSecond / 4; at += kSecond / 20) {
      strangers.Note({Stranger::Kind::kSecondLife, 1, 7, life, life - 1}, life * kSecond + at);
    }
  }
  EXPECT_TRUE(strangers.Take().empty());
}

}  // namespace
}  // namespace cairn::replica
