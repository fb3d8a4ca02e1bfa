#pragma once
// Everything that one node sends to another: the verbs of agreement, and requests that a node
// hands on to the leader for a client that is connected to it.
//
// The network may lose any of them, delay it by minutes and into another life of its receiver, and
// reorder it. The verbs of agreement may come twice, too; what is handed on may not, and over
// ZeroMQ's TCP connections it doesn't: otherwise a node's next life would refuse, as surely not
// applied, a second copy of what its last one has put into a block.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "api/answer.h"
#include "common/block.h"
#include "paxos/message.h"
#include "replica/peer_memory.h"

namespace cairn::replica {

/// Names a request at the node where its client is connected; unique over that node's lives,
/// so that a late answer never reaches another client.
using Token = std::uint64_t;

/// A follower hands a write on to the leader.
struct ForwardWrite {
  Token token = 0;
  Request request;
};

/// A follower hands a linearizable read on to the leader.
struct ForwardRead {
  Token token = 0;
  std::string key;
};

/// R7: "You remember more of me than I do: against which life, and what?" Asked by a node that does
/// not vote until it is answered (doubts.h).
struct AskMemory {
  std::uint64_t number = 0;  ///< Random: who answers has been asked.
};

/// The answer. Nothing is remembered against the asker's life if seen.incarnation is 0.
struct TellMemory {
  std::uint64_t number = 0;
  Seen seen;
};

/// The leader's answer to a Forward.
struct ForwardAnswer {
  Token token = 0;
  api::Answer answer;
};

using Message = std::variant<paxos::Heartbeat, paxos::Prepare, paxos::Promise, paxos::Refuse,
                             paxos::AcceptSync, paxos::Accept, paxos::Accepted, paxos::Behind,
                             paxos::Fetch, paxos::Blocks, paxos::Probe, paxos::ProbeAck,
                             ForwardWrite, ForwardRead, ForwardAnswer, AskMemory, TellMemory>;

/// A message with its sender, as the network certifies it.
struct Inbound {
  NodeId from = 0;
  Incarnation incarnation = 0;
  Message message;
  Stamp stamp = {};  ///< Of the sender's memory.
  Seen seen = {};    ///< What the sender remembers of this node.
};

/// A message to a peer. The network adds sender, incarnation, cluster, version, the stamp of the
/// ledger, and what Replica::SeenOf says of the receiver.
struct Outbound {
  NodeId to = 0;
  Message message;
};

}  // namespace cairn::replica
