#include "node/keep_awake.h"

#include <pthread.h>
#include <sched.h>

#include "node/clock.h"

namespace cairn::node {
namespace {

// A disk that takes longer gains little by it.
constexpr Micros kLongest = 400;

}  // namespace

KeepAwake::KeepAwake() : thread_([this] { Run(); }) {}

KeepAwake::~KeepAwake() {
  order_ = Order::kLeave;
  order_.notify_one();
  thread_.join();
}

void KeepAwake::Begin() {
  if (const int here = ::sched_getcpu(); here >= 0 && here != processor_) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<std::size_t>(here), &only);
    (void)::pthread_setaffinity_np(thread_.native_handle(), sizeof only, &only);
    processor_ = here;
  }
  order_ = Order::kWake;
  order_.notify_one();
}

void KeepAwake::End() { order_ = Order::kSleep; }

void KeepAwake::Run() {
  while (true) {
    order_.wait(Order::kSleep);
    const Micros until = MonotonicNow() + kLongest;
    while (order_ == Order::kWake && MonotonicNow() < until) {
      std::this_thread::yield();  // it is in nobody's way
    }
    Order order = Order::kWake;
    order_.compare_exchange_strong(order, Order::kSleep);
    if (order == Order::kLeave) {
      return;
    }
  }
}

}  // namespace cairn::node
