#pragma once
// Somebody who asks every node for its whole chain, again and again, with thousands of questions
// open at a time. No answer is looked at: this is about what the nodes do beside them.

#include <memory>

#include "sim/world.h"

namespace cairn::sim {

class Questions {
 public:
  /// So many are open at each node that is up, for as long as this object lives.
  Questions(World* world, std::size_t open)
      : state_(std::make_shared<State>(State{world, open, false})) {
    Ask(state_);
  }
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;
  ~Questions() { state_->over = true; }

 private:
  static constexpr Micros kPause = 100'000;

  struct State {
    World* world;
    std::size_t open;
    bool over;
  };

  static void Ask(const std::shared_ptr<State>& state) {
    if (state->over) {
      return;
    }
    World& world = *state->world;
    for (const NodeId id : world.ids()) {
      world.AskForChain(id, state->open - std::min(state->open, world.QuestionsOpen(id)));
    }
    world.At(world.now() + kPause, [state] { Ask(state); });
  }

  std::shared_ptr<State> state_;
};

}  // namespace cairn::sim
