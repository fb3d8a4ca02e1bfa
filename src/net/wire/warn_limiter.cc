#include "net/wire/warn_limiter.h"

#include <algorithm>
#include <utility>

namespace cairn::net {
namespace {

constexpr int kBurst = 5;
constexpr std::chrono::seconds kInterval{1};
constexpr std::chrono::seconds kLongestRest{60};
constexpr std::size_t kRemembered = 64;

}  // namespace

WarnLimiter::WarnLimiter(std::function<void(const std::string&)> warn)
    : warn_(std::move(warn)), burst_left_(kBurst) {}

void WarnLimiter::Warn(const std::string& line, Clock::time_point now) {
  if (!warn_) {
    return;
  }
  const auto said = said_.find(line);
  if (said != said_.end() && now - said->second.at < said->second.rest) {
    ++kept_back_;
    return;
  }
  if (burst_left_ > 0) {
    --burst_left_;
  } else if (now - last_ < kInterval) {
    ++kept_back_;
    return;
  }
  last_ = now;
  NoteSaid(line, now);
  const std::uint64_t more = std::exchange(kept_back_, 0);
  warn_(more == 0 ? line : line + " (" + std::to_string(more) + " more warnings kept back)");
}

void WarnLimiter::NoteSaid(const std::string& line, Clock::time_point now) {
  if (said_.size() >= kRemembered && !said_.contains(line)) {
    said_.clear();
  }
  const auto [said, added] = said_.try_emplace(line, Said{.at = now, .rest = kInterval});
  if (!added) {
    const bool old = now - said->second.at > 2 * kLongestRest;
    said->second.rest = old ? kInterval : std::min(2 * said->second.rest, kLongestRest);
    said->second.at = now;
  }
}

}  // namespace cairn::net
