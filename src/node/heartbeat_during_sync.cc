#include "node/heartbeat_during_sync.h"

#include <chrono>
#include <utility>

#include "system/clock.h"

namespace cairn::node {
namespace {

constexpr std::chrono::milliseconds kEvery(40);  // as heartbeats
constexpr Micros kFrom = 80'000;
// A disk that does not come back is a reason to let others lead.
constexpr Micros kUntil = 15'000'000;

}  // namespace

HeartbeatDuringSync::HeartbeatDuringSync(std::function<void()> beat)
    : beat_(std::move(beat)), thread_([this] { Run(); }) {}

HeartbeatDuringSync::~HeartbeatDuringSync() {
  {
    const std::lock_guard lock(mutex_);
    leave_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

void HeartbeatDuringSync::Begin() {
  const std::lock_guard lock(mutex_);
  waiting_since_ = system::MonotonicNow();
}

void HeartbeatDuringSync::End() {
  const std::lock_guard lock(mutex_);
  waiting_since_ = 0;
}

void HeartbeatDuringSync::Run() {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, kEvery, [this] { return leave_; })) {
    const Micros waits = waiting_since_ == 0 ? 0 : system::MonotonicNow() - waiting_since_;
    if (waits >= kFrom && waits < kUntil) {
      beat_();
    }
  }
}

}  // namespace cairn::node
