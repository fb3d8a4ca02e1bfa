#pragma once
// What this program needs of the system, asked before anything is opened: a library that meets a
// limit in the middle of its work aborts, and a person learns nothing from that. What is asked here
// is what an idle process takes, with room for its work; a limit that is met later is an error with
// a sentence, too.

#include <cstdint>
#include <string>

#include "common/status.h"

namespace cairn::start {

struct Needs {
  std::string who;                  ///< "a node"
  std::uint64_t files = 0;          ///< That are open at the same time.
  std::uint64_t threads = 0;        ///< Beside the first one.
  std::uint64_t address_bytes = 0;  ///< Address space.
  std::uint64_t file_bytes = 0;     ///< The largest file.
};
[[nodiscard]] Needs NeedsOfServer();
/// Every other verb.
[[nodiscard]] Needs NeedsOfTool();

/// Other, naming the limit, its value, the need, and what to do, if a limit of this process is too
/// low. Threads are tried: no number says how many of a user's are taken already.
[[nodiscard]] Status CheckLimits(const Needs& needs);

/// Other, naming what is free and what is needed, if the disk has no room for a start in the data
/// directory (which need not be there yet): its ledger's logs become tables, and every database
/// begins new files. With more room than that and less than a node keeps in reserve it starts, and
/// serves reads (limits.h).
[[nodiscard]] Status CheckRoom(const std::string& directory);

}  // namespace cairn::start
