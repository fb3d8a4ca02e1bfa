#pragma once
// Warnings at a bounded rate: a stranger who floods a port with garbage must not fill the log.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

namespace cairn::net {

/// Passes on the first five lines at once, then at most one a second, which says how many were
/// kept back before it. The same line comes again after a second, then two, four … and at last once
/// a minute, so that one trouble that lasts keeps no other one from being said.
class WarnLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  /// `warn` may be empty: then all lines are lost.
  explicit WarnLimiter(std::function<void(const std::string&)> warn);

  void Warn(const std::string& line, Clock::time_point now = Clock::now());

 private:
  struct Said {
    Clock::time_point at;
    std::chrono::seconds rest;  // Before it is said again.
  };
  void NoteSaid(const std::string& line, Clock::time_point now);

  std::function<void(const std::string&)> warn_;
  std::unordered_map<std::string, Said> said_;  // Lately.
  int burst_left_;
  std::uint64_t kept_back_ = 0;
  Clock::time_point last_;
};

}  // namespace cairn::net
