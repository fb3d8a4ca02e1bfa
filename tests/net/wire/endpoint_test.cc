#include "net/wire/endpoint.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace cairn::net {
namespace {

TEST(EndpointTest, LocalhostIsAnAddress) {
  const Result<std::string> address = ResolveAddress("localhost");
  ASSERT_TRUE(address.ok()) << address.status().message();
  EXPECT_TRUE(address.value() == "127.0.0.1" || address.value() == "::1") << address.value();
  EXPECT_EQ(ResolveAddress("127.0.0.1").value(), "127.0.0.1");
}

TEST(EndpointTest, ABadHostIsASentence) {
  const Result<std::string> address = ResolveAddress("no such host");
  ASSERT_FALSE(address.ok());
  EXPECT_NE(address.status().message().find("\"no such host\""), std::string::npos);
  EXPECT_NE(address.status().message().find("cluster file"), std::string::npos);
}

TEST(EndpointTest, Ipv6AddressesStandInBrackets) {
  EXPECT_EQ(Endpoint("127.0.0.1", 5001), "tcp://127.0.0.1:5001");
  EXPECT_EQ(Endpoint("::1", 5001), "tcp://[::1]:5001");
}

TEST(EndpointTest, EveryFailedBindSaysWhatToDo) {
  for (const int error : {EADDRINUSE, EADDRNOTAVAIL, ENODEV, EACCES, EMFILE}) {
    const std::string words = BindFailure("tcp://127.0.0.1:5001", error, "client_port");
    EXPECT_NE(words.find("tcp://127.0.0.1:5001"), std::string::npos) << words;
    EXPECT_NE(words.find("cluster file"), std::string::npos) << words;
  }
}

}  // namespace
}  // namespace cairn::net
