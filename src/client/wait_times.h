#pragma once
// How long a client waits where no option (options.h) says so, each time with its reason.

#include <algorithm>

#include "client/options.h"
#include "common/types.h"

namespace cairn::client {

/// How often a wait looks whether the connection stands.
inline constexpr Micros kSlice = 10'000;
/// A node without a leader waits for one before it refuses (paxos::Timing: silence and park).
inline constexpr Micros kRefusalTime = 1'000'000;

/// The pause before the next node is asked, after the last one (0: there was none): short at
/// first, for a change of leaders is soon over, then longer, so as not to burden nodes that can't.
[[nodiscard]] inline Micros NextPause(Micros last) {
  return std::clamp<Micros>(2 * last, 20'000, 200'000);
}

/// For a connected node to answer a Hello: a short time-out still leaves time for a second and a
/// third node.
[[nodiscard]] inline Micros HelloTime(const Options& options) {
  return std::min(options.hello_timeout, std::max<Micros>(options.timeout / 3, 50'000));
}

}  // namespace cairn::client
