#pragma once
// A client's session (R10): what makes a retry recognizable.

#include <optional>

#include "client/transport.h"
#include "common/types.h"

namespace cairn::client {

/// A session that was idle for so long is given up for a new one. Only one that the cluster has
/// evicted is a danger: then it can't tell whether a request is a retry, and must not apply it. For
/// that 100,000 others must be used in the meantime, and a cluster does so much in seconds.
inline constexpr Micros kSessionIdle = 1'000'000;

struct Session {
  ClientId id = 0;
  Sequence next = 1;
  std::optional<Slot> base;  ///< Fixed by the first transmission.
  Micros last_use = 0;
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
