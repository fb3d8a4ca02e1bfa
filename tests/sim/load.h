#pragma once
// Clients that only write, as fast as they are answered, each at any node: so that there is
// something to carry. Their writes are in no history.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sim/world.h"

namespace cairn::sim {

class Load {
 public:
  /// So many clients, with values of so many bytes, for as long as this object lives.
  Load(World* world, std::size_t clients, std::size_t bytes)
      : state_(std::make_shared<State>(State{world, bytes, 0, 0})) {
    for (std::size_t i = 0; i < clients; ++i) {
      Write(state_);
    }
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() { state_->over = true; }
  /// Writes that were acknowledged.
  [[nodiscard]] std::uint64_t done() const { return state_->done; }

 private:
  static constexpr ClientId kFirst = 1'000'000;
  static constexpr std::uint64_t kKeys = 16;
  /// One that got no answer is given up, and a refused one comes again after a moment.
  static constexpr Micros kPatience = 12'000'000;
  static constexpr Micros kPause = 100'000;

  struct State {
    World* world;
    std::size_t bytes;
    std::uint64_t begun = 0;
    std::uint64_t done = 0;
    bool over = false;
  };

  /// Each write in a session of its own: the cluster may remember few of them.
  static void Write(const std::shared_ptr<State>& state) {
    if (state->over) {
      return;
    }
    World& world = *state->world;
    Request request;
    request.client = kFirst + ++state->begun;
    request.sequence = request.first_open = 1;
    request.key = "load-" + std::to_string(request.client % kKeys);
    request.value.assign(state->bytes, 'x');
    const NodeId node = world.ids()[request.client % world.ids().size()];
    if (world.Up(node)) {
      request.session_base = world.replica(node).acceptor().log().decided();
    }
    auto open = std::make_shared<bool>(true);
    const auto next = [state, open](Micros pause) {
      if (std::exchange(*open, false)) {
        state->world->At(state->world->now() + pause, [state] { Write(state); });
      }
    };
    const bool sent = world.Write(node, request, [state, next](const api::Answer& answer) {
      state->done += answer.code == Code::kOk ? 1 : 0;
      next(answer.code == Code::kOk ? 0 : kPause);
    });
    world.At(world.now() + (sent ? kPatience : kPause), [next] { next(0); });
  }

  std::shared_ptr<State> state_;
};

}  // namespace cairn::sim
