#include "replica/doubts.h"

#include <gtest/gtest.h>

namespace cairn::replica {
namespace {

TEST(DoubtsTest, APeerIsAskedOnceInAWhileWithOneNumber) {
  Doubts doubts(1000, 100);
  EXPECT_FALSE(doubts.open(1));
  EXPECT_EQ(doubts.Raise(2, 77, 1), 77U);
  EXPECT_EQ(doubts.Raise(2, 78, 50), std::nullopt);
  EXPECT_EQ(doubts.Raise(2, 79, 101), 77U) << "the answer to the first question will do";
  EXPECT_TRUE(doubts.open(101));
  EXPECT_EQ(doubts.Peer(101), 2U);
}

TEST(DoubtsTest, OnlyTheAnswerToTheQuestionSettlesADoubt) {
  Doubts doubts(1000, 100);
  ASSERT_EQ(doubts.Raise(2, 77, 1), 77U);
  EXPECT_FALSE(doubts.Settle(2, 78));
  EXPECT_FALSE(doubts.Settle(3, 77));
  EXPECT_TRUE(doubts.open(2));
  EXPECT_TRUE(doubts.Settle(2, 77));
  EXPECT_FALSE(doubts.open(2));
  EXPECT_FALSE(doubts.Settle(2, 77));
  EXPECT_TRUE(doubts.KnowsThisLife(2));
  EXPECT_FALSE(doubts.KnowsThisLife(3));
}

TEST(DoubtsTest, WithoutAnAnswerADoubtEndsAfterAWhile) {
  Doubts doubts(1000, 100);
  ASSERT_EQ(doubts.Raise(2, 77, 1), 77U);
  ASSERT_EQ(doubts.Raise(3, 78, 500), 78U);
  EXPECT_TRUE(doubts.open(1400));
  EXPECT_FALSE(doubts.open(1500));
  EXPECT_EQ(doubts.Raise(2, 79, 2000), 79U) << "a new doubt, a new number";
}

}  // namespace
}  // namespace cairn::replica
