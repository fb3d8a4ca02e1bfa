#pragma once
// R7 when nobody remembers: the ledgers of all nodes are lost, or of so many that no majority is
// left, and beside them it still stands written that these nodes were members. They must never
// begin another history, however long they wait and whoever comes back.

#include <optional>
#include <string>

#include "sim/world.h"

namespace cairn::sim {

/// Takes the ledgers away and has the nodes try for a while: the world is of no use after that.
/// Nothing, or the sentence. Requires: the cluster has formed.
[[nodiscard]] std::optional<std::string> NeverFormsAnew(World* world);

}  // namespace cairn::sim
