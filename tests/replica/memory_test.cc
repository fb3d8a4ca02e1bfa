// Who is heeded, and what one word does to a node and what two do (R7).

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

constexpr std::uint64_t kLife = 1;  // of the node under test: its seed

class MemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    node_.Pass(20'000);
    node_.Forget();
  }
  void HearWith(NodeId from, const Seen& seen, Message message) {
    node_->Step({from, paxos::LifeOf(from), std::move(message), {}, seen});
  }
  static Seen Against(std::uint64_t life) { return {paxos::LifeOf(1), life, 99, 5}; }
  static paxos::Prepare PrepareOf(std::uint64_t round, NodeId from) {
    return {paxos::BallotOf(round, from), 1, {}, 1};
  }
  std::uint64_t Asked() {
    node_.Turns();
    const auto asked = node_.Said<AskMemory>(2);
    return asked.empty() ? 0 : asked.back().number;
  }

  OneNode node_;
};

TEST_F(MemoryTest, OneWordSuspendsTheVoteAndMovesNothing) {
  HearWith(2, Against(kLife), PrepareOf(9, 2));
  EXPECT_NE(Asked(), 0U);
  EXPECT_TRUE(node_.Said<paxos::Promise>().empty());
  EXPECT_FALSE(node_->IsVoter());
  EXPECT_FALSE(node_->forgotten().has_value());
  EXPECT_NE(node_->Report().words.find("node 2 says that it remembers more"), std::string::npos);
  node_.Hear(3, PrepareOf(10, 3));
  node_.Turns();
  EXPECT_TRUE(node_.Said<paxos::Promise>().empty());
}

TEST_F(MemoryTest, TheVoteIsBackWhenThePeerRemembersNothing) {
  HearWith(2, Against(0), PrepareOf(9, 2));
  node_.Hear(2, TellMemory{Asked(), {}});
  EXPECT_TRUE(node_->IsVoter());
  node_.Hear(3, PrepareOf(10, 3));
  node_.Turns();
  EXPECT_EQ(node_.Said<paxos::Promise>(3).size(), 1U);
  HearWith(2, Against(0), PrepareOf(11, 2));
  EXPECT_TRUE(node_->IsVoter()) << "it has judged this life: it must name it";
  HearWith(2, Against(kLife), PrepareOf(12, 2));
  EXPECT_FALSE(node_->IsVoter());
}

TEST_F(MemoryTest, AForgedWordOfADeadPeerSuspendsTheVoteForAWhileOnly) {
  node_.Lose(2);
  HearWith(2, Against(kLife), PrepareOf(9, 2));
  node_.Pass(paxos::Timing{}.expire + 100'000);
  EXPECT_TRUE(node_->IsVoter());
  EXPECT_FALSE(node_->forgotten().has_value());
}

TEST_F(MemoryTest, AnAnswerThatWasNotAskedForIsNothing) {
  node_.Hear(2, TellMemory{0, Against(kLife)});
  node_.Hear(2, TellMemory{1234, Against(kLife)});
  EXPECT_FALSE(node_->forgotten().has_value());
  HearWith(2, Against(kLife), PrepareOf(9, 2));
  node_.Hear(2, TellMemory{Asked() + 1, Against(kLife)});
  node_.Hear(3, TellMemory{Asked(), Against(kLife)});
  EXPECT_FALSE(node_->forgotten().has_value());
}

// From then on it says and writes nothing, whatever it hears.
TEST_F(MemoryTest, AReplicaThatHasForgottenFallsSilent) {
  HearWith(2, Against(0), PrepareOf(9, 2));
  node_.Hear(2, TellMemory{Asked(), Against(kLife)});
  ASSERT_TRUE(node_->forgotten().has_value());
  EXPECT_NE(node_->forgotten()->find("node 2 remembers commit 5"), std::string::npos);
  node_.Turns();
  node_.Forget();
  node_.Hear(3, PrepareOf(10, 3));
  node_.Pass(2'000'000);
  EXPECT_TRUE(node_.said.empty());
  EXPECT_TRUE(node_.writes.empty());
}

TEST_F(MemoryTest, AWordThatNamesAnotherLifeIsPassedOver) {
  HearWith(2, Against(kLife + 1), PrepareOf(9, 2));
  node_.Turns();
  EXPECT_EQ(node_.Said<paxos::Promise>(2).size(), 1U);
  EXPECT_TRUE(node_.Said<AskMemory>().empty());
}

TEST_F(MemoryTest, WhoAsksIsToldWhatIsRememberedAgainstHisLife) {
  const auto hear = [&](std::uint64_t life, std::uint64_t commits, std::uint64_t began,
                        const Message& message) {
    node_->Step({2, paxos::LifeOf(2), message, {life, commits, began}, {}});
  };
  node_.Lose(2);
  for (int i = 0; i < 2; ++i) {
    node_.Pass(10'000);
    hear(5, 100, 50, AskMemory{1});
  }
  node_.Pass(1'000'000);
  hear(6, 60, 60, AskMemory{2});
  node_.Turns();
  const auto told = node_.Said<TellMemory>(2);
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[1].seen, Seen{});
  EXPECT_EQ(told[2].number, 2U);
  EXPECT_EQ(told[2].seen, (Seen{paxos::LifeOf(2), 6, 5, 100}));
}

// After `cairn recover`, or after a readmission: its log may be another one.
TEST(ReplacedTest, AnIncarnationThatTheChainHasReplacedIsNoSourceNoLinkAndNoVoice) {
  auto chain = std::vector<BlockPtr>{paxos::Genesis(), paxos::Forming(paxos::Roster(3))};
  chain.push_back(paxos::Readmitting(chain.back(), 2, 777));
  OneNode node({.chain = chain, .decided = 2});
  node.Lose(2);
  node.Pass(20'000);
  node.Forget();
  paxos::Heartbeat old;
  old.promised = old.accepted = paxos::BallotOf(50, 2);
  old.leading = old.satisfied = true;
  old.heard = 1U << 1;
  old.tip = old.decided = 9;
  for (int i = 0; i < 100; ++i) {
    node.Hear(2, old);
    node.Hear(2, paxos::Prepare{paxos::BallotOf(60, 2), 1, {}, 1});
    node.Hear(2, paxos::Blocks{{chain[1], paxos::Child(chain[1], "another")}, 9});
    node.Pass(10'000);
  }
  EXPECT_FALSE(node->Hears(2));
  EXPECT_EQ(node->Report().goal, 2U);
  EXPECT_TRUE(node.Said<paxos::Promise>(2).empty());
  EXPECT_TRUE(node.Said<paxos::Fetch>().empty());
  const auto strangers = node->TakeStrangers();
  ASSERT_EQ(strangers.size(), 1U);
  EXPECT_EQ(strangers[0].kind, Stranger::Kind::kReplaced);
  EXPECT_EQ(strangers[0].node, 2U);
  // Who is to be readmitted, or was and this node does not know it yet, is heard.
  node.HearLife(2, 778, old);
  EXPECT_TRUE(node->Hears(2));
}

}  // namespace
}  // namespace cairn::replica
