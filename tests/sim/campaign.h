#pragma once
// One seed, from birth to judgement: a random cluster under random faults and clients, then
// everything is healed, and what must hold is checked.

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "common/types.h"

namespace cairn::sim {

struct Report {
  std::optional<std::string> failure;  ///< A sentence with the seed; nothing if all held.
  std::uint64_t digest = 0;            ///< Of the trace: equal seeds have equal ones.
  std::uint64_t events = 0;
  Micros virtual_time = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t given_up = 0;
  std::uint64_t kills = 0;
  std::uint64_t lost_disks = 0;
  std::uint64_t leader_changes = 0;
  Slot tip = 0;

  /// Sums up what counts can be summed up; the digest is that of the last.
  void Add(const Report& other);
};

/// `trace`: a line an event, if not null.
[[nodiscard]] Report RunSeed(std::uint64_t seed, std::ostream* trace = nullptr);

}  // namespace cairn::sim
