#pragma once
// Somebody who works on the cluster for the length of a run, one operation after the other.

#include <cstdint>
#include <utility>
#include <vector>

#include "common/types.h"

namespace cairn::sim {

class Worker {
 public:
  virtual ~Worker() = default;

  /// Begins the next operation, and the one after it when that one is done.
  virtual void Run() = 0;
  /// No further operation begins, until Resume.
  virtual void Stop() = 0;
  virtual void Resume() = 0;
  [[nodiscard]] virtual bool idle() const = 0;
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::uint64_t given_up() const { return given_up_; }
  /// Writes that were refused as surely not applied.
  [[nodiscard]] const std::vector<std::pair<ClientId, Sequence>>& refused() const {
    return refused_;
  }

 protected:
  std::uint64_t acknowledged_ = 0;
  std::uint64_t given_up_ = 0;
  std::vector<std::pair<ClientId, Sequence>> refused_;
};

}  // namespace cairn::sim
