#include "config/host.h"

#include <gtest/gtest.h>

namespace cairn::config {
namespace {

TEST(HostTest, APortAndBracketsAreNoPartOfAHost) {
  EXPECT_EQ(PlainHost("[::1]"), "::1");
  EXPECT_EQ(PlainHost("[::1]:5001"), "::1");
  EXPECT_EQ(PlainHost("127.0.0.1:5001"), "127.0.0.1");
  EXPECT_EQ(PlainHost("node1.example.org:5001"), "node1.example.org");
  for (const char* host : {"::1", "fe80::1", "127.0.0.1", "localhost", "tcp://x", "x:", ""}) {
    EXPECT_EQ(PlainHost(host), "") << host;
  }
}

}  // namespace
}  // namespace cairn::config
