#include "net/server_sockets.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "common/check.h"
#include "net/client_port.h"
#include "net/links.h"
#include "net/listener.h"
#include "net/outbox.h"
#include "net/peer_codec.h"
#include "net/sender.h"
#include "net/warn_limiter.h"
#include "net/zmq_io.h"

namespace cairn::net {
namespace {

// Of a node. Two are heard at once at most, unless something is badly wrong.
constexpr std::size_t kLivesWithAddress = 4;
// Messages that one call of NextFrom… looks at: garbage must not keep the loop from its work.
constexpr int kMostLooks = 64;
// Two of the largest frames may be on their way in at once.
constexpr Listener::Bounds kPeerPort = {.max_frame_bytes = kMaxPeerFrameBytes,
                                        .most_held = 2 * kMaxPeerFrameBytes,
                                        .most_unsent = std::size_t{1} << 20,
                                        .most_connections = 1024};

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
  std::optional<replica::Inbound> NextFromPeer();
  void OpenFromPeer();
  void NoteAddress();
  std::optional<replica::Inbound> TakeFromPeer();
  void HearFault(NodeId peer, const LinkFault& fault);

  void SetLink(NodeId peer, bool cut);

  const ServerOptions options;
  Membership membership;  // Constant but for what is known of block 1.

  Links links;
  WarnLimiter limiter;
  std::uint64_t dropped = 0;

