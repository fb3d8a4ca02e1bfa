#include "node/clock_watch.h"

#include <fmt/core.h>

namespace cairn::node {
namespace {

constexpr Micros kSecond = 1'000'000;
// Clocks that nobody keeps differ by seconds.
constexpr Micros kTooFar = 10 * kSecond;
constexpr Micros kComplainEvery = 600 * kSecond;

std::string Duration(Micros duration) {
  const Micros seconds = duration / kSecond;
  return seconds < 7200         ? fmt::format("{} seconds", seconds)
         : seconds < 2 * 86'400 ? fmt::format("{:.1f} hours", static_cast<double>(seconds) / 3600)
                                : fmt::format("{} days", seconds / 86'400);
}

}  // namespace

std::optional<std::string> ClockWatch::Complaint(Micros ahead, Micros now) {
  if (ahead <= kTooFar) {
    words_.reset();
    return std::nullopt;
  }
  words_ = fmt::format(
      "the time of the newest block is {} ahead of this node's clock: a node with a wrong clock "
      "has led, or this node's clock is behind. Compare the clocks of all nodes and correct them "
      "(timedatectl shows whether a clock is kept); until they have caught up, block times go on "
      "at half speed. Nothing is lost, and agreement does not depend on clocks",
      Duration(ahead));
  if (complained_at_ != 0 && now - complained_at_ < kComplainEvery) {
    return std::nullopt;
  }
  complained_at_ = now;
  return words_;
}

}  // namespace cairn::node
