#pragma once
// Warnings at a bounded rate: a stranger who floods a port with garbage must not fill the log.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace cairn::net {

/// Passes on the first five lines at once, then at most one a second, which says how many were
/// kept back before it.
class WarnLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  /// `warn` may be empty: then all lines are lost.
  explicit WarnLimiter(std::function<void(const std::string&)> warn);

  void Warn(const std::string& line, Clock::time_point now = Clock::now());

 private:
  std::function<void(const std::string&)> warn_;
  int burst_left_;
  std::uint64_t kept_back_ = 0;
  Clock::time_point last_;
};

}  // namespace cairn::net
