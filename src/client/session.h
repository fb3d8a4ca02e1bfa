#pragma once
// A client's session (R10): what makes a retry recognizable.

#include <algorithm>
#include <optional>

#include "client/transport.h"
#include "common/types.h"

namespace cairn::client {

/// A session that was idle for so long is given up for a new one: half the time for which the
/// cluster keeps it (kSessionRest of common/limits.h). Of an evicted session the cluster can't tell
/// whether a request is a retry, and must not apply it. A shorter time would fill the cluster's
/// table with sessions that nobody uses any more.
inline constexpr Micros kSessionIdle = 15'000'000;

struct Session {
  ClientId id = 0;
  Sequence next = 1;
  std::optional<Slot> base;  ///< Fixed by the first transmission, but for what follows.
  Micros last_use = 0;

  /// It was idle for too long: the cluster may evict it, or has.
  [[nodiscard]] bool IsOld(Micros now) const { return base && now - last_use > kSessionIdle; }

  /// For the next transmission; `decided` is what the client knows now. A lower base than the true
  /// one is always safe: the cluster only takes the session for evicted sooner.
  Slot BaseFor(Slot decided) {
    base = std::min(base.value_or(decided), decided);
    return *base;
  }
};

/// With a random id.
[[nodiscard]] inline Session NewSession(const Environment& environment) {
  Session session;
  while (session.id == 0) {
    session.id = environment.random();
  }
  session.last_use = environment.now();
  return session;
}

}  // namespace cairn::client
