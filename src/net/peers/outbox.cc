#include "net/peers/outbox.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "common/limits.h"
#include "net/wire/zmq_io.h"

namespace cairn::net {
namespace {

// In frames: a peer that does not read gets what the replica has in flight, and its heartbeats.
constexpr SocketBounds kBounds = {.send_queue = 512, .max_frame_bytes = 4096};

// Messages that a connection may bring in vain between two looks.
constexpr int kMostIdleWords = 64;
// Bytes of what waits for a peer, beyond which no answers are added.
constexpr std::size_t kMostBesideAnswers = kMaxPeerQueueBytes / 2;

std::size_t Index(replica::Lane lane) { return static_cast<std::size_t>(lane); }

}  // namespace

Outbox::Outbox(PeerHeader header, zmq::context_t* context, Links* links, WarnLimiter* limiter)
    : header_(std::move(header)), context_(context), links_(links), limiter_(limiter) {}

void Outbox::Connect(const std::vector<PeerAddress>& peers) {
  peers_.clear();
  addresses_.clear();
  for (const PeerAddress& peer : peers) {
    Peer opened;
    Status status = Status::Ok();
    for (Connection& connection : opened) {
      status = status.ok() ? Open(peer, &connection) : status;
    }
    if (status.ok()) {
      peers_.emplace(peer.id, std::move(opened));
      addresses_.push_back(peer);
    }
  }
}

Status Outbox::Open(const PeerAddress& peer, Connection* connection) {
  Result<zmq::socket_t> dealer =
      MakeDealer(*context_, kBounds, Redial::kSteady, peer.host, peer.peer_port);
  if (!dealer.ok()) {
    limiter_->Warn("no link to node " + std::to_string(peer.id) + ": " + dealer.status().message());
    return dealer.status();
  }
  connection->dealer = std::move(dealer).value();
  connection->doubtful = true;
  return Status::Ok();
}

void Outbox::Tend() {
  if (!addresses_.empty()) {
    const std::size_t lanes = std::tuple_size_v<Peer>;
    const std::size_t turn = tended_++ % (addresses_.size() * lanes);
    const PeerAddress& peer = addresses_[turn / lanes];
    Tend(peer, &peers_.at(peer.id)[turn % lanes]);
  }
}

void Outbox::Tend(const PeerAddress& peer, Connection* connection) {
  zmq::message_t frame;
  for (int words = 0; TryReceive(connection->dealer, frame); ++words) {
    if (words == kMostIdleWords) {
      limiter_->Warn("who answers as node " + std::to_string(peer.id) +
                     " speaks where nobody listens: the connection is opened again");
      (void)Open(peer, connection);  // Else the old one stays, and is tried again.
      return;
    }
  }
}

void Outbox::Announce(NodeId id) {
  if (const auto found = peers_.find(id); found != peers_.end()) {
    Announce(id, found->second[Index(replica::Lane::kQuick)]);
  }
}

// Until the socket takes it, it is tried again with every frame to the peer.
void Outbox::Announce(NodeId id, Connection& connection) {
  const std::optional<bool> cut = links_->Untold(id);
  if (!cut || !EventsOf(connection.dealer).can_send) {
    return;
  }
  header_.to = id;
  zmq::message_t frame;
  if (encoder_.Encode(header_, LinkFault{.cut = *cut}, InFrame(frame)).ok() &&
      TrySend(connection.dealer, frame)) {
    links_->Told(id);
  }
}

std::size_t Outbox::AnswerRoom(NodeId id) const {
  std::size_t queued = 0;
  if (const auto peer = peers_.find(id); peer != peers_.end()) {
    for (const Connection& connection : peer->second) {
      queued += connection.queued.count();
    }
  }
  return kMostBesideAnswers - std::min(queued, kMostBesideAnswers);
}

void Outbox::Send(std::span<const replica::Outbound> messages, const replica::Stamp& stamp,
                  const std::function<replica::Seen(NodeId)>& seen_of) {
  header_.stamp = stamp;
  for (auto& [id, peer] : peers_) {
    for (Batch& batch : batches_) {
      batch.clear();
    }
    for (const replica::Outbound& message : messages) {
      if (message.to == id) {
        batches_[Index(replica::LaneOf(message.message))].push_back(&message.message);
      }
    }
    for (std::size_t lane = 0; lane < peer.size(); ++lane) {
      if (!batches_[lane].empty()) {
        header_.seen = seen_of(id);
        SendBatch(id, peer[lane], batches_[lane]);
      }
    }
  }
}

void Outbox::SendBatch(NodeId id, Connection& connection,
                       std::span<const replica::Message* const> batch) {
  Announce(id, connection);
  if (links_->IsCut(id)) {
    return;
  }
  header_.to = id;
  std::span<const replica::Message* const> rest = batch;
  while (!rest.empty()) {
    if (connection.doubtful && !EventsOf(connection.dealer).can_send) {
      unsent_ += rest.size();
      return;
    }
    if (connection.queued.count() >= kMaxPeerQueueBytes && replica::IsSaidAgain(*rest.front())) {
      ++unsent_;
      rest = rest.subspan(1);
      continue;
    }
    zmq::message_t frame;
    const Result<std::size_t> taken =
        encoder_.Encode(header_, rest, connection.queued.InFrame(frame));
    if (!taken.ok()) {
      ++unsent_;
      limiter_->Warn("to node " + std::to_string(id) + ": " + taken.status().message());
      rest = rest.subspan(1);
      continue;
    }
    connection.doubtful = !TrySend(connection.dealer, frame);
    if (connection.doubtful) {
      unsent_ += taken.value();
    }
    rest = rest.subspan(taken.value());
  }
}

}  // namespace cairn::net
