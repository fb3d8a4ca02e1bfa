#pragma once
// Nodes' sockets in one process, on free ports of loopback, driven by one thread; and a stranger
// who speaks ZeroMQ, or not even that.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "door/zmq/client_door.h"
#include "net/peers/peer_network.h"
#include "net/random_messages.h"
#include "net/wire/zmq_io.h"
#include "tests/net/ports.h"
#include "tests/net/strangers.h"

namespace cairn::door::testing {

class Nodes {
 public:
  struct Options : net::PeerNetworkOptions {
    std::uint16_t client_port = 0;
  };
  struct Node {
    Options options;
    std::unique_ptr<net::PeerNetwork> peers;
    std::unique_ptr<ClientDoor> door;
    std::vector<std::string> warnings;
    std::deque<replica::Inbound> messages;
    std::deque<InboundCall> calls;

    [[nodiscard]] bool up() const { return peers != nullptr; }
    [[nodiscard]] std::uint64_t dropped() const { return peers->dropped() + door->dropped(); }
    [[nodiscard]] std::uint64_t unsent() const { return peers->unsent() + door->unsent(); }
    void Wait(int timeout_ms, const std::vector<int>& fds) const {
      const std::array<net::Port*, 2> ports = {peers.get(), door.get()};
      net::WaitFor(ports, timeout_ms, fds);
    }
    void SetFormed(const Hash& block_1) const {
      peers->SetFormed(block_1);
      door->SetFormed(block_1);
    }
    /// With `options`.
    Status Open() {
      auto network = net::PeerNetwork::Open(options);
      if (!network.ok()) {
        return network.status();
      }
      auto opened = ClientDoor::Open({options.self, options.cluster, options.cluster_name,
                                      options.host, options.client_port, options.warn});
      if (!opened.ok()) {
        return opened.status();
      }
      peers = std::move(network).value();
      door = std::move(opened).value();
      return Status::Ok();
    }
    void Stop() {
      door.reset();
      peers.reset();
    }
  };

  static Hash HashOf(std::uint8_t octet) {
    Hash hash;
    hash.bytes.fill(octet);
    return hash;
  }

  /// Nodes 1 .. count of cluster "alpha"; `change` may change their options.
  explicit Nodes(NodeId count, const std::function<void(Options&)>& change = nullptr) {
    std::vector<net::PeerAddress> addresses;
    for (NodeId id = 1; id <= count; ++id) {
      addresses.push_back({.id = id, .host = "127.0.0.1", .peer_port = net::testing::FreePort()});
    }
    for (NodeId id = 1; id <= count; ++id) {
      Open(id, addresses, change);
    }
  }

  Node& operator[](NodeId id) { return *nodes_.at(id); }

  void Stop(NodeId id) { (*this)[id].Stop(); }
  void Restart(NodeId id) {
    Stop(id);
    const Status again = (*this)[id].Open();
    ASSERT_TRUE(again.ok()) << again.message();
  }

  /// One round of the loop of every node that is up.
  void Pump() {
    for (auto& [id, node] : nodes_) {
      if (!node->up()) {
        continue;
      }
      node->Wait(1, {});
      while (std::optional<replica::Inbound> message = node->peers->Next()) {
        node->messages.push_back(std::move(*message));
      }
      while (std::optional<InboundCall> call = node->door->Next()) {
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
    (*this)[from].peers->Send({.to = to, .message = paxos::Fetch{number, number}}, {1, 1}, {});
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
  void Open(NodeId id, const std::vector<net::PeerAddress>& addresses,
            const std::function<void(Options&)>& change) {
    auto node = std::make_unique<Node>();
    Options& options = node->options;
    options.self = id;
    options.incarnation = 100 + id;
    options.cluster = HashOf(0xaa);
    options.cluster_name = "alpha";
    options.host = "127.0.0.1";
    options.client_port = net::testing::FreePort();
    options.peer_port = addresses[id - 1].peer_port;
    options.peers = addresses;
    std::erase_if(options.peers, [id](const net::PeerAddress& peer) { return peer.id == id; });
    options.warn = [warnings = &node->warnings](const std::string& line) {
      warnings->push_back(line);
    };
    if (change) {
      change(options);
    }
    const Status opened = node->Open();
    ASSERT_TRUE(opened.ok()) << opened.message();
    nodes_[id] = std::move(node);
  }

  std::map<NodeId, std::unique_ptr<Node>> nodes_;
  std::uint64_t next_ = 1;
};

}  // namespace cairn::door::testing
