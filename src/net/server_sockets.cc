#include "net/server_sockets.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/check.h"
#include "net/client_codec.h"
#include "net/inbox.h"
#include "net/links.h"
#include "net/outbox.h"
#include "net/peer_codec.h"
#include "net/reply_queue.h"
#include "net/sender.h"
#include "net/warn_limiter.h"
#include "net/zmq_io.h"

namespace cairn::net {
namespace {

// Messages that one call of NextFrom… looks at: garbage must not keep the loop from its work.
constexpr int kMostLooks = 64;
// Queues, in frames for each connection. A client may have all its open requests answered one by
// one.
constexpr SocketBounds kPeerRouter = {
    .send_queue = 1, .receive_queue = 256, .max_frame_bytes = kMaxPeerFrameBytes};
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

// Of all frames to peers.
PeerHeader HeaderOf(const ServerOptions& options) {
  PeerHeader header;
  header.cluster = {.genesis = options.cluster, .name = options.cluster_name};
  header.from = options.self;
  header.incarnation = options.incarnation;
  return header;
}

}  // namespace

struct ServerSockets::Impl {
  explicit Impl(ServerOptions given)
      : options(std::move(given)),
        membership(MembershipOf(options)),
        links(membership.peers),
        limiter(options.warn) {}

  Status Bind();
  [[nodiscard]] bool HasMessage();
  void Connect(const std::vector<NodeId>& leave_out);

  void Drop(const std::string& why);
  template <typename Message, typename Decoder>
  std::optional<Message> Next(Inbox& inbox, const char* port, const Decoder& decoder,
                              void (Impl::*open)(), std::optional<Message> (Impl::*take)());
  void OpenFromPeer();
  void OpenFromClient();
  std::optional<replica::Inbound> TakeFromPeer();
  std::optional<InboundCall> TakeFromClient();
  void HearFault(NodeId peer, const LinkFault& fault);
  ClientAddress AddressOf(std::uint64_t call_id) const;
  void Refuse(const ClientAddress& client, const Status& why);

  void SetLink(NodeId peer, bool cut);

  const ServerOptions options;
  Membership membership;  // Constant but for what is known of block 1.

  Links links;
  WarnLimiter limiter;
  std::uint64_t dropped = 0;

  zmq::context_t context;  // Before the sockets: it must outlive them.
  zmq::socket_t peers;
  zmq::socket_t clients;
  Outbox outbox{HeaderOf(options), &context, &links, &limiter};
  ReplyQueue replies{{.cluster = membership.cluster, .node = options.self}, &clients, &limiter};
  Inbox from_peers{&peers};
  Inbox from_clients{&clients};
  PeerHeader said;  // Of the frame whose messages peer_decoder hands out.
  PeerDecoder peer_decoder;
  CallDecoder call_decoder;
  std::vector<pollfd> poll_items;
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
  std::vector<PeerAddress> peers_to_reach = options.peers;
  std::erase_if(peers_to_reach, [&](const PeerAddress& peer) {
    return std::ranges::find(leave_out, peer.id) != leave_out.end();
  });
  outbox.Connect(peers_to_reach);
}

bool ServerSockets::Impl::HasMessage() {
  return peer_decoder.left() > 0 || call_decoder.left() > 0 || from_peers.MayReceive() ||
         from_clients.MayReceive();
}

void ServerSockets::Impl::Drop(const std::string& why) {
  ++dropped;
  limiter.Warn(why);
}

template <typename Message, typename Decoder>
std::optional<Message> ServerSockets::Impl::Next(Inbox& inbox, const char* port,
                                                 const Decoder& decoder, void (Impl::*open)(),
                                                 std::optional<Message> (Impl::*take)()) {
  for (int looks = 0; looks < kMostLooks; ++looks) {
    if (decoder.left() > 0) {
      if (std::optional<Message> message = (this->*take)()) {
        return message;
      }
      continue;
    }
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
        (this->*open)();
        break;
    }
  }
  return std::nullopt;
}

void ServerSockets::Impl::OpenFromPeer() {
  const zmq::message_t& frame = from_peers.body();
  Result<PeerHeader> opened = peer_decoder.Open(View(frame));
  if (!opened.ok()) {
    Drop("dropped a message from " + RemoteOf(frame) +
         " to the peer port: " + opened.status().message());
    return;
  }
  const Result<NodeId> sender = SenderOf(opened.value(), RemoteOf(frame), membership);
  if (!sender.ok()) {
    peer_decoder.Skip();
    Drop(sender.status().message());
    return;
  }
  said = std::move(opened).value();
  links.Met(said.from, said.stamp.life);
}

std::optional<replica::Inbound> ServerSockets::Impl::TakeFromPeer() {
  Result<PeerBody> body = peer_decoder.Next();
  if (!body.ok()) {
    Drop("dropped a message of node " + std::to_string(said.from) + ": " + body.status().message());
    return std::nullopt;
  }
  PeerBody taken = std::move(body).value();
  if (const auto* fault = std::get_if<LinkFault>(&taken)) {
    HearFault(said.from, *fault);
    return std::nullopt;
  }
  if (links.IsCut(said.from) || !outbox.Knows(said.from)) {
    return std::nullopt;
  }
  return replica::Inbound{.from = said.from,
                          .incarnation = said.incarnation,
                          .message = std::get<replica::Message>(std::move(taken)),
                          .stamp = said.stamp,
                          .seen = said.seen};
}

