#pragma once
// A session with a ZooKeeper cluster, over the multi-threaded C client.

#include <zookeeper/zookeeper.h>

#include <chrono>
#include <string>
#include <vector>

namespace zookeeper_load {

using Clock = std::chrono::steady_clock;

class Session {
 public:
  /// With the endpoint of that number; with `move`, the client goes on to those after it if that
  /// one fails. The client looks all its endpoints up again for each packet or two, so that every
  /// one more costs some percent of a load.
  Session(const std::vector<std::string>& endpoints, std::size_t first, bool move);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// Whether it is connected at last. ZooKeeper connects again by itself.
  bool WaitConnected(Clock::time_point deadline) const;
  [[nodiscard]] bool Expired() const;
  /// The calls of the C client take it.
  [[nodiscard]] zhandle_t* handle() const { return handle_; }

  /// Waits for the leader's answer that this session has seen all that was committed before.
  int Sync(const std::string& path) const;
  /// Creates the node or sets it.
  int Put(const std::string& path, const std::string& value) const;
  /// What the session's server has, possibly old; false if there is no answer or no such node.
  bool Get(const std::string& path, std::string* value) const;

 private:
  zhandle_t* handle_;
};

}  // namespace zookeeper_load
