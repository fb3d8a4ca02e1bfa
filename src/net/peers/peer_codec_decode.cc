#include <utility>

#include "common/check.h"
#include "net/peers/peer_codec.h"
#include "net/wire/shared_codec.h"
#include "proto/peer.pb.h"

namespace cairn::net {
namespace {

using wire::PeerEnvelope;
using wire::PeerMessage;

// Decoding: one Take a verb.

replica::Stamp CheckedStamp(const wire::Stamp& from, FieldCheck& check) {
  check.Require(from.began() <= from.commits(), "its sender began with more than it has");
  return {
      .life = from.life(), .commits = CheckedSlot(from.commits(), check), .began = from.began()};
}

replica::Seen CheckedSeen(const wire::Seen& from, FieldCheck& check) {
  return {.incarnation = from.incarnation(),
          .accused = from.accused(),
          .life = from.life(),
          .commits = CheckedSlot(from.commits(), check)};
}

paxos::Heartbeat Take(const wire::Heartbeat& from, FieldCheck& check) {
  constexpr std::uint32_t kNodeBits = ((1U << kMaxNodes) - 1) << 1;
  check.Require((from.heard() & ~kNodeBits) == 0, "it hears a node that no cluster can have");
  return {.promised = CheckedBallot(from.promised(), check),
          .leading = from.leading(),
          .satisfied = from.satisfied(),
          .heard = from.heard(),
          .accepted = CheckedBallot(from.accepted(), check),
          .tip = CheckedSlot(from.tip(), check),
          .decided = CheckedSlot(from.decided(), check),
          .full = from.full(),
          .sent = from.sent(),
          .echo = from.echo(),
          .held = from.held(),
          .behind_blocks = from.behind_blocks()};
}

paxos::Prepare Take(const wire::Prepare& from, FieldCheck& check) {
  return {.ballot = CheckedBallotNotNone(from.ballot(), check),
          .decided = CheckedSlot(from.decided(), check),
          .accepted = CheckedBallot(from.accepted(), check),
          .tip = CheckedSlot(from.tip(), check),
          .tip_hash = CheckedHash(from.tip_hash(), check)};
}

paxos::Promise Take(const wire::Promise& from, FieldCheck& check) {
  return {.ballot = CheckedBallotNotNone(from.ballot(), check),
          .accepted = CheckedBallot(from.accepted(), check),
          .tip = CheckedSlot(from.tip(), check),
          .decided = CheckedSlot(from.decided(), check),
          .blocks = CheckedBlocks(from.blocks(), check),
          .tip_hash = CheckedHash(from.tip_hash(), check)};
}

paxos::Refuse Take(const wire::Refuse& from, FieldCheck& check) {
  return {.promised = CheckedBallotNotNone(from.promised(), check)};
}

paxos::AcceptSync Take(const wire::AcceptSync& from, FieldCheck& check) {
  return {.ballot = CheckedBallotNotNone(from.ballot(), check),
          .decided = CheckedSlot(from.decided(), check),
          .tip = CheckedSlot(from.tip(), check),
          .tip_hash = CheckedHash(from.tip_hash(), check),
          .blocks = CheckedBlocks(from.blocks(), check)};
}

paxos::Accept Take(const wire::Accept& from, FieldCheck& check) {
  return {.ballot = CheckedBallotNotNone(from.ballot(), check),
          .decided = CheckedSlot(from.decided(), check),
          .block = CheckedOneBlock(from.blocks(), check)};
}

paxos::Accepted Take(const wire::Accepted& from, FieldCheck& check) {
  return {.ballot = CheckedBallotNotNone(from.ballot(), check),
          .tip = CheckedSlot(from.tip(), check)};
}

paxos::Behind Take(const wire::Behind& from, FieldCheck& check) {
  return {.ballot = CheckedBallotNotNone(from.ballot(), check),
          .accepted = CheckedBallot(from.accepted(), check),
          .matched = CheckedSlot(from.matched(), check),
          .decided = CheckedSlot(from.decided(), check)};
}

paxos::Fetch Take(const wire::Fetch& from, FieldCheck& check) {
  return {.from = CheckedSlot(from.from(), check),
          .last = CheckedSlot(from.last(), check),
          .by_hash = from.by_hash()};
}

paxos::Blocks Take(const wire::Blocks& from, FieldCheck& check) {
  return {.blocks = CheckedBlocks(from.blocks(), check),
          .decided = CheckedSlot(from.decided(), check),
          .by_hash = from.by_hash()};
}

paxos::Probe Take(const wire::Probe& from, FieldCheck& check) {
  return {.ballot = CheckedBallotNotNone(from.ballot(), check), .number = from.number()};
}

paxos::ProbeAck Take(const wire::ProbeAck& from, FieldCheck& check) {
  return {.ballot = CheckedBallotNotNone(from.ballot(), check), .number = from.number()};
}

replica::ForwardWrite Take(wire::ForwardWrite* from, FieldCheck& check) {
  return {.token = from->token(), .request = CheckedRequest(from->mutable_request(), check)};
}

replica::ForwardRead Take(wire::ForwardRead* from, FieldCheck& check) {
  return {.token = from->token(), .key = CheckedKey(from->mutable_key(), check)};
}

replica::ForwardAnswer Take(wire::ForwardAnswer* from, FieldCheck& check) {
  return {.token = from->token(), .answer = CheckedAnswer(from->mutable_answer(), check)};
}

replica::AskMemory Take(const wire::AskMemory& from, FieldCheck& /*check*/) {
  return {.number = from.number()};
}

replica::TellMemory Take(const wire::TellMemory& from, FieldCheck& check) {
  return {.number = from.number(), .seen = CheckedSeen(from.seen(), check)};
}

Result<PeerHeader> TakeHeader(const PeerEnvelope& envelope) {
  FieldCheck check;
  PeerHeader header;
  check.Require(envelope.cluster_name().size() <= kMaxWireNameBytes,
                "its cluster's name is too long");
  check.Require(envelope.incarnation() != 0, "its sender has no incarnation");
  check.Require(envelope.messages_size() > 0, "it holds no message");
  header.cluster.genesis = CheckedHash(envelope.cluster(), check);
  header.cluster.formed = CheckedHashOrNone(envelope.formed(), check);
  header.from = CheckedNodeNotNone(envelope.from(), check);
  header.to = CheckedNodeNotNone(envelope.to(), check);
  header.incarnation = envelope.incarnation();
  header.stamp = CheckedStamp(envelope.stamp(), check);
  header.seen = CheckedSeen(envelope.seen(), check);
  if (!check.ok()) {
    return check.status();
  }
  header.cluster.name = envelope.cluster_name();
  return header;
}

PeerBody TakeBody(PeerMessage& message, FieldCheck& check) {
  using replica::Message;
  switch (message.body_case()) {
    case PeerMessage::kHeartbeat:
      return Message(Take(message.heartbeat(), check));
    case PeerMessage::kPrepare:
      return Message(Take(message.prepare(), check));
    case PeerMessage::kPromise:
      return Message(Take(message.promise(), check));
    case PeerMessage::kRefuse:
      return Message(Take(message.refuse(), check));
    case PeerMessage::kAcceptSync:
      return Message(Take(message.accept_sync(), check));
    case PeerMessage::kAccept:
      return Message(Take(message.accept(), check));
    case PeerMessage::kAccepted:
      return Message(Take(message.accepted(), check));
    case PeerMessage::kBehind:
      return Message(Take(message.behind(), check));
    case PeerMessage::kFetch:
      return Message(Take(message.fetch(), check));
    case PeerMessage::kBlocks:
      return Message(Take(message.blocks(), check));
    case PeerMessage::kProbe:
      return Message(Take(message.probe(), check));
    case PeerMessage::kProbeAck:
      return Message(Take(message.probe_ack(), check));
    case PeerMessage::kForwardWrite:
      return Message(Take(message.mutable_forward_write(), check));
    case PeerMessage::kForwardRead:
      return Message(Take(message.mutable_forward_read(), check));
    case PeerMessage::kForwardAnswer:
      return Message(Take(message.mutable_forward_answer(), check));
    case PeerMessage::kAskMemory:
      return Message(Take(message.ask_memory(), check));
    case PeerMessage::kTellMemory:
      return Message(Take(message.tell_memory(), check));
    case PeerMessage::kLinkFault:
      return LinkFault{.cut = message.link_fault().cut()};
    case PeerMessage::BODY_NOT_SET:
      break;
  }
  check.Fail("it is of no verb that this version knows");
  return LinkFault{};
}

}  // namespace

struct PeerDecoder::Impl {
  FrameArena arena;
  PeerEnvelope* envelope = nullptr;  // In the arena; null: there is no message to be taken.
  int next = 0;
};

PeerDecoder::PeerDecoder() : impl_(std::make_unique<Impl>()) {}
PeerDecoder::~PeerDecoder() = default;

Result<PeerHeader> PeerDecoder::Open(std::string_view frame) {
  Skip();
  auto* envelope = impl_->arena.Parse<PeerEnvelope>(frame);
  if (envelope == nullptr) {
    return Status::Usage("the bytes are no message between nodes of cairn");
  }
  if (envelope->version() != kWireVersion) {
    PeerHeader stranger;  // What else it says may mean something new.
    stranger.version = envelope->version();
    return stranger;
  }
  Result<PeerHeader> header = TakeHeader(*envelope);
  if (header.ok()) {
    impl_->envelope = envelope;
    impl_->next = 0;
  }
  return header;
}

std::size_t PeerDecoder::left() const {
  return impl_->envelope == nullptr
             ? 0
             : static_cast<std::size_t>(impl_->envelope->messages_size() - impl_->next);
}

void PeerDecoder::Skip() { impl_->envelope = nullptr; }

Result<PeerBody> PeerDecoder::Next() {
  CAIRN_CHECK(left() > 0, "a message that is taken is left");
  FieldCheck check;
  PeerBody body = TakeBody(*impl_->envelope->mutable_messages(impl_->next++), check);
  if (!check.ok()) {
    return check.status();
  }
  return body;
}

}  // namespace cairn::net
