// Ports of loopback for the servers of a test.

#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cairn::net::testing {

/// The address; port 0 lets the system choose.
inline sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Binds the socket to a port that the system chooses, and returns that.
inline std::uint16_t BindToAny(int fd) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

/// A port that nobody else can choose while this process lives: it stays bound, and becomes
/// reusable only after that, so a server that says SO_REUSEADDR (as ZeroMQ does) can listen beside
/// it.
inline std::uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const std::uint16_t port = BindToAny(fd);
  const int yes = 1;
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
  return port;
}

inline std::vector<std::uint16_t> FreePorts(std::size_t count) {
  std::vector<std::uint16_t> ports(count);
  for (std::uint16_t& port : ports) {
    port = FreePort();
  }
  return ports;
}

}  // namespace cairn::net::testing
