#pragma once
// What clients and nodes say to each other, as plain structs; each door turns them into what
// its clients speak (net/wire/client_codec.h: Protobuf).
// Every call bears an id that its client chose; the reply bears the same id. A call gets one
// reply (ChainCall: one part; the client asks on from the next slot).

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/answer.h"
#include "api/status_report.h"
#include "common/block.h"
#include "common/types.h"

namespace cairn::api {

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
struct ChainPart {
  std::vector<BlockPtr> blocks;
  Slot tip = 0;  ///< The node's newest slot.
  Slot decided = 0;
};
struct FaultDone {
  std::string words;
};

/// Writes, reads and everything that went wrong are answered with a Answer.
using ReplyBody = std::variant<Welcome, Answer, StatusReport, ChainPart, FaultDone>;
struct ClientReply {
  /// The call's. 0: what came can't be taken, and the Answer says why.
  std::uint64_t id = 0;
  ReplyBody body;
  NodeId node = 0;             ///< Who answers, by its frame; 0: it does not say.
  std::optional<Hash> formed;  ///< Block 1 of its cluster, if it knows it as decided.
};

}  // namespace cairn::api