void ServerSockets::Impl::HearFault(NodeId peer, const LinkFault& fault) {
  if (!options.allow_faults) {
    Drop("node " + std::to_string(peer) +
         " asks to cut or mend its link to this node, whose cluster file does not allow faults");
    return;
  }
  if (links.IsCut(peer) != fault.cut) {
    limiter.Warn("node " + std::to_string(peer) + (fault.cut ? " cuts" : " mends") +
                 " its link to this node");
  }
  links.Hear(peer, fault.cut);
}

void ServerSockets::Impl::OpenFromClient() {
  const zmq::message_t& frame = from_clients.body();
  const Result<ClientHeader> opened = call_decoder.Open(View(frame));
  if (!opened.ok()) {
    Drop("dropped a message from " + RemoteOf(frame) +
         " to the client port: " + opened.status().message());
    return;
  }
  Status allowed = ClientAllowed(opened.value(), membership);
  if (allowed.ok() && call_decoder.left() == 0) {
    allowed = Status::Usage("it holds no call");
  }
  if (!allowed.ok()) {
    Drop("dropped a message of a client at " + RemoteOf(frame) + ": " + allowed.message());
    while (call_decoder.left() > 0) {
      Refuse(AddressOf(call_decoder.Next().id), allowed);
    }
  }
}

std::optional<InboundCall> ServerSockets::Impl::TakeFromClient() {
  ReceivedCall call = call_decoder.Next();
  ClientAddress client = AddressOf(call.id);
  if (!call.body.ok()) {
    const Status why = Status::Usage("the call is refused: " + call.body.status().message());
    Drop("dropped a call of a client at " + RemoteOf(from_clients.body()) + ": " + why.message());
    Refuse(client, why);
    return std::nullopt;
  }
  return InboundCall{.address = std::move(client), .body = std::move(call.body).value()};
}

ClientAddress ServerSockets::Impl::AddressOf(std::uint64_t call_id) const {
  return {.routing_id = std::string(View(from_clients.routing_id())),
          .call_id = call_id,
          .delimited = from_clients.delimited()};
}

void ServerSockets::Impl::Refuse(const ClientAddress& client, const Status& why) {
  replica::Answer answer;
  answer.code = why.code();
  answer.message = why.message();
  replies.Add(client, answer);
}

void ServerSockets::Impl::SetLink(NodeId peer, bool cut) {
  links.Set(peer, cut);
  outbox.Announce(peer);
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
  FlushReplies();
  // The sockets are asked last: their descriptors only tell of what has happened since.
  if (timeout_ms == 0 || impl_->HasMessage()) {
    return;
  }
  std::vector<pollfd>& items = impl_->poll_items;
  items.clear();
  items.push_back({DescriptorOf(impl_->peers), POLLIN, 0});
  items.push_back({DescriptorOf(impl_->clients), POLLIN, 0});
  for (const int fd : fds) {
    items.push_back({fd, POLLIN, 0});
  }
  const int ready = ::poll(items.data(), items.size(), timeout_ms);
  impl_->from_peers.Waited(items[0].revents != 0);
  impl_->from_clients.Waited(items[1].revents != 0);
  CAIRN_CHECK(ready >= 0 || errno == EINTR, "the sockets are open while they are waited for");
}

std::optional<replica::Inbound> ServerSockets::NextFromPeer() {
  return impl_->Next(impl_->from_peers, "peer port", impl_->peer_decoder, &Impl::OpenFromPeer,
                     &Impl::TakeFromPeer);
}

std::optional<InboundCall> ServerSockets::NextFromClient() {
  return impl_->Next(impl_->from_clients, "client port", impl_->call_decoder, &Impl::OpenFromClient,
                     &Impl::TakeFromClient);
}

void ServerSockets::SendToPeers(std::span<const replica::Outbound> messages,
                                const replica::Stamp& stamp,
                                const std::function<replica::Seen(NodeId)>& seen_of) {
  impl_->outbox.Send(messages, stamp, seen_of);
}

void ServerSockets::SendToPeer(const replica::Outbound& message, const replica::Stamp& stamp,
                               const replica::Seen& seen) {
  SendToPeers({&message, 1}, stamp, [&](NodeId) { return seen; });
}

void ServerSockets::Reply(const ClientAddress& to, const ReplyBody& body) {
  impl_->replies.Add(to, body);
}
void ServerSockets::FlushReplies() {
  if (impl_->replies.Flush()) {
    impl_->from_clients.Disturbed();
  }
}

void ServerSockets::SetFormed(const Hash& block_1) {
  impl_->membership.cluster.formed = block_1;
  impl_->outbox.SetFormed(block_1);
  impl_->replies.SetFormed(block_1);
}

void ServerSockets::FailLink(NodeId peer) { impl_->SetLink(peer, true); }
void ServerSockets::FixLink(NodeId peer) { impl_->SetLink(peer, false); }
bool ServerSockets::IsCut(NodeId peer) const { return impl_->links.IsCut(peer); }
void ServerSockets::Reconnect(const std::vector<NodeId>& leave_out) { impl_->Connect(leave_out); }

std::uint64_t ServerSockets::dropped() const { return impl_->dropped; }
std::uint64_t ServerSockets::unsent() const {
  return impl_->outbox.unsent() + impl_->replies.unsent();
}

}  // namespace cairn::net
