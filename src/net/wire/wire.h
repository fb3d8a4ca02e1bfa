#pragma once
// What every frame says beside its messages, on both wires, as plain structs, and the numbers that
// bound a frame. No Protobuf here: the codecs' own headers build on this one.
//
// A frame costs each side some microseconds, whatever is in it; so all that is said to somebody at
// once goes into one, in order. Each message stands alone: one that is refused says nothing against
// the others of its frame.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/limits.h"
#include "common/types.h"
#include "replica/peer_memory.h"

namespace cairn::net {

/// Of the protocol; another one is refused by name.
inline constexpr std::uint32_t kWireVersion = 3;
/// Bytes of one frame, envelope included. The socket closes a connection that exceeds it.
inline constexpr std::size_t kMaxPeerFrameBytes = kMaxPeerMessageBytes + 4096;
inline constexpr std::size_t kMaxCallFrameBytes = kMaxClientMessageBytes;
/// A reply's largest load is a part of the chain: a catch-up chunk, or one block beyond it.
inline constexpr std::size_t kMaxReplyFrameBytes =
    kMaxCatchUpBytes + kMaxEncodedBlockBytes + std::size_t{64} * 1024;
/// Messages of one frame. More are refused before they are looked at.
inline constexpr std::size_t kMaxBatch = 4096;
/// Bytes. A message that would make a frame larger than this begins the next one, which may be as
/// large as it must: receivers begin with a frame when they have all of it.
inline constexpr std::size_t kBatchBytes = std::size_t{256} * 1024;
/// Bytes of a text for people: an answer's sentence.
inline constexpr std::size_t kMaxTextBytes = std::size_t{64} * 1024;
/// Bytes of a cluster's name. Cluster files allow fewer; a stranger may send anything.
inline constexpr std::size_t kMaxWireNameBytes = 256;
/// Slots, rounds and other counts are below this: at a million a second it takes two thousand
/// years to get there by counting, so that a larger one is a lie that would burn the rest.
inline constexpr std::uint64_t kMaxPlausible = std::uint64_t{1} << 56;

/// Which cluster a frame belongs to.
struct ClusterTag {
  Hash genesis;      ///< Hash of the genesis block.
  std::string name;  ///< As the cluster file has it: any bytes.
  /// Hash of block 1, which names random incarnations: clusters that were made from one file differ
  /// in it. Nothing as long as the sender does not know it as decided.
  std::optional<Hash> formed = std::nullopt;
};

/// What every frame between nodes says of itself, as yet unchecked but for its form.
struct PeerHeader {
  std::uint32_t version = kWireVersion;
  ClusterTag cluster;
  NodeId from = 0;
  NodeId to = 0;
  Incarnation incarnation = 0;
  replica::Stamp stamp = {};
  replica::Seen seen = {};
};

/// The same of frames between client and node.
struct ClientHeader {
  std::uint32_t version = kWireVersion;
  ClusterTag cluster;
  NodeId node = 0;  ///< Replies only: the node that answers.
};

/// Returns memory for a frame of that many bytes, or null. So a message is written once, into the
/// memory that is sent.
using Allocate = std::function<std::uint8_t*(std::size_t bytes)>;

}  // namespace cairn::net
