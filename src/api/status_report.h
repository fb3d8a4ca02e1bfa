#pragma once
// What a node says of itself to people: status, printQueue.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/ballot.h"
#include "common/types.h"

namespace cairn::api {

struct ReplicaStatus {
  NodeId node = 0;
  /// "leader", "candidate", "follower", "learner" (its incarnation is not in the chain: it has
  /// no vote), "forming" (the cluster has no block 1 yet).
  std::string role;
  Ballot ballot;  ///< Of the leader that it follows or is.
  Ballot promised;
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

/// How one link of a node stands.
struct LinkStatus {
  NodeId peer = 0;
  std::string state;  ///< "up", "silent" (nothing heard lately), "cut" (failLink).
};
struct StatusReport {
  ReplicaStatus replica;
  Incarnation incarnation = 0;
  std::vector<LinkStatus> links;
  std::uint64_t dropped = 0;   ///< Messages that were not understood or not for this cluster.
  Slot verified = 0;           ///< Old blocks that were read and verified since the node started.
  std::uint64_t sessions = 0;  ///< Of clients, that the node's state remembers.
  /// Microseconds of a processor that one turn of the node's loop took at most, since it started: a
  /// breach of what is promised in the night is still to be seen in the morning.
  std::uint64_t longest_turn = 0;
  std::vector<std::string> notes;  ///< What else a person should know, a sentence each.
  std::optional<Hash> formed;      ///< Hash of block 1, once it is known as decided.
};
}  // namespace cairn::api
