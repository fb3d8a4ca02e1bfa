#pragma once
// The folder quarantine/ of a data directory, where what was found damaged is kept, for a person to
// look at and perhaps to put back.

#include <string>

#include "common/status.h"

namespace cairn::storage {

/// Moves `directory`/`name` to `directory`/quarantine/`name`-1 (or the next free number), durably.
/// Returns the new absolute path. Nothing may have it open.
Result<std::string> MoveToQuarantine(const std::string& directory, const std::string& name);

/// Puts the bytes into a new file `directory`/quarantine/`name`-1 (or the next free number),
/// durably. Returns its absolute path.
Result<std::string> KeepInQuarantine(const std::string& directory, const std::string& name,
                                     const std::string& bytes);

}  // namespace cairn::storage
