#pragma once
// How long a node stays awake. To be woken takes a thread tens of microseconds where its processor
// sleeps, and a call passes several threads at several nodes. So behind a call, or a leader's
// question, a node looks for messages again and again, until the call is answered and the next one
// may have come.
//
// Where the next one does not come so soon, it waits for it ever more rarely: a node that has
// little to do sleeps.

#include <algorithm>
#include <cstddef>

#include "common/types.h"

namespace cairn::node {

class Vigil {
 public:
  /// Work came: calls, or what another node wants.
  void Came(Micros now) {
    if (resting_ && until_ != 0) {
      misses_ = now <= until_ ? 0 : std::min(2 * misses_ + 1, kMostMisses);
      pass_ = misses_;
    }
    resting_ = false;
    until_ = now + kLongest;
  }
  /// No call is under way.
  void Rest(Micros now) {
    if (resting_) {
      return;
    }
    resting_ = true;
    if (pass_ > 0) {
      --pass_;
      until_ = 0;
    } else {
      until_ = now + kLongest;
    }
  }
  /// Until then it does not sleep.
  [[nodiscard]] Micros until() const { return until_; }
  /// It did not wait in vain lately.
  [[nodiscard]] bool pays() const { return misses_ == 0; }

 private:
  /// Longer than most calls take, and than a client next door takes to come back, or a leader with
  /// the next block; but a call that finds no majority must not cost a processor.
  static constexpr Micros kLongest = 1'000;
  static constexpr std::size_t kMostMisses = 255;

  bool resting_ = true;
  Micros until_ = 0;        // 0: it sleeps
  std::size_t misses_ = 0;  // a measure of how often it waited in vain
  std::size_t pass_ = 0;    // rests through which it sleeps
};

}  // namespace cairn::node
