#include "net/doorbell.h"

#include <gtest/gtest.h>

namespace cairn::net {
namespace {

TEST(DoorbellTest, TellsOnlyAfterALookThatFoundNothing) {
  Doorbell bell;
  EXPECT_FALSE(bell.tells());
  bell.Looked(true);
  EXPECT_FALSE(bell.tells());
  bell.Looked(false);
  EXPECT_TRUE(bell.tells());
}

TEST(DoorbellTest, TellsNoMoreAfterAnyOtherCall) {
  Doorbell bell;
  bell.Looked(false);
  bell.Disturbed();
  EXPECT_FALSE(bell.tells());
  EXPECT_FALSE(bell.TakeSilence());
}

TEST(DoorbellTest, AWaitThatHeardNothingSavesOneLook) {
  Doorbell bell;
  bell.Looked(false);
  EXPECT_FALSE(bell.TakeSilence());
  bell.Waited(false);
  EXPECT_TRUE(bell.tells());
  EXPECT_TRUE(bell.TakeSilence());
  EXPECT_FALSE(bell.TakeSilence());
  EXPECT_TRUE(bell.tells());
}

TEST(DoorbellTest, AWaitThatHeardSomethingAsksForALook) {
  Doorbell bell;
  bell.Looked(false);
  bell.Waited(true);
  EXPECT_FALSE(bell.tells());
  EXPECT_FALSE(bell.TakeSilence());
}

TEST(DoorbellTest, SilenceIsOverWithTheNextCall) {
  Doorbell bell;
  bell.Looked(false);
  bell.Waited(false);
  bell.Disturbed();
  EXPECT_FALSE(bell.TakeSilence());
}

}  // namespace
}  // namespace cairn::net