  zmq::context_t context;  // Before the outbox: it must outlive its sockets.
  Outbox outbox{HeaderOf(options), &context, &links, &limiter};
  std::unique_ptr<Listener> peers;
  std::unique_ptr<ClientPort> clients;
  PeerHeader said;  // Of the frame whose messages peer_decoder hands out.
  std::map<NodeId, std::vector<std::pair<std::uint64_t, std::string>>> addresses;  // by life
  PeerDecoder peer_decoder;
  std::vector<pollfd> poll_items;
};

Status ServerSockets::Impl::Bind() {
  auto port = Listener::Open(kPeerPort, options.host, options.peer_port, "peer_port");
  if (!port.ok()) {
    return port.status();
  }
  peers = std::move(port).value();
  auto client_port = ClientPort::Open(options.host, options.client_port, &membership, &limiter,
                                      [this](const std::string& why) { Drop(why); });
  if (!client_port.ok()) {
    return client_port.status();
  }
  clients = std::move(client_port).value();
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
  return peer_decoder.left() > 0 || peers->MayReceive() || clients->MayReceive();
}

void ServerSockets::Impl::Drop(const std::string& why) {
  ++dropped;
  limiter.Warn(why);
}

std::optional<replica::Inbound> ServerSockets::Impl::NextFromPeer() {
  for (int looks = 0; looks < kMostLooks; ++looks) {
    if (peer_decoder.left() > 0) {
      if (std::optional<replica::Inbound> message = TakeFromPeer()) {
        return message;
      }
      continue;
    }
    switch (peers->Receive()) {
      case Listener::Next::kNone:
        return std::nullopt;
      case Listener::Next::kRefused:
        Drop("dropped a message to the peer port: it has the wrong number of frames");
        break;
      case Listener::Next::kMessage:
        OpenFromPeer();
        break;
    }
  }
  return std::nullopt;
}

void ServerSockets::Impl::OpenFromPeer() {
  const std::string& remote = peers->remote();
  Result<PeerHeader> opened = peer_decoder.Open(peers->body());
  if (!opened.ok()) {
    Drop("dropped a message from " + remote + " to the peer port: " + opened.status().message());
    return;
  }
  const Result<NodeId> sender = SenderOf(opened.value(), remote, membership);
  if (!sender.ok()) {
    peer_decoder.Skip();
    Drop(sender.status().message());
    return;
  }
  said = std::move(opened).value();
  links.Met(said.from, said.stamp.life);
  NoteAddress();
}

void ServerSockets::Impl::NoteAddress() {
  auto& lives = addresses[said.from];
  const auto same = [&](const auto& known) { return known.first == said.stamp.life; };
  if (said.stamp.life == 0 || std::ranges::any_of(lives, same)) {
    return;
  }
  if (lives.size() >= kLivesWithAddress) {
    lives.erase(lives.begin());
  }
  lives.emplace_back(said.stamp.life, peers->source());
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
  std::vector<pollfd>& items = impl_->poll_items;
  items.clear();
  items.push_back({impl_->peers->descriptor(), POLLIN, 0});
  items.push_back({impl_->clients->descriptor(), POLLIN, 0});
  for (const int fd : fds) {
    items.push_back({fd, POLLIN, 0});
  }
  const bool has_work = impl_->HasMessage();
  const int ready = ::poll(items.data(), items.size(), has_work ? 0 : timeout_ms);
  CAIRN_CHECK(ready >= 0 || errno == EINTR, "the sockets are open while they are waited for");
  if (ready > 0 && items[0].revents != 0) {
    impl_->peers->Look();
  }
  if (ready > 0 && items[1].revents != 0) {
    impl_->clients->Look();
  }
  impl_->peers->Tend();
  impl_->clients->Tend();
  impl_->outbox.Tend();
}

std::optional<replica::Inbound> ServerSockets::NextFromPeer() { return impl_->NextFromPeer(); }

std::optional<InboundCall> ServerSockets::NextFromClient() { return impl_->clients->Next(); }

void ServerSockets::StayAlive() {
  impl_->peers->StayAlive();
  impl_->clients->StayAlive();
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

const std::vector<NodeId>& ServerSockets::peers() const { return impl_->membership.peers; }
std::size_t ServerSockets::AnswerRoom(NodeId peer) const { return impl_->outbox.AnswerRoom(peer); }

void ServerSockets::Reply(const ClientAddress& to, const ReplyBody& body) {
  impl_->clients->Reply(to, body);
}
void ServerSockets::Owe(const ClientAddress& to, CallBody question) {
  impl_->clients->Owe(to, std::move(question));
}
bool ServerSockets::HasRoom(const ClientAddress& to) const { return impl_->clients->HasRoom(to); }
void ServerSockets::Await(ClientAddress* to, std::size_t bytes) {
  impl_->clients->Await(to, bytes);
}
void ServerSockets::Pay(const std::function<std::size_t(InboundCall)>& serve,
                        const std::function<bool()>& time_is_up) {
  impl_->clients->Pay(serve, time_is_up);
}
bool ServerSockets::OwesNow() const { return impl_->clients->OwesNow(); }
void ServerSockets::FlushReplies() { impl_->clients->Flush(); }

void ServerSockets::SetFormed(const Hash& block_1) {
  impl_->membership.cluster.formed = block_1;
  impl_->outbox.SetFormed(block_1);
  impl_->clients->SetFormed(block_1);
}

void ServerSockets::FailLink(NodeId peer) { impl_->SetLink(peer, true); }
void ServerSockets::FixLink(NodeId peer) { impl_->SetLink(peer, false); }
bool ServerSockets::IsCut(NodeId peer) const { return impl_->links.IsCut(peer); }
void ServerSockets::Reconnect(const std::vector<NodeId>& leave_out) { impl_->Connect(leave_out); }

std::string ServerSockets::AddressOf(NodeId node, std::uint64_t life) const {
  if (const auto lives = impl_->addresses.find(node); lives != impl_->addresses.end()) {
    for (const auto& [known, address] : lives->second) {
      if (known == life) {
        return address;
      }
    }
  }
  return "an address that is not known any more";
}

std::uint64_t ServerSockets::dropped() const { return impl_->dropped; }
std::uint64_t ServerSockets::unsent() const {
  return impl_->outbox.unsent() + impl_->clients->unsent();
}

}  // namespace cairn::net
