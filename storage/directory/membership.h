#pragma once
// Who was once a member of a formed cluster never takes part in forming one: a cluster whose nodes
// have all lost their chains would begin anew, empty, and nobody would notice. The identity says so
// (Identity::formed) from the moment at which block 1 is known as decided; in directories of older
// programs, and where the identity was lost, other files show it.

#include <string>

#include "common/status.h"
#include "replica/effects.h"

namespace cairn::storage {

/// A head like this stands only in a ledger of a formed cluster: block 1 is decided, or there is a
/// block upon it, which nobody proposes before.
[[nodiscard]] bool ShowsMembership(const replica::LedgerHead& head);

/// The file in the directory (guard, state/ or quarantine/, absolute) that shows that its node was
/// a member of a formed cluster; empty: none does. Other if one can't be read.
Result<std::string> FindProofOfMembership(const std::string& directory);

}  // namespace cairn::storage
