#include "sim/history.h"

#include <algorithm>
#include <set>
#include <utility>

namespace cairn::sim {
namespace {

using Kind = Operation::Kind;
using State = std::optional<std::string>;

/// Depth-first search for an order: the operations done so far, as a bit each, and the state
/// that they led to; a pair that was seen before leads nowhere new.
class Search {
 public:
  explicit Search(std::vector<Operation> operations) : operations_(std::move(operations)) {
    std::ranges::stable_sort(operations_, {}, &Operation::called);
    done_.resize(operations_.size(), false);
  }

  bool Run(const State& state) {
    Micros bound = kNever;  // nothing that was called after an open operation returned goes first
    bool all_known_done = true;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (!done_[i]) {
        bound = std::min(bound, operations_[i].returned);
        all_known_done = all_known_done && operations_[i].returned == kNever;
      }
    }
    if (all_known_done) {
      return true;
    }
    if (!seen_.emplace(done_, state).second) {
      return false;
    }
    for (std::size_t i = 0; i < operations_.size() && operations_[i].called <= bound; ++i) {
      if (!done_[i] && operations_[i].returned != kNever && Try(i, state, bound)) {
        return true;
      }
    }
    return false;
  }

 private:
  /// Lets operation i be the next one. A write of unknown outcome that the operation after it does
  /// not observe may as well never have happened; so one is put in only right before an operation
  /// that can't be explained without it.
  bool Try(std::size_t i, const State& state, Micros bound) {
    State next = state;
    if (Apply(operations_[i], next)) {
      done_[i] = true;
      if (Run(next)) {
        return true;
      }
      done_[i] = false;
      return false;
    }
    for (std::size_t u = 0; u < operations_.size() && operations_[u].called <= bound; ++u) {
      if (done_[u] || operations_[u].returned != kNever) {
        continue;
      }
      next = state;
      if (!Apply(operations_[u], next) || !Apply(operations_[i], next)) {
        continue;
      }
      done_[u] = done_[i] = true;
      if (Run(next)) {
        return true;
      }
      done_[u] = done_[i] = false;
      if (operations_[u].kind == Kind::kDel) {
        break;  // another delete would do the same
      }
    }
    return false;
  }

  static bool Apply(const Operation& operation, State& state) {
    switch (operation.kind) {
      case Kind::kPut:
        state = operation.value;
        return true;
      case Kind::kDel: {
        const bool found = std::exchange(state, std::nullopt).has_value();
        return operation.returned == kNever || found == operation.found;
      }
      case Kind::kGet:
        return operation.found ? state == operation.value : !state.has_value();
    }
    return false;
  }

  std::vector<Operation> operations_;
  std::vector<bool> done_;
  std::set<std::pair<std::vector<bool>, State>> seen_;
};

}  // namespace

bool IsLinearizable(const std::vector<Operation>& operations) {
  std::vector<Operation> relevant;
  std::ranges::copy_if(operations, std::back_inserter(relevant), [](const Operation& operation) {
    return operation.kind != Kind::kGet || operation.returned != kNever;
  });
  return Search(std::move(relevant)).Run(std::nullopt);
}

std::optional<std::string> History::FirstViolation() const {
  for (const auto& [key, operations] : keys_) {
    if (!IsLinearizable(operations)) {
      return key;
    }
  }
  return std::nullopt;
}

}  // namespace cairn::sim
