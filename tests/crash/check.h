#pragma once
// The judge of the crash loop: what the clients saw against the chain that is left.
//
//   C1  each key's operations are linearizable (sim/history.h)
//   C2  an acknowledged write is applied: its first place in the chain is the slot of the answer
//   C3  a write that was refused as surely not applied is not applied
//   C4  nothing is in the chain that no client asked for
//   C5  a read, and the answer of a deletion, is what the chain says at that slot
//   C6  nothing damaged, and no answer but ok, not_found, unavailable and unknown_outcome
//
// A request may be in two blocks, when its client asked again; it is applied in the first one
// (R10). One with a lower sequence than an applied one of the same client is not applied any more,
// because these clients have one request open at a time.

#include <cstdint>
#include <string>
#include <vector>

#include "crash/record.h"

namespace cairn::crash {

struct Verdict {
  std::uint64_t keys = 0;
  std::uint64_t operations = 0;           ///< All that are in the history.
  std::uint64_t acknowledged_writes = 0;  ///< All of them found applied, if there is no breach.
  std::uint64_t reads = 0;                ///< Answered.
  std::uint64_t refused = 0;
  std::uint64_t unknown_applied = 0;  ///< Writes of unknown outcome that the chain has.
  std::uint64_t unknown_absent = 0;   ///< Those that it has not.
  std::uint64_t asked_again = 0;      ///< Second places in the chain, not applied.
  std::uint64_t readmissions = 0;     ///< Blocks that readmit a node.
  /// Sentences that name the rule and the operation; at most kMaxBreaches, and how many there are.
  std::vector<std::string> breaches;
  std::uint64_t breach_count = 0;
};

inline constexpr std::size_t kMaxBreaches = 20;

[[nodiscard]] Verdict Judge(const std::vector<Record>& history,
                            const std::vector<ChainBlock>& chain);

}  // namespace cairn::crash
