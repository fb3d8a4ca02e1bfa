#pragma once
// `cairn verify DIR`: is what a stopped node has on its disk the chain that it says it is?

#include <cstdint>
#include <optional>
#include <string>

#include "common/status.h"
#include "common/types.h"

namespace cairn::node {

struct VerifyCommand {
  std::string directory;
  bool json = false;
};

struct VerifyReport {
  bool ok = false;
  std::uint64_t blocks = 0;  ///< Verified, genesis included.
  std::uint64_t requests = 0;
  Slot tip = 0;
  Hash tip_hash;
  std::optional<Slot> first_bad;
  Status problem;  ///< Not ok: the first problem, as a sentence.
};

/// Reads every block (hash, nonce, requests root, link), replays the decided ones and compares the
/// outcome with state/ as far as that one has applied. Changes nothing.
[[nodiscard]] VerifyReport Verify(const std::string& directory);

/// Prints the report; returns the exit code (6 if anything does not verify).
[[nodiscard]] int RunVerify(const VerifyCommand& command);

}  // namespace cairn::node
