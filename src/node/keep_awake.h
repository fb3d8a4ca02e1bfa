#pragma once
// Keeps a processor awake while the thread that has it waits for the disk. A sync is two waits, for
// the write and for the flush, and out of each a thread comes tens of microseconds late where its
// processor has gone to sleep meanwhile: as long as a fast disk takes.

#include <atomic>
#include <thread>

namespace cairn::node {

class KeepAwake {
 public:
  KeepAwake();
  ~KeepAwake();
  KeepAwake(const KeepAwake&) = delete;
  KeepAwake& operator=(const KeepAwake&) = delete;

  /// The processor of the calling thread stays awake until End, but not for longer than is worth
  /// it. All calls come from one thread.
  void Begin();
  void End();

 private:
  enum class Order { kSleep, kWake, kLeave };

  void Run();

  std::atomic<Order> order_ = Order::kSleep;
  int processor_ = -1;  // to which thread_ is bound
  std::thread thread_;
};

}  // namespace cairn::node
