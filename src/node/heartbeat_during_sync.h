#pragma once
// The pulse of a node whose loop waits for its disk: a slow sync is no reason for the others to
// take a leader for dead. While the loop is in a commit for longer than a moment, a thread of its
// own repeats what the node said last of itself, which is durable: R6 is not touched.
//
// The loop and the thread never run at the same time where it matters: `beat` is called only
// between Begin and End, under a lock that End waits for, while the loop does nothing but wait.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "common/types.h"

namespace cairn::node {

class HeartbeatDuringSync {
 public:
  explicit HeartbeatDuringSync(std::function<void()> beat);
  ~HeartbeatDuringSync();
  HeartbeatDuringSync(const HeartbeatDuringSync&) = delete;
  HeartbeatDuringSync& operator=(const HeartbeatDuringSync&) = delete;

  /// The loop is about to wait for the disk.
  void Begin();
  /// It goes on.
  void End();

 private:
  void Run();

  std::function<void()> beat_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool leave_ = false;
  Micros waiting_since_ = 0;  // 0: it does not wait
  std::thread thread_;
};

}  // namespace cairn::node
