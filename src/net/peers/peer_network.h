#pragma once
// How a node hears and speaks with the other nodes: a Listener at peer_port receives, one DEALER a
// peer sends. The event loop owns it, and one thread uses it.
//
// A frame holds many messages, for it is the frame that costs. What is sent to one peer in one call
// shares a frame; and what arrives in one frame is handed out message by message, in its order.
//
// Every send is lossy and never blocks; what could not be sent is counted. A message is taken
// only from a known node of the same cluster and version: the function SenderOf decides that, and
// nothing else does. Hostile bytes are dropped, counted, and logged at a bounded rate: a frame that
// can't be parsed, is too large, holds too many messages or comes from somebody else is dropped as
// a whole; of a good sender's frame only the messages that have something wrong in them, so that
// one that a receiver can't bear does not take the others with it, each time that it is repeated.
//
// Links: failLink drops the traffic between this node and a peer in both directions, right
// above the socket and below the replica. The other end is told by a message that a cut does not
// stop, as soon as a connection stands.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/status.h"
#include "common/types.h"
#include "net/wire/endpoint.h"
#include "net/wire/port.h"
#include "replica/peer_message.h"

namespace cairn::net {

struct PeerNetworkOptions {
  NodeId self = 0;
  Incarnation incarnation = 0;
  Hash cluster;  ///< Hash of the genesis block.
  std::string cluster_name;
  std::string host;  ///< Where the port is bound.
  std::uint16_t peer_port = 0;
  std::vector<PeerAddress> peers;  ///< All nodes but self.
  /// Whether another node's failLink is obeyed here.
  bool allow_faults = true;
  /// A line for the log; called at a bounded rate.
  std::function<void(const std::string&)> warn;
};

class PeerNetwork final : public Port {
 public:
  /// Binds and begins to connect to all peers. Other, naming the address and what to do, if the
  /// port is taken or can't be bound.
  static Result<std::unique_ptr<PeerNetwork>> Open(PeerNetworkOptions options);
  ~PeerNetwork() override;
  PeerNetwork(const PeerNetwork&) = delete;
  PeerNetwork& operator=(const PeerNetwork&) = delete;

  [[nodiscard]] int descriptor() const override;
  [[nodiscard]] bool MayReceive() override;
  void Look() override;
  void Tend() override;
  void StayAlive() override;

  /// The next message that waits; nothing if none does. What is refused on the way is dropped, but
  /// only so much of it at a time that a flood of garbage can't hold up the caller: then nothing is
  /// returned, and MayReceive is true.
  std::optional<replica::Inbound> Next();

  /// Sends messages in their order, those to one peer in as few frames as their size allows.
  /// `stamp` and what `seen_of` says of the receiver travel in every frame (R7).
  void Send(std::span<const replica::Outbound> messages, const replica::Stamp& stamp,
            const std::function<replica::Seen(NodeId)>& seen_of);
  void Send(const replica::Outbound& message, const replica::Stamp& stamp,
            const replica::Seen& seen);
  [[nodiscard]] const std::vector<NodeId>& peers() const;
  /// As Outbox's.
  [[nodiscard]] std::size_t AnswerRoom(NodeId peer) const;

  /// Block 1 is decided, and this is its hash: from now on every frame names it, and whoever names
  /// another one is refused.
  void SetFormed(const Hash& block_1);

  /// Cuts (or mends) the link to `peer`, here and, by a message, at the other end.
  void FailLink(NodeId peer);
  void FixLink(NodeId peer);
  [[nodiscard]] bool IsCut(NodeId peer) const;
  /// Closes and opens again the connections to all peers but those in `leave_out`, to which nothing
  /// is sent and from which nothing is taken until the next Reconnect.
  void Reconnect(const std::vector<NodeId>& leave_out);

  /// Where the node's frames of that life come from, "address:port"; or words that say that they
  /// have not come lately.
  [[nodiscard]] std::string AddressOf(NodeId node, std::uint64_t life) const;

  /// Messages that were not understood, or not for this node or its cluster.
  [[nodiscard]] std::uint64_t dropped() const;
  /// Messages that could not be sent: no connection, a full queue, too large.
  [[nodiscard]] std::uint64_t unsent() const;

 private:
  struct Impl;
  explicit PeerNetwork(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::net
