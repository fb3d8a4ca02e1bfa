#pragma once
// The file that asks the next start of a node to salvage its ledger (salvage.h).

#include <cstddef>
#include <string>

#include "common/status.h"

namespace cairn::storage {

/// Its name in the data directory; its text says why.
inline constexpr const char* kSalvageMark = "salvage";
/// Of its text.
inline constexpr std::size_t kMaxSalvageReasonBytes = std::size_t{64} << 10;

/// Asks the next start to salvage the ledger: durably, for when a read, a check or a compaction has
/// met damage. The process should end soon; `reason` is said by the next one.
Status MarkForSalvage(const std::string& directory, const std::string& reason);

}  // namespace cairn::storage
