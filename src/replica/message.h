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

#include "common/block.h"
#include "common/status.h"
#include "paxos/message.h"
#include "replica/witness.h"

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

/// What a client is told, whichever way the request went.
struct Answer {
  /// Of kFull, and of kUnknownOutcome with a slot, a client knows that the transmission which is
  /// answered so did nothing and never will; others of the same request may have done it.
  Code code = Code::kOk;
  std::string message;  ///< A sentence for a person unless code is kOk.
  Slot slot = 0;        ///< Decided at (writes), read at (reads), or known as decided (errors).
  std::string value;    ///< Reads only.
  NodeId leader = 0;    ///< A hint: whom to ask next; 0 if unknown.
};

/// The leader's answer to a Forward.
struct ForwardAnswer {
  Token token = 0;
  Answer answer;
};

using Message = std::variant<paxos::Heartbeat, paxos::Prepare, paxos::Promise, paxos::Refuse,
                             paxos::Sync, paxos::Accept, paxos::Accepted, paxos::Behind,
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
