#pragma once
// Who sent a frame, and whether to listen: the one place where a node decides that.

#include <string>
#include <vector>

#include "common/status.h"
#include "net/wire/wire.h"

namespace cairn::net {

/// What a node knows of itself and its cluster when it judges a sender.
struct Membership {
  NodeId self = 0;
  ClusterTag cluster;
  std::vector<NodeId> peers;
};

/// The node that sent the frame with this header. Usage, naming both sides, if it speaks another
/// version of the protocol, belongs to another cluster (by its file, or by block 1 where both sides
/// know that), is no peer, or meant another node.
/// `remote` is where it came from, for the words.
///
/// As long as links are not encrypted the header is believed. Once they are, what the encryption
/// certifies (ZeroMQ's User-Id of the frame) decides here, and the header must agree with it.
[[nodiscard]] Result<NodeId> SenderOf(const PeerHeader& header, const std::string& remote,
                                      const Membership& membership);

/// Ok if a client's frame is for this node's cluster and version; else Usage, naming both sides.
[[nodiscard]] Status ClientAllowed(const ClientHeader& header, const Membership& membership);

}  // namespace cairn::net
