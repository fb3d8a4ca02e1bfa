#pragma once
// Scripted nodes behind fake transports, on a clock that nothing but waiting moves: tests of
// time-outs take no time.

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/client.h"

namespace cairn::client {

struct FakeNode {
  bool up = true;     ///< False: no connection stands, and what is sent waits for ever.
  bool mute = false;  ///< Connected, but says nothing.
  Micros delay = 0;   ///< Before each answer but a Welcome.
  api::Welcome welcome;
  /// Its answer to Hello in place of the Welcome, and to all else.
  std::optional<api::Answer> refuses;
  NodeId speaks_as = 0;        ///< 0: as itself.
  std::optional<Hash> formed;  ///< Block 1 of its cluster.
  /// What the node says to a call that is no Hello; nothing: no answer.
  std::function<std::optional<api::ReplyBody>(const api::CallBody& body)> answer;

  /// Calls but Hello that reached it, with the time.
  std::vector<std::pair<Micros, api::CallBody>> calls;
  int hellos = 0;

  [[nodiscard]] const Request& WriteAt(std::size_t i) const {
    return std::get<api::Write>(calls.at(i).second).request;
  }
};

class FakeCluster {
 public:
  explicit FakeCluster(NodeId count) {
    cluster.path = "/etc/cairn/cluster.toml";
    cluster.name = "test";
    for (NodeId id = 1; id <= count; ++id) {
      cluster.nodes.push_back({id, "127.0.0.1", static_cast<std::uint16_t>(5000 + id),
                               static_cast<std::uint16_t>(5100 + id)});
      nodes[id].welcome = {id, "test", {}, 10, 0};
      nodes[id].answer = [](const api::CallBody&) { return Ok(11); };
    }
  }

  static api::ReplyBody Ok(Slot slot, const std::string& value = "", NodeId leader = 1) {
    return api::Answer{Code::kOk, "", slot, value, leader};
  }
  static api::ReplyBody Failed(Code code, const std::string& message, Slot slot = 0,
                               NodeId leader = 0) {
    return api::Answer{code, message, slot, "", leader};
  }
  static api::ReplyBody NoMajority() {
    return Failed(Code::kUnavailable, "no majority: 2 of 5 nodes answer");
  }

  Environment MakeEnvironment() {
    Environment environment;
    environment.connect =
        [this](const config::NodeAddress& address) -> Result<std::unique_ptr<Transport>> {
      return std::unique_ptr<Transport>(std::make_unique<FakeTransport>(this, address.id));
    };
    environment.now = [this] { return now; };
    environment.sleep = [this](Micros pause) { now += pause; };
    environment.random = [this] { return ++random; };
    environment.wait = [this](const std::vector<Transport*>& /*transports*/, Micros until) {
      now = std::max(now, std::min(until, now + 500));
    };
    return environment;
  }

  void SetAnswers(std::function<std::optional<api::ReplyBody>(const api::CallBody&)> answer) {
    for (auto& [id, node] : nodes) {
      node.answer = answer;
    }
  }

  config::Cluster cluster;
  std::map<NodeId, FakeNode> nodes;
  Micros now = 1'000'000;
  std::uint64_t random = 0xabc0;
  std::optional<Hash> meant_for;  ///< The cluster that a client has named last.
  std::vector<NodeId> order;      ///< Nodes in the order in which calls but Hello reached them.

 private:
  class FakeTransport final : public Transport {
   public:
    FakeTransport(FakeCluster* cluster, NodeId id) : cluster_(cluster), id_(id) {}

    Status Send(const api::ClientCall& call) override {
      FakeNode& node = cluster_->nodes.at(id_);
      if (!node.up) {
        return Status::Ok();
      }
      std::optional<api::ReplyBody> reply;
      const bool hello = std::holds_alternative<api::Hello>(call.body);
      if (hello) {
        ++node.hellos;
        reply = node.refuses ? api::ReplyBody(*node.refuses) : node.welcome;
      } else if (node.refuses) {
        reply = *node.refuses;
      } else {
        cluster_->order.push_back(id_);
        node.calls.emplace_back(cluster_->now, call.body);
        reply = node.answer(call.body);
      }
      if (reply && !node.mute) {
        replies_.push_back({cluster_->now + (hello ? 0 : node.delay),
                            {call.id, *std::move(reply), node.speaks_as == 0 ? id_ : node.speaks_as,
                             node.formed}});
      }
      return Status::Ok();
    }
    std::optional<api::ClientReply> Receive(int timeout_ms) override {
      const Micros until = cluster_->now + static_cast<Micros>(timeout_ms) * 1000;
      if (replies_.empty() || replies_.front().first > until) {
        cluster_->now = until;
        return std::nullopt;
      }
      cluster_->now = std::max(cluster_->now, replies_.front().first);
      api::ClientReply reply = std::move(replies_.front().second);
      replies_.pop_front();
      return reply;
    }
    bool Connected() override { return cluster_->nodes.at(id_).up; }
    void MeantFor(const Hash& formed) override { cluster_->meant_for = formed; }

   private:
    FakeCluster* cluster_;
    NodeId id_;
    std::deque<std::pair<Micros, api::ClientReply>> replies_;
  };
};

}  // namespace cairn::client
