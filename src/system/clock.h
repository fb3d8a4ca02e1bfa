#pragma once
// The two clocks of the process, and its source of real randomness.

#include <cstdint>

#include "common/types.h"

namespace cairn::system {

/// Since an arbitrary start; never goes back.
[[nodiscard]] Micros MonotonicNow();
/// That this thread has spent on a processor.
[[nodiscard]] Micros ThreadTime();
/// Since the Unix epoch; may jump.
[[nodiscard]] Micros WallNow();
/// 64 bits from the kernel.
[[nodiscard]] std::uint64_t RandomBits();

}  // namespace cairn::system
