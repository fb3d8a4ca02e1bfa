#pragma once
// A function with a stack of its own, so that code which waits can live in virtual time: it yields
// in the middle of a wait, and is resumed when the simulator says that the wait is over. One thread
// runs all of them in turn, so that a run stays a function of its seed.

#include <functional>
#include <memory>

namespace cairn::sim {

class Fiber {
 public:
  /// `body` begins with the first Resume. It must not throw.
  explicit Fiber(std::function<void()> body);
  /// Requires: finished, or never resumed.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Goes on until the body yields or ends. Requires: not finished; not called from the body.
  void Resume();
  /// Called from the body: goes back to whoever resumed it.
  void Yield();
  [[nodiscard]] bool finished() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::sim
