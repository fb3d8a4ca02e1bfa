#pragma once
// Who is no node and no client of cairn's: they say to a port what they like.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "net/wire/zmq_io.h"
#include "tests/net/ports.h"

namespace cairn::net::testing {

/// A TCP connection of somebody who says what he likes.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in address = Loopback(port);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~RawConnection() { close(fd_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  /// The other side may hang up at any time.
  void Say(const std::string& bytes) { (void)send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

 private:
  int fd_;
};

/// A ZeroMQ socket that sends whatever frames it likes.
class Stranger {
 public:
  explicit Stranger(std::uint16_t port, zmq::socket_type type = zmq::socket_type::dealer)
      : socket_(context_, type) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::sndhwm, 0);
    socket_.connect("tcp://127.0.0.1:" + std::to_string(port));
  }
  void Say(const std::vector<std::string>& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      zmq::message_t frame(frames[i]);
      EXPECT_TRUE(TrySend(socket_, frame, i + 1 < frames.size()));
    }
  }
  zmq::socket_t& socket() { return socket_; }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

}  // namespace cairn::net::testing
