#pragma once
// All that a node remembers, open: what its start hands to its loop.

#include <memory>
#include <string>

#include "kv/state_machine.h"
#include "replica/replica.h"
#include "storage/directory/data_directory.h"
#include "storage/ledger/ledger.h"
#include "storage/state/state.h"

namespace cairn::node {

/// What a node has on its disk, open.
struct DurableState {
  storage::DataDirectory directory;
  std::unique_ptr<storage::Ledger> ledger;
  std::unique_ptr<storage::State> state;
  std::unique_ptr<kv::StateMachine> machine;
  replica::Recovered recovered;
};

/// This node was a member of a formed cluster, and has no chain any more: a sentence with what that
/// means and what can be done about it. Empty: nothing of that.
[[nodiscard]] std::string WordsOfALostMember(const DurableState& durable);

}  // namespace cairn::node
