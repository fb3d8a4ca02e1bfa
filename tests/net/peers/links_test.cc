#include "net/peers/links.h"

#include <gtest/gtest.h>

namespace cairn::net {
namespace {

TEST(LinksTest, ACutIsToldOnce) {
  Links links({2, 3});
  EXPECT_FALSE(links.IsCut(2));
  EXPECT_EQ(links.Untold(2), std::nullopt);
  links.Set(2, true);
  EXPECT_TRUE(links.IsCut(2));
  EXPECT_FALSE(links.IsCut(3));
  EXPECT_EQ(links.Untold(2), true);
  links.Told(2);
  EXPECT_EQ(links.Untold(2), std::nullopt);
  EXPECT_TRUE(links.IsCut(2));
}

TEST(LinksTest, TheLatestWordWinsFromWhicheverEnd) {
  Links links({2});
  links.Set(2, true);
  links.Hear(2, false);
  EXPECT_FALSE(links.IsCut(2));
  EXPECT_EQ(links.Untold(2), std::nullopt) << "the other end knows better";
  links.Hear(2, true);
  EXPECT_TRUE(links.IsCut(2));
  links.Set(2, false);
  EXPECT_FALSE(links.IsCut(2));
  EXPECT_EQ(links.Untold(2), false);
}

TEST(LinksTest, AStrangerHasNoLink) {
  Links links({2});
  links.Set(7, true);
  links.Hear(7, true);
  EXPECT_FALSE(links.IsCut(7));
  EXPECT_EQ(links.Untold(7), std::nullopt);
}

TEST(LinksTest, APeerThatStartsAgainIsToldOfACutOnce) {
  Links links({2});
  links.Met(2, 11);
  links.Set(2, true);
  links.Told(2);
  links.Met(2, 11);
  EXPECT_FALSE(links.Untold(2));
  links.Met(2, 12);
  EXPECT_EQ(links.Untold(2), true);
  links.Told(2);
  links.Met(2, 12);
  EXPECT_FALSE(links.Untold(2));
  // Whichever end made it.
  links.Hear(2, false);
  links.Met(2, 13);
  EXPECT_FALSE(links.Untold(2));
  links.Hear(2, true);
  links.Met(2, 14);
  EXPECT_EQ(links.Untold(2), true);
}

}  // namespace
}  // namespace cairn::net
