#pragma once
// How long a leader gathers requests before it seals the next block. A block costs every node a
// sync and some messages, however little is in it. Clients that wait for their answers send their
// next requests together, when a block is decided, but not all in the same instant: sealed at
// once, each block would hold the first few of them, for ever.
//
// So after a decision the leader waits until as many requests are queued as were under way then,
// but not for long. Where clients do not come back like this, it tries ever more rarely.

#include <algorithm>
#include <cstddef>

#include "common/types.h"

namespace cairn::replica {

class BatchDelay {
 public:
  /// Something was decided while so many requests were under way, those in it among them.
  void Decided(std::size_t open) {
    if (pass_ > 0) {
      --pass_;
      return;
    }
    goal_ = std::min(open, kEnough);
    until_ = 0;
  }
  /// To be told the time before Holds: a wait begins when the decision's answers are out.
  void Advance(Micros now) {
    if (until_ == 0) {
      until_ = now + kLongest;
    }
    now_ = now;
  }
  /// So few are queued that more are waited for.
  [[nodiscard]] bool Holds(std::size_t queued) const { return queued < goal_ && now_ < until_; }
  /// A block is sealed while so many are queued.
  void Seal(std::size_t queued) {
    if (goal_ > 1) {
      misses_ = queued < goal_ ? std::min(2 * misses_ + 1, kMostMisses) : 0;
      pass_ = misses_;
    }
    goal_ = 0;
  }

 private:
  /// So many share the costs of a block well enough.
  static constexpr std::size_t kEnough = 64;
  /// A client next door is back in a fraction of it; what waits for it in vain does not suffer.
  static constexpr Micros kLongest = 1'000;
  static constexpr std::size_t kMostMisses = 255;

  std::size_t goal_ = 0;  // 0, 1: nothing is waited for
  Micros until_ = 0;      // 0: the wait has not begun
  Micros now_ = 0;
  std::size_t misses_ = 0;  // a measure of how often it was in vain
  std::size_t pass_ = 0;    // decisions after which it is not tried
};

}  // namespace cairn::replica
