#pragma once
// One run, from birth to judgement: a cluster under the faults and clients of a plan, then
// everything is healed, and what must hold is checked.

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "common/types.h"
#include "sim/plan.h"
#include "sim/situations.h"

namespace cairn::sim {

struct Report {
  std::optional<std::string> failure;  ///< A sentence; nothing if all held.
  std::uint64_t digest = 0;            ///< Of the trace: equal runs have equal ones.
  std::uint64_t runs = 1;
  std::uint64_t events = 0;
  Micros virtual_time = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t given_up = 0;
  std::uint64_t faults = 0;
  std::uint64_t leader_changes = 0;
  Situations situations;

  /// Sums up what counts can be summed up; the digest is that of the last.
  void Add(const Report& other);
};

/// `trace`: a line an event, if not null.
[[nodiscard]] Report Run(const Plan& plan, std::ostream* trace = nullptr);

/// The smallest plan found, by leaving out faults, clients, nodes and losses, that still fails (in
/// whatever way). `tries`: runs at the most.
[[nodiscard]] Plan Shrink(Plan plan, int tries = 400);

}  // namespace cairn::sim
