#include "net/peers/peer_network.h"

#include <algorithm>
#include <map>
#include <utility>

#include "net/peers/links.h"
#include "net/peers/outbox.h"
#include "net/peers/peer_codec.h"
#include "net/wire/listener.h"
#include "net/wire/sender.h"
#include "net/wire/tcp.h"
#include "net/wire/warn_limiter.h"
#include "net/wire/zmq_io.h"

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

Membership MembershipOf(const PeerNetworkOptions& options) {
  Membership membership{.self = options.self,
                        .cluster = {.genesis = options.cluster, .name = options.cluster_name},
                        .peers = {}};
  for (const PeerAddress& peer : options.peers) {
    membership.peers.push_back(peer.id);
  }
  return membership;
}

// Of all frames to peers.
PeerHeader HeaderOf(const PeerNetworkOptions& options) {
  PeerHeader header;
  header.cluster = {.genesis = options.cluster, .name = options.cluster_name};
  header.from = options.self;
  header.incarnation = options.incarnation;
  return header;
}

}  // namespace

struct PeerNetwork::Impl {
  explicit Impl(PeerNetworkOptions given)
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

  const PeerNetworkOptions options;
  Membership membership;  // Constant but for what is known of block 1.

  Links links;
  WarnLimiter limiter;
  std::uint64_t dropped = 0;

  zmq::context_t context;  // Before the outbox: it must outlive its sockets.
  Outbox outbox{HeaderOf(options), &context, &links, &limiter};
  std::unique_ptr<Listener> peers;
  PeerHeader said;  // Of the frame whose messages peer_decoder hands out.
  std::map<NodeId, std::vector<std::pair<std::uint64_t, std::string>>> addresses;  // by life
  PeerDecoder peer_decoder;
};

Status PeerNetwork::Impl::Bind() {
  auto port = Listener::Open(kPeerPort, options.host, options.peer_port, "peer_port");
  if (!port.ok()) {
    return port.status();
  }
  peers = std::move(port).value();
  return Status::Ok();
}

void PeerNetwork::Impl::Connect(const std::vector<NodeId>& leave_out) {
  std::vector<PeerAddress> peers_to_reach = options.peers;
  std::erase_if(peers_to_reach, [&](const PeerAddress& peer) {
    return std::ranges::find(leave_out, peer.id) != leave_out.end();
  });
  outbox.Connect(peers_to_reach);
}

bool PeerNetwork::Impl::HasMessage() { return peer_decoder.left() > 0 || peers->MayReceive(); }

void PeerNetwork::Impl::Drop(const std::string& why) {
  ++dropped;
  limiter.Warn(why);
}

std::optional<replica::Inbound> PeerNetwork::Impl::NextFromPeer() {
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

void PeerNetwork::Impl::OpenFromPeer() {
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

void PeerNetwork::Impl::NoteAddress() {
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

std::optional<replica::Inbound> PeerNetwork::Impl::TakeFromPeer() {
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

void PeerNetwork::Impl::HearFault(NodeId peer, const LinkFault& fault) {
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

void PeerNetwork::Impl::SetLink(NodeId peer, bool cut) {
  links.Set(peer, cut);
  outbox.Announce(peer);
}

Result<std::unique_ptr<PeerNetwork>> PeerNetwork::Open(PeerNetworkOptions options) {
  RaiseFileLimit();
  try {
    auto impl = std::make_unique<Impl>(std::move(options));
    if (Status status = impl->Bind(); !status.ok()) {
      return status;
    }
    impl->Connect({});
    return std::unique_ptr<PeerNetwork>(new PeerNetwork(std::move(impl)));
  } catch (const zmq::error_t& error) {
    return Status::Other(std::string("can't start ZeroMQ: ") + error.what() +
                         "; too many files or threads may be open");
  }
}

PeerNetwork::PeerNetwork(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PeerNetwork::~PeerNetwork() = default;

int PeerNetwork::descriptor() const { return impl_->peers->descriptor(); }
bool PeerNetwork::MayReceive() { return impl_->HasMessage(); }
void PeerNetwork::Look() { impl_->peers->Look(); }
void PeerNetwork::Tend() {
  impl_->peers->Tend();
  impl_->outbox.Tend();
}

std::optional<replica::Inbound> PeerNetwork::Next() { return impl_->NextFromPeer(); }

void PeerNetwork::StayAlive() { impl_->peers->StayAlive(); }

void PeerNetwork::Send(std::span<const replica::Outbound> messages, const replica::Stamp& stamp,
                       const std::function<replica::Seen(NodeId)>& seen_of) {
  impl_->outbox.Send(messages, stamp, seen_of);
}

void PeerNetwork::Send(const replica::Outbound& message, const replica::Stamp& stamp,
                       const replica::Seen& seen) {
  Send({&message, 1}, stamp, [&](NodeId) { return seen; });
}

const std::vector<NodeId>& PeerNetwork::peers() const { return impl_->membership.peers; }
std::size_t PeerNetwork::AnswerRoom(NodeId peer) const { return impl_->outbox.AnswerRoom(peer); }

void PeerNetwork::SetFormed(const Hash& block_1) {
  impl_->membership.cluster.formed = block_1;
  impl_->outbox.SetFormed(block_1);
}

void PeerNetwork::FailLink(NodeId peer) { impl_->SetLink(peer, true); }
void PeerNetwork::FixLink(NodeId peer) { impl_->SetLink(peer, false); }
bool PeerNetwork::IsCut(NodeId peer) const { return impl_->links.IsCut(peer); }
void PeerNetwork::Reconnect(const std::vector<NodeId>& leave_out) { impl_->Connect(leave_out); }

std::string PeerNetwork::AddressOf(NodeId node, std::uint64_t life) const {
  if (const auto lives = impl_->addresses.find(node); lives != impl_->addresses.end()) {
    for (const auto& [known, address] : lives->second) {
      if (known == life) {
        return address;
      }
    }
  }
  return "an address that is not known any more";
}

std::uint64_t PeerNetwork::dropped() const { return impl_->dropped; }
std::uint64_t PeerNetwork::unsent() const { return impl_->outbox.unsent(); }

}  // namespace cairn::net
