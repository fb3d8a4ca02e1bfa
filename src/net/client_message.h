#pragma once
// What clients and nodes say to each other, as plain structs; codec.h turns them into Protobuf.
// Every call bears an id that its client chose; the reply bears the same id. A call gets one
// reply (ChainCall: one part; the client asks on from the next slot).

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/block.h"
#include "common/status.h"
#include "common/types.h"
#include "replica/message.h"
#include "replica/status.h"

namespace cairn::net {

/// The first call of a client: who are you, and what is decided? (sessions need a base slot)
struct Hello {};
/// A put or delete, exactly once by (client, sequence).
struct Write {
  Request request;
};
/// A linearizable read.
struct Read {
  std::string key;
};
/// What this node has, possibly old: asked for by name.
struct StaleRead {
  std::string key;
};
struct StatusCall {};
/// Blocks first..last (inclusive) as this node has them; the part may end earlier (size).
struct ChainCall {
  Slot first = 0;
  Slot last = 0;
};
struct FaultCall {
  enum class Kind : std::uint8_t { kFailLink = 1, kFixLink = 2, kFailProcess = 3 };
  Kind kind = Kind::kFailLink;
  NodeId a = 0;  ///< Links only: one end, the node that is called.
  NodeId b = 0;  ///< Links only: the other end.
};

using CallBody = std::variant<Hello, Write, Read, StaleRead, StatusCall, ChainCall, FaultCall>;
struct ClientCall {
  std::uint64_t id = 0;
  CallBody body;
};

struct Welcome {
  NodeId node = 0;
  std::string cluster_name;
  Hash cluster;  ///< Hash of the genesis block.
  Slot decided = 0;
  NodeId leader = 0;  ///< 0: none known.
};
/// How one link of a node stands.
struct LinkStatus {
  NodeId peer = 0;
  std::string state;  ///< "up", "silent" (nothing heard lately), "cut" (failLink).
};
struct StatusReport {
  replica::ReplicaStatus replica;
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
struct ChainPart {
  std::vector<BlockPtr> blocks;
  Slot tip = 0;  ///< The node's newest slot.
  Slot decided = 0;
};
struct FaultDone {
  std::string words;
};

/// Writes, reads and everything that went wrong are answered with a replica::Answer.
using ReplyBody = std::variant<Welcome, replica::Answer, StatusReport, ChainPart, FaultDone>;
struct ClientReply {
  /// The call's. 0: what came can't be taken, and the Answer says why.
  std::uint64_t id = 0;
  ReplyBody body;
  NodeId node = 0;             ///< Who answers, by its frame; 0: it does not say.
  std::optional<Hash> formed;  ///< Block 1 of its cluster, if it knows it as decided.
};

}  // namespace cairn::net
