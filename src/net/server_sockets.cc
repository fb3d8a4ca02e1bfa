#include "net/server_sockets.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "common/check.h"
#include "net/client_codec.h"
#include "net/inbox.h"
#include "net/links.h"
#include "net/peer_codec.h"
#include "net/sender.h"
#include "net/warn_limiter.h"
#include "net/zmq_io.h"

namespace cairn::net {
namespace {

// Messages that one call of NextFrom… looks at: garbage must not keep the loop from its work.
constexpr int kMostLooks = 64;
// Queues, in messages for each connection. A client may have all its open requests answered at
// once; a peer that does not read gets what the replica has in flight, and its heartbeats.
constexpr SocketBounds kPeerRouter = {
    .send_queue = 1, .receive_queue = 256, .max_frame_bytes = kMaxPeerFrameBytes};
constexpr SocketBounds kPeerDealer = {
    .send_queue = 512, .receive_queue = 1, .max_frame_bytes = 4096};
constexpr SocketBounds kClientRouter = {.send_queue = static_cast<int>(kMaxOpenRequests) + 64,
                                        .receive_queue = 64,
                                        .max_frame_bytes = kMaxCallFrameBytes};

Membership MembershipOf(const ServerOptions& options) {
  Membership membership{.self = options.self,
                        .cluster = {.genesis = options.cluster, .name = options.cluster_name},
                        .peers = {}};
  for (const PeerAddress& peer : options.peers) {
    membership.peers.push_back(peer.id);
  }
  return membership;
}

}  // namespace

struct ServerSockets::Impl {
  explicit Impl(ServerOptions given)
      : options(std::move(given)),
        membership(MembershipOf(options)),
        links(membership.peers),
        limiter(options.warn) {
    header.cluster = membership.cluster;
    header.from = options.self;
    header.incarnation = options.incarnation;
  }

  Status Bind();
  void Connect(const std::vector<NodeId>& leave_out);

  void Drop(const std::string& why);
  template <typename Message>
  std::optional<Message> Next(Inbox& inbox, const char* port,
                              std::optional<Message> (Impl::*take)());
  std::optional<replica::Inbound> TakeFromPeer();
  std::optional<InboundCall> TakeFromClient();
  void HearFault(NodeId peer, const LinkFault& fault);
  void Refuse(const ClientAddress& client, const std::string& remote, const Status& why);

  void SetLink(NodeId peer, bool cut);
  void Announce(NodeId peer, zmq::socket_t& dealer);
  void Send(const replica::Outbound& message);
  void Reply(const ClientAddress& to, const ReplyBody& body);

  // Constant after construction.
  const ServerOptions options;
  const Membership membership;

  PeerHeader header;  // Of the next message to a peer, but for the addressee.
  Links links;
  WarnLimiter limiter;
  std::uint64_t dropped = 0;
  std::uint64_t unsent = 0;

