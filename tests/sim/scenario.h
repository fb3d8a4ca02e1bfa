#pragma once
// A World with a story: the words in which the tests of liveness tell who is cut from whom, who
// writes where, and how many ballots that cost.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/world.h"

namespace cairn::sim {

inline constexpr Micros kSecond = 1'000'000;

inline WorldOptions SeededOptions(std::size_t nodes, std::uint64_t seed) {
  WorldOptions options;
  options.nodes = nodes;
  options.seed = seed;
  return options;
}

class Scenario {
 public:
  explicit Scenario(const WorldOptions& options) : world(options) {}
  Scenario(std::size_t nodes, std::uint64_t seed) : Scenario(SeededOptions(nodes, seed)) {}

  /// Until the cluster has formed and a leader is followed by all.
  bool Form(Micros limit = kSecond) {
    return world.RunUntil([&] { return world.Leader() != 0 && Settled(); }, limit);
  }
  /// Every node has formed and all have one log.
  [[nodiscard]] bool Settled() const {
    return world.Converged() && world.replica(1).acceptor().log().tip() >= 1;
  }

  // --- links

  /// Nodes in different groups do not hear each other. Who is named in no group is alone.
  void Split(const std::vector<std::vector<NodeId>>& groups) {
    const auto group_of = [&](NodeId node) {
      for (std::size_t i = 0; i < groups.size(); ++i) {
        if (std::ranges::find(groups[i], node) != groups[i].end()) {
          return i;
        }
      }
      return groups.size() + node;
    };
    CutWhere([&](NodeId a, NodeId b) { return group_of(a) != group_of(b); });
  }
  /// Only these links work, both ways.
  void KeepOnly(const std::vector<std::pair<NodeId, NodeId>>& links) {
    CutWhere([&](NodeId a, NodeId b) {
      return std::ranges::find(links, std::pair{a, b}) == links.end() &&
             std::ranges::find(links, std::pair{b, a}) == links.end();
    });
  }
  /// Only links with the hub work.
  void Star(NodeId hub) {
    CutWhere([&](NodeId a, NodeId b) { return a != hub && b != hub; });
  }
  void Isolate(NodeId node) {
    CutWhere([&](NodeId a, NodeId b) { return a == node || b == node; });
  }
  /// All but these, in order.
  [[nodiscard]] std::vector<NodeId> Except(const std::vector<NodeId>& left_out) const {
    std::vector<NodeId> rest;
    std::ranges::copy_if(world.ids(), std::back_inserter(rest), [&](NodeId node) {
      return std::ranges::find(left_out, node) == left_out.end();
    });
    return rest;
  }

  // --- clients

  /// One write at the node, said again when it was refused; what became of it within `limit`:
  /// the last answer, or nothing.
  std::optional<api::Answer> Put(NodeId node, Micros limit) {
    Request request;
    request.client = 4711;
    request.sequence = ++sequence_;
    request.first_open = request.sequence;
    request.key = "k" + std::to_string(request.sequence % 7);
    request.value = std::to_string(request.sequence);
    std::optional<api::Answer> last;
    const Micros end = world.now() + limit;
    while (world.now() < end) {
      auto answer = std::make_shared<std::optional<api::Answer>>();
      if (!world.Write(node, request, [answer](const api::Answer& a) { *answer = a; })) {
        break;
      }
      if (!world.RunUntil([&] { return answer->has_value(); }, end - world.now())) {
        break;
      }
      last = *answer;
      if (last->code == Code::kOk) {
        break;
      }
    }
    return last;
  }
  bool Writes(NodeId node, Micros limit) {
    const auto answer = Put(node, limit);
    return answer && answer->code == Code::kOk;
  }

  /// Until a write at one of the nodes is acknowledged.
  bool SomeoneWrites(const std::vector<NodeId>& nodes, Micros limit) {
    bool done = false;
    const Micros end = world.now() + limit;
    while (!done && world.now() < end) {
      for (const NodeId node : nodes) {
        Request request;
        request.client = 10'000 + ++sequence_;
        request.sequence = request.first_open = 1;
        request.session_base = world.replica(node).acceptor().log().decided();
        request.key = "k";
        // Shared, for an answer may come when this call is long over.
        auto acknowledged = std::make_shared<bool>(false);
        (void)world.Write(node, request, [acknowledged](const api::Answer& answer) {
          *acknowledged = answer.code == Code::kOk;
        });
        calls_.push_back(acknowledged);
      }
      const auto any = [&] { return std::ranges::any_of(calls_, [](auto& c) { return *c; }); };
      done = world.RunUntil(any, std::min<Micros>(50'000, end - world.now()));
    }
    calls_.clear();
    return done;
  }

  // --- elections

  /// The greatest round that any node has promised: how many ballots there were, at most.
  [[nodiscard]] std::uint64_t Round() const {
    std::uint64_t round = 0;
    for (const NodeId node : world.ids()) {
      round = std::max(round, world.disk(node).head().promised.round);
    }
    return round;
  }
  /// No ballot is begun during that time.
  bool IsQuietFor(Micros duration) {
    const std::uint64_t before = Round();
    world.RunFor(duration);
    return Round() == before && !world.failure();
  }
  [[nodiscard]] std::string Words(NodeId node) const { return world.replica(node).Report().words; }
  [[nodiscard]] std::string Trouble() const { return world.failure().value_or("none"); }

  World world;

 private:
  template <typename Predicate>
  void CutWhere(Predicate is_cut) {
    world.Heal();
    for (const NodeId a : world.ids()) {
      for (const NodeId b : world.ids()) {
        if (a < b && is_cut(a, b)) {
          world.CutBoth(a, b);
        }
      }
    }
  }

  Sequence sequence_ = 0;
  std::vector<std::shared_ptr<bool>> calls_;
};

}  // namespace cairn::sim
