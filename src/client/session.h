#pragma once
// A client's session (R10): what makes a retry recognizable.

#include <optional>

#include "client/transport.h"
#include "common/types.h"

namespace cairn::client {

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
