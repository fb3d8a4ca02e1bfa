#pragma once
// The replay: brings the state up to what is decided, from the chain. Every block that it reads
// verifies by itself and stands on the one before.

#include <functional>
#include <string>

#include "kv/state_machine.h"
#include "replica/replica.h"
#include "storage/ledger.h"

namespace cairn::node {

/// Verifies and replays the chain of `ledger` into `machine`, and fills `recovered`: the head, and
/// the blocks that the replica wants in memory. `ledger_path` is for the messages; `progress`
/// (done, all) is called now and then. Integrity, naming the first bad slot, if the chain does not
/// verify.
[[nodiscard]] Status VerifyAndReplay(const storage::Ledger& ledger, const std::string& ledger_path,
                                     kv::StateMachine* machine, replica::Recovered* recovered,
                                     const std::function<void(Slot done, Slot all)>& progress);

}  // namespace cairn::node
