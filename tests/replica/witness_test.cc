#include "replica/witness.h"

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

constexpr Incarnation kSelf = 7;

TEST(WitnessTest, ARestoredBackupIsToldThatItHasForgotten) {
  Witness peer;
  peer.Note(1, kSelf, {.life = 10, .commits = 100});
  peer.Note(1, kSelf, {.life = 11, .commits = 60});  // begun with 60
  EXPECT_EQ(Witness::Forgotten(kSelf, {11, 60}, peer.Of(1)), 100U);
}

// What the restored life has committed since hides nothing.
TEST(WitnessTest, LaterCommitsDoNotHideWhatIsGone) {
  Witness peer;
  peer.Note(1, kSelf, {10, 100});
  peer.Note(1, kSelf, {11, 60});
  peer.Note(1, kSelf, {11, 500});
  EXPECT_EQ(Witness::Forgotten(kSelf, {11, 60}, peer.Of(1)), 100U);
}

TEST(WitnessTest, APlainRestartHasForgottenNothing) {
  Witness peer;
  peer.Note(1, kSelf, {10, 100});
  EXPECT_EQ(Witness::Forgotten(kSelf, {11, 100}, peer.Of(1)), std::nullopt);
  peer.Note(1, kSelf, {11, 130});
  peer.Note(1, kSelf, {10, 90});  // late
  EXPECT_EQ(Witness::Forgotten(kSelf, {11, 100}, peer.Of(1)), std::nullopt);
  EXPECT_EQ(Witness::Forgotten(kSelf, {12, 130}, peer.Of(1)), std::nullopt);
}

// The peer has not heard of the present life at all, or heard an older one after it.
TEST(WitnessTest, TheOrderInWhichLivesAreHeardDoesNotMatter) {
  Witness peer;
  peer.Note(1, kSelf, {10, 100});
  EXPECT_EQ(Witness::Forgotten(kSelf, {11, 60}, peer.Of(1)), 100U);
  peer.Note(1, kSelf, {11, 61});
  peer.Note(1, kSelf, {10, 101});
  EXPECT_EQ(Witness::Forgotten(kSelf, {11, 60}, peer.Of(1)), 101U);
  peer.Note(1, kSelf, {9, 40});
  EXPECT_EQ(Witness::Forgotten(kSelf, {11, 60}, peer.Of(1)), 101U);
}

TEST(WitnessTest, AnotherIncarnationIsAnotherMemory) {
  Witness peer;
  peer.Note(1, kSelf, {10, 100});
  EXPECT_EQ(Witness::Forgotten(kSelf + 1, {11, 1}, peer.Of(1)), std::nullopt);
  peer.Note(1, kSelf + 1, {11, 1});
  EXPECT_EQ(peer.Of(1).incarnation, kSelf + 1);
  peer.Note(1, kSelf, {12, 50});  // the old directory is back
  EXPECT_EQ(Witness::Forgotten(kSelf, {12, 50}, peer.Of(1)), 100U);
}

TEST(WitnessTest, OfAStrangerNothingIsRemembered) {
  EXPECT_EQ(Witness().Of(3), Seen{});
  EXPECT_EQ(Witness::Forgotten(kSelf, {11, 0}, Seen{}), std::nullopt);
}

// R7: from then on it says and writes nothing, whatever it hears.
TEST(WitnessTest, AReplicaThatHasForgottenFallsSilent) {
  OneNode node;
  node.Pass(20'000);
  node.Forget();
  const Seen seen{paxos::LifeOf(1), {node->life() + 1, 5}, {}};
  node->Step({2, paxos::LifeOf(2), paxos::Prepare{paxos::BallotOf(9, 2), 1, {}, 1}, {1, 1}, seen});
  node.Turns();
  ASSERT_TRUE(node->forgotten().has_value());
  EXPECT_NE(node->forgotten()->find("node 2 remembers commit 5"), std::string::npos);
  node.Hear(3, paxos::Prepare{paxos::BallotOf(10, 3), 1, {}, 1});
  node.Pass(2'000'000);
  EXPECT_TRUE(node.said.empty());
  EXPECT_TRUE(node.writes.empty());
}

}  // namespace
}  // namespace cairn::replica
