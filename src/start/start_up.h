#pragma once
// The start of a node: open the directory, verify the chain, replay it into the state, and say
// in a few lines what was found. What comes out is all that a node remembers.

#include <functional>
#include <string>

#include "config/cluster.h"
#include "node/durable_state.h"
#include "start/restart.h"

namespace cairn::start {

/// `say` gets the lines for a person; `progress` (done, all), now and then, while blocks are
/// verified.
struct StartUpTalk {
  std::function<void(const std::string& line)> say;
  std::function<void(Slot done, Slot all)> progress;
  /// False ends a start that waits for other nodes (fetch_before_replay.h).
  std::function<bool()> keep_going = [] { return true; };
  /// Begins this program again, for the reason that the sentence says (restart.h). Must not return.
  std::function<void(const std::string& why)> restart = [](const std::string& why) {
    RestartNow(why);
  };
};

/// Errors: those of the storage classes, and Integrity if the chain does not verify (the first bad
/// slot is named and nothing is changed). A state that does not belong to the chain is moved to
/// quarantine/ and rebuilt.
[[nodiscard]] Result<node::DurableState> StartUp(const std::string& directory,
                                                 const config::Cluster& cluster, NodeId self,
                                                 const StartUpTalk& talk);

}  // namespace cairn::start
