#pragma once
// One end of a plan: the disks of a majority are full, whatever was in flight, and nothing else is
// wrong. Writes are refused, and reads must go on at every node (R9).

#include <optional>
#include <string>

#include "sim/world.h"

namespace cairn::sim {

/// The breach as a sentence. All faults are ended first; the disks stay full.
[[nodiscard]] std::optional<std::string> ReadsGoOnWithFullDisks(World* world);

}  // namespace cairn::sim
