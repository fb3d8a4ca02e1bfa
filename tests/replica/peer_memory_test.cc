#include "replica/peer_memory.h"

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

using Hearing = PeerMemory::Hearing;

constexpr Incarnation kSelf = 7;
constexpr Micros kSilence = 240'000;

/// What one peer remembers of node 1; time goes by between its words.
class PeerMemoryTest : public testing::Test {
 protected:
  /// The life speaks `times` times; how the last word was heard.
  Hearing Hear(const Stamp& stamp, int times = 2, Incarnation incarnation = kSelf) {
    Hearing hearing{};
    for (; times > 0; --times) {
      hearing = peer_.Hear(1, incarnation, stamp, now_ += 10'000);
    }
    return hearing;
  }
  void FallSilent() { now_ += kSilence + 1; }
  /// The life, which began with so many commits, is told what the peer remembers.
  [[nodiscard]] bool IsAccused(std::uint64_t life, std::uint64_t began) const {
    return SpeaksAgainst(peer_.Of(1), kSelf, {life, began, began});
  }

  Micros now_ = 1'000'000;
  PeerMemory peer_{kSilence};
};

TEST_F(PeerMemoryTest, ARestoredBackupIsASuspectAndIsToldWhatItHasForgotten) {
  EXPECT_EQ(Hear({.life = 10, .commits = 100, .began = 50}), Hearing::kHeeded);
  FallSilent();
  EXPECT_TRUE(IsAccused(11, 60)) << "before its first word";
  EXPECT_EQ(Hear({11, 60, 60}), Hearing::kSuspect);
  EXPECT_TRUE(IsAccused(11, 60));
  EXPECT_EQ(peer_.Of(1), (Seen{kSelf, 11, 10, 100}));
  EXPECT_EQ(peer_.About(1, kSelf, {11, 60, 60}), (Seen{kSelf, 11, 10, 100}));
}

// What the restored life has committed since hides nothing.
TEST_F(PeerMemoryTest, LaterCommitsDoNotHideWhatIsGone) {
  Hear({10, 100, 50});
  FallSilent();
  EXPECT_EQ(Hear({11, 500, 60}), Hearing::kSuspect);
  EXPECT_TRUE(IsAccused(11, 60));
}

TEST_F(PeerMemoryTest, APlainRestartIsHeededWhenTheLifeBeforeItHasFallenSilent) {
  Hear({10, 100, 50});
  EXPECT_EQ(Hear({11, 100, 100}, 1), Hearing::kSecond);
  FallSilent();
  EXPECT_EQ(Hear({11, 130, 100}), Hearing::kHeeded);
  EXPECT_EQ(Hear({10, 90, 50}, 1), Hearing::kSecond) << "late";
  EXPECT_FALSE(IsAccused(11, 100));
  EXPECT_EQ(peer_.About(1, kSelf, {11, 130, 100}), Seen{});
}

// It is the life that was heard all along that has the rest of the cluster with it.
TEST_F(PeerMemoryTest, ACopyBesideItsOriginalIsTheSuspectAndNeverTheOriginal) {
  Hear({10, 100, 50});
  EXPECT_EQ(Hear({11, 70, 70}, 5), Hearing::kSuspect);
  EXPECT_EQ(Hear({10, 101, 50}), Hearing::kHeeded);
  EXPECT_FALSE(IsAccused(10, 50)) << "the word at the original's address names the copy";
  EXPECT_EQ(peer_.LifeHeard(1, kSelf, now_), 10U);
  FallSilent();
  EXPECT_EQ(Hear({11, 5000, 70}), Hearing::kSuspect) << "what it did meanwhile counts for nothing";
  EXPECT_EQ(Hear({10, 102, 50}), Hearing::kHeeded);
}

// When it first spoke it knew as much; what the original has done since is what it has forgotten.
TEST_F(PeerMemoryTest, ACopyThatFellBehindBesideItsOriginalIsASuspectOnceTheOriginalIsGone) {
  Hear({10, 100, 50});
  EXPECT_EQ(Hear({11, 100, 100}), Hearing::kSecond);
  Hear({10, 120, 50});
  FallSilent();
  EXPECT_EQ(Hear({11, 130, 100}), Hearing::kSuspect);
  EXPECT_EQ(Hear({10, 121, 50}), Hearing::kHeeded);
}

// Nothing was committed since it was made, so nothing tells them apart but who was there first.
TEST_F(PeerMemoryTest, ACopyThatKnowsAsMuchHasNoVoiceWhileTheOriginalIsHeard) {
  Hear({10, 100, 50});
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Hear({11, 100, 100}, 1), Hearing::kSecond);
    EXPECT_EQ(Hear({10, 100, 50}, 1), Hearing::kHeeded);
  }
}

