#pragma once
// What leaves for peers: two DEALERs a peer, one for each lane (replica/lane.h), and one frame a
// lane for all that is said to a peer at once. Nothing here waits; what could not be sent is
// counted.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>
#include <zmq.hpp>

#include "common/types.h"
#include "net/peers/links.h"
#include "net/peers/peer_codec.h"
#include "net/wire/endpoint.h"
#include "net/wire/queued_bytes.h"
#include "net/wire/warn_limiter.h"
#include "replica/lane.h"
#include "replica/peer_message.h"

namespace cairn::net {

class Outbox {
 public:
  /// `header` is that of all frames, but for the addressee, the stamp and what is seen. What is
  /// pointed to is not owned and must outlive this object.
  Outbox(PeerHeader header, zmq::context_t* context, Links* links, WarnLimiter* limiter);

  /// Opens the connections to these peers, and closes all that were open before.
  void Connect(const std::vector<PeerAddress>& peers);
  /// Throws away what came over one of the connections, each in its turn: nobody says anything
  /// there. Where more comes than a little, the connection is closed with all that it holds, and
  /// opened again. To be called again and again.
  void Tend();
  /// All later frames name the cluster by its block 1, too.
  void SetFormed(const Hash& block_1) { header_.cluster.formed = block_1; }
  /// Whether the last Connect named the peer.
  [[nodiscard]] bool Knows(NodeId id) const { return peers_.contains(id); }

  /// As PeerNetwork::Send. Nothing is said over a link that is cut, and nothing to a node
  /// that this one does not know.
  void Send(std::span<const replica::Outbound> messages, const replica::Stamp& stamp,
            const std::function<replica::Seen(NodeId)>& seen_of);
  /// Tells a peer that the link was cut or mended, if it must still be told and can be now.
  void Announce(NodeId id);
  /// Bytes of answers (replica::ForwardAnswer) that may be sent to the peer now: they are never
  /// dropped, and must not take the place of blocks.
  [[nodiscard]] std::size_t AnswerRoom(NodeId id) const;
  /// Messages that could not be sent: no connection, a full queue, too large.
  [[nodiscard]] std::uint64_t unsent() const { return unsent_; }

 private:
  struct Connection {
    zmq::socket_t dealer;
    QueuedBytes queued;
    // The last frame was not taken, or there was none yet: the socket is asked before the next one
    // is put together, so that blocks for a node that is down are not encoded in vain.
    bool doubtful = true;
  };
  using Peer = std::array<Connection, 2>;  // By lane.
  using Batch = std::vector<const replica::Message*>;

  /// Not ok if there is no connection now.
  Status Open(const PeerAddress& peer, Connection* connection);
  void Tend(const PeerAddress& peer, Connection* connection);
  void Announce(NodeId id, Connection& connection);
  void SendBatch(NodeId id, Connection& connection, std::span<const replica::Message* const> batch);

  PeerHeader header_;  // Of the next frame.
  zmq::context_t* context_;
  Links* links_;
  WarnLimiter* limiter_;
  std::vector<PeerAddress> addresses_;  // Of peers_.
  std::map<NodeId, Peer> peers_;
  std::size_t tended_ = 0;  // Connections, so far.
  PeerEncoder encoder_;
  std::array<Batch, 2> batches_;  // To one peer, by lane.
  std::uint64_t unsent_ = 0;
};

}  // namespace cairn::net
