#pragma once
// A plan: everything that one run of the simulator does, worked out from a seed before it begins,
// so that a failing run can be shrunk by leaving parts of it out.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/world.h"

namespace cairn::sim {

/// One fault. Whom it meets is settled when it happens, by `dice` alone.
struct Fault {
  enum class Kind : std::uint8_t {
    kKillAny,
    kKillLeader,
    kKillAll,
    kKillBeforeCommit,
    kKillAfterCommit,
    kPauseAny,
    kPauseLeader,
    kCutOneWay,
    kCutBothWays,
    kCutOffLeader,
    kPartition,
    kHeal,
    kLoseDisk,
    kRotBlock,
    kRollingRestart,
    kLongDown,
    kClockJump,
    kSlowDisk,
    kStand,
    kDuel,
    kFullDisks,
    kLie,
    kCount,
  };
  std::size_t number = 0;  ///< Its place in the whole plan, for naming it.
  Kind kind = Kind::kHeal;
  Micros at = 0;  ///< After the beginning.
  std::uint64_t dice = 0;
};

struct Plan {
  std::uint64_t seed = 0;
  WorldOptions world;
  std::size_t clients = 1;
  bool real_clients = false;  ///< Those of src/client, in front of doors (doors.h).
  Micros duration = 0;        ///< Of the faults; then all is healed.
  std::vector<Fault> faults;
  /// In plans in which work takes time (WorldOptions::labour): so many questions for the chain are
  /// open at each node.
  std::size_t questions = 0;
  /// Of some plans: when all is healed, the network and the machines are like this for a while.
  std::optional<Hardship> hardship;

  /// In the end all ledgers are lost, or all but a few.
  bool lose_ledgers = false;

  /// The arguments of cairn-sim that run this plan.
  [[nodiscard]] std::string Arguments() const;
};

[[nodiscard]] Plan PlanOf(std::uint64_t seed);

/// Makes the fault happen in the world, now.
void Strike(World* world, const Fault& fault);

}  // namespace cairn::sim
