#pragma once
// What a turn of a node's loop may take of a processor's time, and each kind of work of it, so that
// a turn ends within 20 ms whatever is asked. The simulator's nodes keep to the same numbers
// (tests/sim/labour.h).

#include <cstddef>

#include "common/types.h"

namespace cairn::node {

/// Microseconds by which a turn takes no more messages of peers, and none of clients.
inline constexpr Micros kPeersTime = 4'000;
inline constexpr Micros kClientsTime = 3'000;
/// Microseconds for the questions that are answered from what is durable.
inline constexpr Micros kQuestionsTime = 3'000;
/// Microseconds by which a turn begins no further step.
inline constexpr Micros kTurnTime = 8'000;
/// Chunks of catch-up that may wait, each of which reads up to kMaxCatchUpBytes in a turn of its
/// own. Who asks for more than this at once asks again.
inline constexpr std::size_t kMostServes = 16;

}  // namespace cairn::node
