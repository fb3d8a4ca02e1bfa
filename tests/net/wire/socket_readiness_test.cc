#include "net/wire/socket_readiness.h"

#include <gtest/gtest.h>

namespace cairn::net {
namespace {

TEST(SocketReadinessTest, TellsOnlyAfterALookThatFoundNothing) {
  SocketReadiness bell;
  EXPECT_FALSE(bell.tells());
  bell.Looked(true);
  EXPECT_FALSE(bell.tells());
  bell.Looked(false);
  EXPECT_TRUE(bell.tells());
}

TEST(SocketReadinessTest, TellsNoMoreAfterAnyOtherCall) {
  SocketReadiness bell;
  bell.Looked(false);
  bell.Disturbed();
  EXPECT_FALSE(bell.tells());
  EXPECT_FALSE(bell.TakeSilence());
}

TEST(SocketReadinessTest, AWaitThatHeardNothingSavesOneLook) {
  SocketReadiness bell;
  bell.Looked(false);
  EXPECT_FALSE(bell.TakeSilence());
  bell.Waited(false);
  EXPECT_TRUE(bell.tells());
  EXPECT_TRUE(bell.TakeSilence());
  EXPECT_FALSE(bell.TakeSilence());
  EXPECT_TRUE(bell.tells());
}

TEST(SocketReadinessTest, AWaitThatHeardSomethingAsksForALook) {
  SocketReadiness bell;
  bell.Looked(false);
  bell.Waited(true);
  EXPECT_FALSE(bell.tells());
  EXPECT_FALSE(bell.TakeSilence());
}

TEST(SocketReadinessTest, SilenceIsOverWithTheNextCall) {
  SocketReadiness bell;
  bell.Looked(false);
  bell.Waited(false);
  bell.Disturbed();
  EXPECT_FALSE(bell.TakeSilence());
}

}  // namespace
}  // namespace cairn::net
