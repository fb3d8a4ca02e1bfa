#include "net/outbox.h"

#include <optional>
#include <string>
#include <utility>

#include "net/zmq_io.h"

namespace cairn::net {
namespace {

// In frames: a peer that does not read gets what the replica has in flight, and its heartbeats.
constexpr SocketBounds kBounds = {.send_queue = 512, .max_frame_bytes = 4096};

}  // namespace

Outbox::Outbox(PeerHeader header, zmq::context_t* context, Links* links, WarnLimiter* limiter)
    : header_(std::move(header)), context_(context), links_(links), limiter_(limiter) {}

void Outbox::Connect(const std::vector<PeerAddress>& peers) {
  peers_.clear();
  for (const PeerAddress& peer : peers) {
    Result<zmq::socket_t> dealer =
        MakeDealer(*context_, kBounds, Redial::kSteady, peer.host, peer.peer_port);
    if (dealer.ok()) {
      peers_.emplace(peer.id, Peer{.dealer = std::move(dealer).value()});
    } else {
      limiter_->Warn("no link to node " + std::to_string(peer.id) + ": " +
                     dealer.status().message());
    }
  }
}

void Outbox::Announce(NodeId id) {
  if (const auto found = peers_.find(id); found != peers_.end()) {
    Announce(id, found->second);
  }
}

// Until the socket takes it, it is tried again with every frame to the peer.
void Outbox::Announce(NodeId id, Peer& peer) {
  const std::optional<bool> cut = links_->Untold(id);
  if (!cut || !EventsOf(peer.dealer).can_send) {
    return;
  }
  header_.to = id;
  zmq::message_t frame;
  if (encoder_.Encode(header_, LinkFault{.cut = *cut}, InFrame(frame)).ok() &&
      TrySend(peer.dealer, frame)) {
    links_->Told(id);
  }
}

void Outbox::Send(std::span<const replica::Outbound> messages, const replica::Stamp& stamp,
                  const std::function<replica::Seen(NodeId)>& seen_of) {
  header_.stamp = stamp;
  for (auto& [id, peer] : peers_) {
    batch_.clear();
    for (const replica::Outbound& message : messages) {
      if (message.to == id) {
        batch_.push_back(&message.message);
      }
    }
    if (!batch_.empty()) {
      header_.seen = seen_of(id);
      SendBatch(id, peer);
    }
  }
}

void Outbox::SendBatch(NodeId id, Peer& peer) {
  Announce(id, peer);
  if (links_->IsCut(id)) {
    return;
  }
  header_.to = id;
  std::span<const replica::Message* const> rest = batch_;
  while (!rest.empty()) {
    if (peer.doubtful && !EventsOf(peer.dealer).can_send) {
      unsent_ += rest.size();
      return;
    }
    zmq::message_t frame;
    const Result<std::size_t> taken = encoder_.Encode(header_, rest, InFrame(frame));
    if (!taken.ok()) {
      ++unsent_;
      limiter_->Warn("to node " + std::to_string(id) + ": " + taken.status().message());
      rest = rest.subspan(1);
      continue;
    }
    peer.doubtful = !TrySend(peer.dealer, frame);
    if (peer.doubtful) {
      unsent_ += taken.value();
    }
    rest = rest.subspan(taken.value());
  }
}

}  // namespace cairn::net
