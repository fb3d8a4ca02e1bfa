#include "net/warn_limiter.h"

#include <utility>

namespace cairn::net {
namespace {

constexpr int kBurst = 5;
constexpr std::chrono::seconds kInterval{1};

}  // namespace

WarnLimiter::WarnLimiter(std::function<void(const std::string&)> warn)
    : warn_(std::move(warn)), burst_left_(kBurst) {}

void WarnLimiter::Warn(const std::string& line, Clock::time_point now) {
  if (!warn_) {
    return;
  }
  if (burst_left_ > 0) {
    --burst_left_;
  } else if (now - last_ < kInterval) {
    ++kept_back_;
    return;
  }
  last_ = now;
  const std::uint64_t more = std::exchange(kept_back_, 0);
  warn_(more == 0 ? line : line + " (" + std::to_string(more) + " more warnings kept back)");
}

}  // namespace cairn::net
