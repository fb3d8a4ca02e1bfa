#include "replica/catch_up.h"

#include <gtest/gtest.h>

#include <map>

#include "paxos/chain_builder.h"

namespace cairn::replica {
namespace {

using paxos::Part;
using Sources = std::vector<CatchUp::Source>;

constexpr Micros kPatience = 100;

class CatchUpTest : public testing::Test {
 protected:
  std::map<NodeId, int> Ask(Slot decided, const Sources& sources, Micros now) {
    std::map<NodeId, int> asked;
    catch_up_.OnIdle(now);
    for (const CatchUp::Question& question : catch_up_.Ask(decided, sources, now)) {
      ++asked[question.to];
      questions_.push_back(question);
    }
    return asked;
  }
  /// The peer answers what it was asked, up to `most` blocks a question. To learn it takes no time.
  void Answer(NodeId peer, Slot most = 1000, Micros now = 0) {
    for (const CatchUp::Question& q : std::exchange(questions_, {})) {
      if (q.to == peer) {
        const Slot last = std::min(q.fetch.last, q.fetch.from + most - 1);
        EXPECT_TRUE(catch_up_.Take(peer, Part(chain_, q.fetch.from, last), now));
      } else {
        questions_.push_back(q);
      }
    }
  }
  void LearnAll() {
    for (;;) {
      const std::vector<BlockPtr> blocks = catch_up_.Next(decided_);
      if (blocks.empty()) {
        return;
      }
      EXPECT_EQ(blocks.front()->slot(), decided_ + 1);
      decided_ = blocks.back()->slot();
    }
  }

  std::vector<BlockPtr> chain_ = paxos::Chain(100);
  CatchUp catch_up_{4, kPatience};
  std::vector<CatchUp::Question> questions_;
  Slot decided_ = 1;
};

TEST_F(CatchUpTest, AsksSeveralPeersAtOnceAndSparesTheLeader) {
  const auto asked = Ask(1, {{2, 90, true}, {3, 90, false}, {4, 90, false}}, 0);
  EXPECT_EQ(asked, (std::map<NodeId, int>{{3, 2}, {4, 2}}));
}

TEST_F(CatchUpTest, AsksTheLeaderWhereNobodyElseHasComeSoFar) {
  const auto asked = Ask(1, {{2, 12, true}, {3, 5, false}}, 0);
  EXPECT_EQ(asked, (std::map<NodeId, int>{{2, 1}, {3, 1}}));
}

TEST_F(CatchUpTest, LearnsInOrderWhicheverAnswerComesFirst) {
  Ask(1, {{3, 90, false}, {4, 90, false}}, 0);
  Answer(4);
  LearnAll();
  EXPECT_EQ(decided_, 1U);
  Answer(3);
  LearnAll();
  EXPECT_EQ(decided_, 17U);
}

TEST_F(CatchUpTest, WhatDidNotFitIsAskedForAgain) {
  Ask(1, {{3, 90, false}}, 0);
  Answer(3, 3);
  LearnAll();
  EXPECT_EQ(decided_, 4U);
  Ask(decided_, {{3, 90, false}}, 1);
  Answer(3);
  LearnAll();
  EXPECT_EQ(decided_, 9U);
}

TEST_F(CatchUpTest, ASilentPeerIsPassedOver) {
  Ask(1, {{3, 90, false}, {4, 90, false}}, 0);
  Answer(4);
  EXPECT_EQ(Ask(1, {{3, 90, false}, {4, 90, false}}, kPatience).count(4), 1U);
  Answer(4);
  LearnAll();
  EXPECT_GE(decided_, 9U);
}

// All were asked and none was of help: the round begins again, for faults pass.
TEST_F(CatchUpTest, GoesRoundAgain) {
  Ask(1, {{3, 90, false}}, 0);
  Micros now = kPatience;
  for (int i = 0; i < 10; ++i, now += kPatience) {
    questions_.clear();
    Ask(1, {{3, 90, false}}, now);
  }
  if (questions_.empty()) {
    Ask(1, {{3, 90, false}}, now);
  }
  Answer(3);
  LearnAll();
  EXPECT_GT(decided_, 1U);
}

// What a node says that it knows as decided is a lower bound: after a restart it may say less.
TEST_F(CatchUpTest, GoesOnWhenNobodyHasTheWholePieceAnyMore) {
  Ask(1, {{3, 4, false}}, 0);
  questions_.clear();  // it dies, and knows less when it is back
  EXPECT_EQ(Ask(1, {{2, 3, true}, {3, 3, false}}, kPatience), (std::map<NodeId, int>{{2, 1}}));
  Answer(2, 2);
  LearnAll();
  EXPECT_EQ(decided_, 3U);
  EXPECT_TRUE(Ask(3, {{2, 3, true}, {3, 3, false}}, 2 * kPatience).empty());
  EXPECT_EQ(Ask(3, {{2, 4, true}, {3, 3, false}}, 3 * kPatience), (std::map<NodeId, int>{{2, 1}}));
}

TEST_F(CatchUpTest, RestsThriceAsLongAsItLearned) {
  const Sources sources = {{3, 90, false}};
  Ask(1, sources, 0);
  Answer(3, 1000, 50);
  EXPECT_TRUE(Ask(1, sources, 50).empty()) << "what came is not learned yet";
  LearnAll();
  EXPECT_TRUE(Ask(decided_, sources, 60).empty()) << "that took 10";
  EXPECT_TRUE(Ask(decided_, sources, 89).empty());
  EXPECT_EQ(Ask(decided_, sources, 90), (std::map<NodeId, int>{{3, 2}}));
}

TEST_F(CatchUpTest, RestsForNothingThatItWasHeldUpBy) {
  const Sources sources = {{3, 90, false}};
  Ask(1, sources, 0);
  Answer(3, 1000, 50);
  LearnAll();
  EXPECT_TRUE(Ask(decided_, sources, 10'050).empty());
  EXPECT_FALSE(Ask(decided_, sources, 10'050 + 3 * kPatience).empty());
}

// The last piece is a race with a chain that grows.
TEST_F(CatchUpTest, DoesNotRestBeforeTheLastPiece) {
  const Sources sources = {{3, 12, false}};
  Ask(1, sources, 0);
  Answer(3, 1000, 50);
  LearnAll();
  EXPECT_EQ(decided_, 9U);
  EXPECT_EQ(Ask(decided_, sources, 50), (std::map<NodeId, int>{{3, 1}}));
}

TEST_F(CatchUpTest, WhatWasLearnedElsewhereIsAskedForNoMore) {
  Ask(1, {{3, 90, false}}, 0);
  questions_.clear();
  Ask(50, {{3, 90, false}}, 1);
  ASSERT_FALSE(questions_.empty());
  EXPECT_EQ(questions_.front().fetch.from, 51U);
}

TEST_F(CatchUpTest, UnaskedBlocksAreNotKept) {
  EXPECT_FALSE(catch_up_.Take(3, Part(chain_, 40, 50), 0));
  EXPECT_FALSE(catch_up_.Take(3, {}, 0));
  EXPECT_FALSE(catch_up_.busy());
}

}  // namespace
}  // namespace cairn::replica