  zmq::context_t context;  // Before the sockets: it must outlive them.
  zmq::socket_t peers;
  zmq::socket_t clients;
  std::map<NodeId, zmq::socket_t> dealers;  // Without those that Reconnect left out.
  Inbox from_peers{&peers};
  Inbox from_clients{&clients};
  PeerDecoder peer_decoder;
  CallDecoder call_decoder;
  std::vector<zmq_pollitem_t> poll_items;
};

Status ServerSockets::Impl::Bind() {
  Result<zmq::socket_t> router =
      MakeRouter(context, kPeerRouter, options.host, options.peer_port, "peer_port");
  if (!router.ok()) {
    return router.status();
  }
  peers = std::move(router).value();
  router = MakeRouter(context, kClientRouter, options.host, options.client_port, "client_port");
  if (!router.ok()) {
    return router.status();
  }
  clients = std::move(router).value();
  return Status::Ok();
}

void ServerSockets::Impl::Connect(const std::vector<NodeId>& leave_out) {
  dealers.clear();
  for (const PeerAddress& peer : options.peers) {
    if (std::find(leave_out.begin(), leave_out.end(), peer.id) != leave_out.end()) {
      continue;
    }
    Result<zmq::socket_t> dealer = MakeDealer(context, kPeerDealer, peer.host, peer.peer_port);
    if (dealer.ok()) {
      dealers.emplace(peer.id, std::move(dealer).value());
    } else {
      limiter.Warn("no link to node " + std::to_string(peer.id) + ": " + dealer.status().message());
    }
  }
}

void ServerSockets::Impl::Drop(const std::string& why) {
  ++dropped;
  limiter.Warn(why);
}

template <typename Message>
std::optional<Message> ServerSockets::Impl::Next(Inbox& inbox, const char* port,
                                                 std::optional<Message> (Impl::*take)()) {
  for (int looks = 0; looks < kMostLooks; ++looks) {
    switch (inbox.Receive()) {
      case Inbox::Next::kNone:
        return std::nullopt;
      case Inbox::Next::kMore:
        break;
      case Inbox::Next::kRefused:
        Drop(std::string("dropped a message to the ") + port +
             ": it has the wrong number of frames");
        break;
      case Inbox::Next::kMessage:
        if (std::optional<Message> message = (this->*take)()) {
          return message;
        }
        break;
    }
  }
  return std::nullopt;
}

std::optional<replica::Inbound> ServerSockets::Impl::TakeFromPeer() {
  const zmq::message_t& frame = from_peers.body();
  const Result<PeerHeader> said = peer_decoder.Open(View(frame));
  if (!said.ok()) {
    Drop("dropped a message from " + RemoteOf(frame) +
         " to the peer port: " + said.status().message());
    return std::nullopt;
  }
  const Result<NodeId> sender = SenderOf(said.value(), RemoteOf(frame), membership);
  if (!sender.ok()) {
    Drop(sender.status().message());
    return std::nullopt;
  }
  Result<PeerBody> body = peer_decoder.Body();
  if (!body.ok()) {
    Drop("dropped a message of node " + std::to_string(sender.value()) + ": " +
         body.status().message());
    return std::nullopt;
  }
  PeerBody taken = std::move(body).value();
  if (const auto* fault = std::get_if<LinkFault>(&taken)) {
    HearFault(sender.value(), *fault);
    return std::nullopt;
  }
  if (links.IsCut(sender.value()) || !dealers.contains(sender.value())) {
    return std::nullopt;
  }
  return replica::Inbound{.from = sender.value(),
                          .incarnation = said->incarnation,
                          .message = std::get<replica::Message>(std::move(taken)),
                          .stamp = said->stamp,
                          .seen = said->seen};
}

void ServerSockets::Impl::HearFault(NodeId peer, const LinkFault& fault) {
  if (!options.allow_faults) {
    Drop("node " + std::to_string(peer) +
         " asks to cut or mend its link to this node, whose cluster file does not allow faults");
    return;
  }
  links.Hear(peer, fault.cut);
}

std::optional<InboundCall> ServerSockets::Impl::TakeFromClient() {
  const zmq::message_t& frame = from_clients.body();
  const Result<ClientHeader> said = call_decoder.Open(View(frame));
  if (!said.ok()) {
    Drop("dropped a message from " + RemoteOf(frame) +
         " to the client port: " + said.status().message());
    return std::nullopt;
  }
  ClientAddress client{.routing_id = std::string(View(from_clients.routing_id())),
                       .call_id = said->id,
                       .delimited = from_clients.delimited()};
  if (const Status allowed = ClientAllowed(said.value(), membership); !allowed.ok()) {
    Refuse(client, RemoteOf(frame), allowed);
    return std::nullopt;
  }
  Result<CallBody> body = call_decoder.Body();
  if (!body.ok()) {
    Refuse(client, RemoteOf(frame),
           Status::Usage("the call is refused: " + body.status().message()));
    return std::nullopt;
  }
  return InboundCall{.address = std::move(client), .body = std::move(body).value()};
}

void ServerSockets::Impl::Refuse(const ClientAddress& client, const std::string& remote,
                                 const Status& why) {
  Drop("dropped a call of a client at " + remote + ": " + why.message());
  replica::Answer answer;
  answer.code = why.code();
  answer.message = why.message();
  Reply(client, answer);
}

void ServerSockets::Impl::SetLink(NodeId peer, bool cut) {
  links.Set(peer, cut);
  if (const auto dealer = dealers.find(peer); dealer != dealers.end()) {
    Announce(peer, dealer->second);
  }
}

// Until the socket takes it, it is tried again with every message to the peer.
void ServerSockets::Impl::Announce(NodeId peer, zmq::socket_t& dealer) {
  const std::optional<bool> cut = links.Untold(peer);
  if (!cut || !CanSend(dealer)) {
    return;
  }
  header.to = peer;
  zmq::message_t frame;
  if (EncodePeer(header, LinkFault{.cut = *cut}, InFrame(frame)).ok() && TrySend(dealer, frame)) {
    links.Told(peer);
  }
}

void ServerSockets::Impl::Send(const replica::Outbound& message) {
  const auto dealer = dealers.find(message.to);
  if (dealer == dealers.end()) {
    return;
  }
  Announce(message.to, dealer->second);
  if (links.IsCut(message.to)) {
    return;
  }
  // Asked first, so that blocks for a node that is down are not encoded in vain.
  if (!CanSend(dealer->second)) {
    ++unsent;
    return;
  }
  header.to = message.to;
  zmq::message_t frame;
  if (const Status status = EncodePeer(header, message.message, InFrame(frame)); !status.ok()) {
    ++unsent;
    limiter.Warn("to node " + std::to_string(message.to) + ": " + status.message());
    return;
  }
  if (!TrySend(dealer->second, frame)) {
    ++unsent;
  }
}

void ServerSockets::Impl::Reply(const ClientAddress& to, const ReplyBody& body) {
  const ClientHeader reply{.cluster = membership.cluster, .id = to.call_id};
  zmq::message_t frame;
  if (const Status status = EncodeReply(reply, body, InFrame(frame)); !status.ok()) {
    ++unsent;
    limiter.Warn("to a client: " + status.message());
    return;
  }
  zmq::message_t routing_id(to.routing_id);
  zmq::message_t delimiter;
  const bool sent = TrySend(clients, routing_id, true) &&
                    (!to.delimited || TrySend(clients, delimiter, true)) && TrySend(clients, frame);
  if (!sent) {
    ++unsent;
  }
}

Result<std::unique_ptr<ServerSockets>> ServerSockets::Open(ServerOptions options) {
  RaiseFileLimit();
  try {
    auto impl = std::make_unique<Impl>(std::move(options));
    if (Status status = impl->Bind(); !status.ok()) {
      return status;
    }
    impl->Connect({});
    return std::unique_ptr<ServerSockets>(new ServerSockets(std::move(impl)));
  } catch (const zmq::error_t& error) {
    return Status::Other(std::string("can't start ZeroMQ: ") + error.what() +
                         "; too many files or threads may be open");
  }
}

ServerSockets::ServerSockets(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServerSockets::~ServerSockets() = default;

void ServerSockets::Wait(int timeout_ms, const std::vector<int>& fds) {
  std::vector<zmq_pollitem_t>& items = impl_->poll_items;
  items.clear();
  items.push_back({impl_->peers.handle(), 0, ZMQ_POLLIN, 0});
  items.push_back({impl_->clients.handle(), 0, ZMQ_POLLIN, 0});
  for (const int fd : fds) {
    items.push_back({nullptr, fd, ZMQ_POLLIN, 0});
  }
  const int ready = zmq_poll(items.data(), static_cast<int>(items.size()), timeout_ms);
  CAIRN_CHECK(ready >= 0 || errno == EINTR, "the sockets are open while they are waited for");
}

std::optional<replica::Inbound> ServerSockets::NextFromPeer() {
  return impl_->Next(impl_->from_peers, "peer port", &Impl::TakeFromPeer);
}

std::optional<InboundCall> ServerSockets::NextFromClient() {
  return impl_->Next(impl_->from_clients, "client port", &Impl::TakeFromClient);
}

void ServerSockets::SendToPeer(const replica::Outbound& message, const replica::Stamp& stamp,
                               const replica::Seen& seen) {
  impl_->header.stamp = stamp;
  impl_->header.seen = seen;
  impl_->Send(message);
}

void ServerSockets::Reply(const ClientAddress& to, const ReplyBody& body) {
  impl_->Reply(to, body);
}

void ServerSockets::FailLink(NodeId peer) { impl_->SetLink(peer, true); }
void ServerSockets::FixLink(NodeId peer) { impl_->SetLink(peer, false); }
bool ServerSockets::IsCut(NodeId peer) const { return impl_->links.IsCut(peer); }
void ServerSockets::Reconnect(const std::vector<NodeId>& leave_out) { impl_->Connect(leave_out); }

std::uint64_t ServerSockets::dropped() const { return impl_->dropped; }
std::uint64_t ServerSockets::unsent() const { return impl_->unsent; }

}  // namespace cairn::net
