#pragma once
// Counts what a program takes from the heap: linked in, it stands in for operator new.

#include <cstdint>

namespace cairn::bench {

/// Calls of operator new so far, of all threads.
[[nodiscard]] std::uint64_t Allocations();

}  // namespace cairn::bench
