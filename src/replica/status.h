#pragma once
// What a replica says of itself to people: status, printQueue.

#include <string>
#include <vector>

#include "common/types.h"
#include "paxos/ballot.h"

namespace cairn::replica {

struct ReplicaStatus {
  NodeId node = 0;
  /// "leader", "candidate", "follower", "learner" (its incarnation is not in the chain: it has
  /// no vote), "forming" (the cluster has no block 1 yet).
  std::string role;
  paxos::Ballot ballot;  ///< Of the leader that it follows or is.
  paxos::Ballot promised;
  Slot decided = 0;
  Slot applied = 0;
  Slot tip = 0;
  Hash tip_hash;
  NodeId leader = 0;            ///< 0: none known.
  bool quorum = false;          ///< It leads with a quorum behind it, or hears a leader that does.
  std::size_t heard = 0;        ///< Nodes that it hears and that hear it, itself included.
  std::vector<NodeId> missing;  ///< Nodes that it does not hear (while forming: whom it waits for).
  Slot goal = 0;                ///< The greatest slot that a node it hears knows as decided.
  Slot lost = 0;      ///< Decided blocks that its disk has lost and that are fetched again.
  Micros ahead = 0;   ///< By so much the newest block's time is ahead of this node's clock.
  bool full = false;  ///< Its disk is full: it takes no new blocks.
  std::string words;  ///< The situation as a sentence for a person.
};

/// One waiting request, for printQueue.
struct QueueEntry {
  std::string what;       ///< "put key", "get key".
  std::string waits_for;  ///< "a place in a block", "a quorum for slot 7", "the leader 3", …
};

}  // namespace cairn::replica
