#pragma once
// The start of a node: open the directory, verify the chain, replay it into the state, and say
// in a few lines what was found. What comes out is all that a node remembers.

#include <functional>
#include <memory>
#include <string>

#include "common/block.h"
#include "config/cluster.h"
#include "kv/state_machine.h"
#include "node/restart.h"
#include "replica/replica.h"
#include "storage/data_directory.h"
#include "storage/ledger.h"
#include "storage/state.h"

namespace cairn::node {

/// What a node has on its disk, open.
struct Memory {
  storage::DataDirectory directory;
  std::unique_ptr<storage::Ledger> ledger;
  std::unique_ptr<storage::State> state;
  std::unique_ptr<kv::StateMachine> machine;
  replica::Recovered recovered;
};

/// This node was a member of a formed cluster, and has no chain any more: a sentence with what that
/// means and what can be done about it. Empty: nothing of that.
[[nodiscard]] std::string WordsOfALostMember(const Memory& memory);

/// `say` gets the lines for a person; `progress` (done, all), now and then, while blocks are
/// verified.
struct StartUpTalk {
  std::function<void(const std::string& line)> say;
  std::function<void(Slot done, Slot all)> progress;
  /// False ends a start that waits for other nodes (mend.h).
  std::function<bool()> keep_going = [] { return true; };
  /// Begins this program again, for the reason that the sentence says (restart.h). Must not return.
  std::function<void(const std::string& why)> restart = [](const std::string& why) {
    RestartNow(why);
  };
};

/// Errors: those of the storage classes, and Integrity if the chain does not verify (the first bad
/// slot is named and nothing is changed). A state that does not belong to the chain is moved to
/// quarantine/ and rebuilt.
[[nodiscard]] Result<Memory> StartUp(const std::string& directory, const config::Cluster& cluster,
                                     NodeId node, const StartUpTalk& talk);

}  // namespace cairn::node
