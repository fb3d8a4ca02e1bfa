#pragma once
// The replay: brings the state up to what is decided, from the chain. It reads from the block that
// the state has applied last to the tip, and no other: what stands before was verified when it
// was applied, and is verified again beside the running node. So a start costs what was written
// since the state's last file, however long the chain is.

#include <functional>
#include <string>

#include "kv/state_machine.h"
#include "replica/replica.h"
#include "storage/ledger/ledger.h"
#include "storage/state/state.h"

namespace cairn::start {

/// What a replay works on; owns nothing.
struct ReplayOf {
  const storage::Ledger* ledger;
  std::string ledger_path;  ///< For the messages.
  storage::State* state;
  kv::StateMachine* machine;  ///< Lives on `state`.
};

/// Verifies each block from the applied one on, by itself and by its link to the one before,
/// applies those that are decided, and fills `recovered`: the head, and the blocks that the replica
/// wants in memory. `progress` (slot, tip) is called now and then. Integrity, naming the first bad
/// slot, if the chain does not verify; what stands before it is applied then. Requires: the state
/// has not applied beyond the tip.
[[nodiscard]] Status Replay(const ReplayOf& of, replica::Recovered* recovered,
                            const std::function<void(Slot done, Slot all)>& progress);

}  // namespace cairn::start
