#pragma once
// `cairn verify DIR`: is what a stopped node has on its disk the chain that it says it is, is its
// memory of what it promised whole, and is its state the replay of its chain?

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/status.h"
#include "common/types.h"
#include "replica/effects.h"

namespace cairn::offline {

struct VerifyCommand {
  std::string directory;
  bool json = false;
};

struct VerifyReport {
  bool ok = false;
  std::uint64_t blocks = 0;  ///< Verified, genesis included, before the first bad one.
  std::uint64_t requests = 0;
  Slot tip = 0;  ///< The last block that was verified.
  Hash tip_hash;
  Slot decided = 0;
  std::vector<replica::Hole> holes;  ///< Decided blocks that are known to be lost.
  std::optional<Slot> state;         ///< Where the state that was compared stands.
  std::optional<Slot> first_bad;
  Status problem;  ///< Not ok: the first problem, as a sentence.
  /// What else is wrong, a sentence each. An altered head, for one, shows in the blocks too.
  std::vector<std::string> besides;
  /// What a power loss left of the write that was under way, a sentence each: no fault.
  std::vector<std::string> torn;
};

/// Reads every block (hash, nonce, requests root and thereby all values, link, and the tip's hash
/// as the head names it), then asks whether ledger, guard and identity fit each other, whether
/// blocks are known to be lost, and whether state/ is the replay of the chain as far as it has
/// applied it. Changes nothing.
[[nodiscard]] VerifyReport Verify(const std::string& directory);

/// Prints the report; returns the exit code (6 if anything does not verify).
[[nodiscard]] int RunVerify(const VerifyCommand& command);

}  // namespace cairn::offline
