#pragma once
// StopNow: the end of a process whose durability or integrity is in doubt (R6).

#include "common/status.h"

namespace cairn {

/// Writes the status's sentence to standard error and ends the process at once with its exit
/// code: no destructor runs, no file is closed, nothing more is written (closing RocksDB after
/// a failed write aborts, and a second sync after a failed one lies).
[[noreturn]] void StopNow(const Status& why);

}  // namespace cairn