TEST_F(PeerMemoryTest, OneFalseWordIsNoMemory) {
  Hear({10, 100, 50});
  Hear({10, std::uint64_t{1} << 40, 50}, 1);  // a leap that is not said again
  Hear({10, 101, 50}, 1);
  Hear({12, 1 << 20, 1 << 20}, 1);  // a life that is not heard again
  FallSilent();
  EXPECT_EQ(Hear({11, 101, 101}), Hearing::kHeeded);
  EXPECT_FALSE(IsAccused(11, 101));
}

// Many messages come in one frame, and have one header.
TEST_F(PeerMemoryTest, WhatIsSaidTwiceAtOnceIsSaidOnce) {
  for (int i = 0; i < 3; ++i) {
    peer_.Hear(1, kSelf, {10, 1 << 30, 0}, now_);
  }
  EXPECT_EQ(peer_.Of(1), Seen{});
}

TEST_F(PeerMemoryTest, ALeapThatIsSaidAgainIsRemembered) {
  Hear({10, 1 << 30, 50});
  FallSilent();
  EXPECT_EQ(Hear({11, 60, 60}), Hearing::kSuspect);
  EXPECT_TRUE(IsAccused(11, 60));
}

TEST_F(PeerMemoryTest, AnotherIncarnationIsAnotherMemory) {
  Hear({10, 100, 50});
  EXPECT_EQ(Hear({11, 1, 1}, 2, kSelf + 1), Hearing::kHeeded);
  EXPECT_EQ(peer_.Of(1).incarnation, kSelf + 1);
  EXPECT_FALSE(IsAccused(13, 0)) << "what it remembers is of somebody else";
  FallSilent();
  EXPECT_EQ(Hear({12, 50, 50}), Hearing::kSuspect) << "the old directory is back";
  EXPECT_TRUE(IsAccused(12, 50));
}

TEST_F(PeerMemoryTest, OfAStrangerNothingIsRemembered) {
  EXPECT_EQ(peer_.Of(3), Seen{});
  EXPECT_EQ(peer_.About(3, kSelf, {1, 1, 1}), Seen{});
  EXPECT_FALSE(SpeaksAgainst({}, kSelf, {11, 0, 0}));
}

TEST_F(PeerMemoryTest, AWordThatNamesAnotherLifeSpeaksAgainstNobodyElse) {
  EXPECT_TRUE(SpeaksAgainst({kSelf, 11, 10, 100}, kSelf, {11, 60, 60}));
  EXPECT_FALSE(SpeaksAgainst({kSelf, 11, 10, 100}, kSelf, {13, 60, 60}));
  EXPECT_FALSE(SpeaksAgainst({kSelf, 11, 10, 100}, kSelf + 1, {11, 60, 60}));
  EXPECT_FALSE(SpeaksAgainst({kSelf, 0, 11, 100}, kSelf, {11, 60, 60})) << "its own commits";
  EXPECT_FALSE(SpeaksAgainst({kSelf, 0, 10, 60}, kSelf, {11, 60, 60}));
}

}  // namespace
}  // namespace cairn::replica
