#pragma once
// Nodes' sockets in one process, on free ports of loopback, driven by one thread; and a stranger
// who speaks ZeroMQ, or not even that.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "net/random_messages.h"
#include "net/server_sockets.h"
#include "net/zmq_io.h"
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

class Nodes {
 public:
  struct Node {
    ServerOptions options;
    std::unique_ptr<ServerSockets> sockets;
    std::vector<std::string> warnings;
    std::deque<replica::Inbound> messages;
    std::deque<InboundCall> calls;
  };

  static Hash HashOf(std::uint8_t octet) {
    Hash hash;
    hash.bytes.fill(octet);
    return hash;
  }

  /// Nodes 1 .. count of cluster "alpha"; `change` may change their options.
  explicit Nodes(NodeId count, const std::function<void(ServerOptions&)>& change = nullptr) {
    std::vector<PeerAddress> addresses;
    for (NodeId id = 1; id <= count; ++id) {
      addresses.push_back({.id = id, .host = "127.0.0.1", .peer_port = FreePort()});
    }
    for (NodeId id = 1; id <= count; ++id) {
      Open(id, addresses, change);
    }
  }

  Node& operator[](NodeId id) { return *nodes_.at(id); }

  void Stop(NodeId id) { (*this)[id].sockets.reset(); }
  void Restart(NodeId id) {
    Stop(id);
    Result<std::unique_ptr<ServerSockets>> again = ServerSockets::Open((*this)[id].options);
    ASSERT_TRUE(again.ok()) << again.status().message();
    (*this)[id].sockets = std::move(again).value();
  }

  /// One round of the loop of every node that is up.
  void Pump() {
    for (auto& [id, node] : nodes_) {
      if (node->sockets == nullptr) {
        continue;
      }
      node->sockets->Wait(1, {});
      while (std::optional<replica::Inbound> message = node->sockets->NextFromPeer()) {
        node->messages.push_back(std::move(*message));
      }
      while (std::optional<InboundCall> call = node->sockets->NextFromClient()) {
        node->calls.push_back(std::move(*call));
      }
    }
  }

  /// Runs the nodes until `done`; false if that takes so long that it will never be.
  [[nodiscard]] bool RunUntil(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      Pump();
    }
    return true;
  }

  void Send(NodeId from, NodeId to, std::uint64_t number) {
    (*this)[from].sockets->SendToPeer({.to = to, .message = paxos::Fetch{number, number}}, {1, 1},
                                      {});
  }

  /// Sends numbers from one node to the other until one arrives, as a replica's heartbeats do.
  [[nodiscard]] bool Reaches(NodeId from, NodeId to) {
    const std::uint64_t first = next_;
    return RunUntil([&] {
      Send(from, to, next_++);
      return !(*this)[to].messages.empty() && LastNumber(to, from) >= first;
    });
  }

  /// The last number that `to` got from `from`; 0 if none.
  std::uint64_t LastNumber(NodeId to, NodeId from) {
    const auto& messages = (*this)[to].messages;
    for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
      if (message->from == from) {
        return std::get<paxos::Fetch>(message->message).from;
      }
    }
    return 0;
  }

 private:
  void Open(NodeId id, const std::vector<PeerAddress>& addresses,
            const std::function<void(ServerOptions&)>& change) {
    auto node = std::make_unique<Node>();
    ServerOptions& options = node->options;
    options.self = id;
    options.incarnation = 100 + id;
    options.cluster = HashOf(0xaa);
    options.cluster_name = "alpha";
    options.host = "127.0.0.1";
    options.client_port = FreePort();
    options.peer_port = addresses[id - 1].peer_port;
    options.peers = addresses;
    std::erase_if(options.peers, [id](const PeerAddress& peer) { return peer.id == id; });
    options.warn = [warnings = &node->warnings](const std::string& line) {
      warnings->push_back(line);
    };
    if (change) {
      change(options);
    }
    Result<std::unique_ptr<ServerSockets>> sockets = ServerSockets::Open(options);
    ASSERT_TRUE(sockets.ok()) << sockets.status().message();
    node->sockets = std::move(sockets).value();
    nodes_[id] = std::move(node);
  }

  std::map<NodeId, std::unique_ptr<Node>> nodes_;
  std::uint64_t next_ = 1;
};

}  // namespace cairn::net::testing
