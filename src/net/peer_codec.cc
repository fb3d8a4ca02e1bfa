#include "net/peer_codec.h"

#include <utility>

#include "common/check.h"
#include "net/shared_codec.h"
#include "proto/peer.pb.h"

namespace cairn::net {
namespace {

using wire::PeerEnvelope;

// Encoding: one Put a verb.

void Put(const paxos::Heartbeat& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::Heartbeat* to = envelope.mutable_heartbeat();
  Fill(from.promised, to->mutable_promised());
  to->set_leading(from.leading);
  to->set_content(from.content);
  to->set_heard(from.heard);
  Fill(from.accepted, to->mutable_accepted());
  to->set_tip(from.tip);
  to->set_decided(from.decided);
  to->set_full(from.full);
}

void Put(const paxos::Prepare& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::Prepare* to = envelope.mutable_prepare();
  Fill(from.ballot, to->mutable_ballot());
  to->set_decided(from.decided);
  Fill(from.accepted, to->mutable_accepted());
  to->set_tip(from.tip);
}

void Put(const paxos::Promise& from, PeerEnvelope& envelope, BlockLoan& loan) {
  wire::Promise* to = envelope.mutable_promise();
  Fill(from.ballot, to->mutable_ballot());
  Fill(from.accepted, to->mutable_accepted());
  to->set_tip(from.tip);
  to->set_decided(from.decided);
  loan.Lend(from.blocks, to->mutable_blocks());
}

void Put(const paxos::Refuse& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  Fill(from.promised, envelope.mutable_refuse()->mutable_promised());
}

void Put(const paxos::Sync& from, PeerEnvelope& envelope, BlockLoan& loan) {
  wire::Sync* to = envelope.mutable_sync();
  Fill(from.ballot, to->mutable_ballot());
  to->set_decided(from.decided);
  to->set_tip(from.tip);
  to->set_tip_hash(ToBytes(from.tip_hash));
  loan.Lend(from.blocks, to->mutable_blocks());
}

void Put(const paxos::Accept& from, PeerEnvelope& envelope, BlockLoan& loan) {
  CAIRN_CHECK(from.block != nullptr, "an Accept carries a block");
  wire::Accept* to = envelope.mutable_accept();
  Fill(from.ballot, to->mutable_ballot());
  to->set_decided(from.decided);
  loan.Lend({&from.block, 1}, to->mutable_blocks());
}

void Put(const paxos::Accepted& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::Accepted* to = envelope.mutable_accepted();
  Fill(from.ballot, to->mutable_ballot());
  to->set_tip(from.tip);
}

void Put(const paxos::Behind& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::Behind* to = envelope.mutable_behind();
  Fill(from.ballot, to->mutable_ballot());
  Fill(from.accepted, to->mutable_accepted());
  to->set_matched(from.matched);
  to->set_decided(from.decided);
}

void Put(const paxos::Fetch& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::Fetch* to = envelope.mutable_fetch();
  to->set_from(from.from);
  to->set_last(from.last);
  to->set_by_hash(from.by_hash);
}

void Put(const paxos::Blocks& from, PeerEnvelope& envelope, BlockLoan& loan) {
  wire::Blocks* to = envelope.mutable_blocks();
  to->set_decided(from.decided);
  loan.Lend(from.blocks, to->mutable_blocks());
  to->set_by_hash(from.by_hash);
}

void Put(const paxos::Probe& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::Probe* to = envelope.mutable_probe();
  Fill(from.ballot, to->mutable_ballot());
  to->set_number(from.number);
}

void Put(const paxos::ProbeAck& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::ProbeAck* to = envelope.mutable_probe_ack();
  Fill(from.ballot, to->mutable_ballot());
  to->set_number(from.number);
}

void Put(const replica::ForwardWrite& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::ForwardWrite* to = envelope.mutable_forward_write();
  to->set_token(from.token);
  Fill(from.request, to->mutable_request());
}

void Put(const replica::ForwardRead& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::ForwardRead* to = envelope.mutable_forward_read();
  to->set_token(from.token);
  to->set_key(from.key);
}

void Put(const replica::ForwardAnswer& from, PeerEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::ForwardAnswer* to = envelope.mutable_forward_answer();
  to->set_token(from.token);
  Fill(from.answer, to->mutable_answer());
}

void Fill(const replica::Stamp& from, wire::Stamp* to) {
  to->set_life(from.life);
  to->set_commits(from.commits);
}

void FillHeader(const PeerHeader& header, PeerEnvelope& envelope) {
  envelope.set_version(header.version);
  envelope.set_cluster(ToBytes(header.cluster.genesis));
  envelope.set_cluster_name(header.cluster.name);
  envelope.set_from(header.from);
  envelope.set_to(header.to);
  envelope.set_incarnation(header.incarnation);
  Fill(header.stamp, envelope.mutable_stamp());
  if (header.seen.incarnation != 0) {
    wire::Seen* seen = envelope.mutable_seen();
    seen->set_incarnation(header.seen.incarnation);
    Fill(header.seen.latest, seen->mutable_latest());
    if (header.seen.other.life != 0) {
      Fill(header.seen.other, seen->mutable_other());
    }
  }
}

// Decoding: one Take a verb.

replica::Stamp CheckedStamp(const wire::Stamp& from, FieldCheck& check) {
  return {.life = from.life(), .commits = CheckedSlot(from.commits(), check)};
}

paxos::Heartbeat Take(const wire::Heartbeat& from, FieldCheck& check) {
  constexpr std::uint32_t kNodeBits = ((1U << kMaxNodes) - 1) << 1;
  check.Require((from.heard() & ~kNodeBits) == 0, "it hears a node that no cluster can have");
  return {.promised = CheckedBallot(from.promised(), check),
          .leading = from.leading(),
          .content = from.content(),
          .heard = from.heard(),
          .accepted = CheckedBallot(from.accepted(), check),
          .tip = CheckedSlot(from.tip(), check),
          .decided = CheckedSlot(from.decided(), check),
          .full = from.full()};
}

paxos::Prepare Take(const wire::Prepare& from, FieldCheck& check) {
  return {.ballot = CheckedBallotNotNone(from.ballot(), check),
          .decided = CheckedSlot(from.decided(), check),
          .accepted = CheckedBallot(from.accepted(), check),
          .tip = CheckedSlot(from.tip(), check)};
}

paxos::Promise Take(const wire::Promise& from, FieldCheck& check) {
  return {.ballot = CheckedBallotNotNone(from.ballot(), check),
          .accepted = CheckedBallot(from.accepted(), check),
          .tip = CheckedSlot(from.tip(), check),
          .decided = CheckedSlot(from.decided(), check),
          .blocks = CheckedBlocks(from.blocks(), check)};
}

paxos::Refuse Take(const wire::Refuse& from, FieldCheck& check) {
  return {.promised = CheckedBallotNotNone(from.promised(), check)};
}

paxos::Sync Take(const wire::Sync& from, FieldCheck& check) {
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

replica::ForwardWrite Take(const wire::ForwardWrite& from, FieldCheck& check) {
  return {.token = from.token(), .request = CheckedRequest(from.request(), check)};
}

replica::ForwardRead Take(const wire::ForwardRead& from, FieldCheck& check) {
  return {.token = from.token(), .key = CheckedKey(from.key(), check)};
}

replica::ForwardAnswer Take(const wire::ForwardAnswer& from, FieldCheck& check) {
  return {.token = from.token(), .answer = CheckedAnswer(from.answer(), check)};
}

PeerBody TakeBody(const PeerEnvelope& envelope, FieldCheck& check) {
  using replica::Message;
  switch (envelope.body_case()) {
    case PeerEnvelope::kHeartbeat:
      return Message(Take(envelope.heartbeat(), check));
    case PeerEnvelope::kPrepare:
      return Message(Take(envelope.prepare(), check));
    case PeerEnvelope::kPromise:
      return Message(Take(envelope.promise(), check));
    case PeerEnvelope::kRefuse:
      return Message(Take(envelope.refuse(), check));
    case PeerEnvelope::kSync:
      return Message(Take(envelope.sync(), check));
    case PeerEnvelope::kAccept:
      return Message(Take(envelope.accept(), check));
    case PeerEnvelope::kAccepted:
      return Message(Take(envelope.accepted(), check));
    case PeerEnvelope::kBehind:
      return Message(Take(envelope.behind(), check));
    case PeerEnvelope::kFetch:
      return Message(Take(envelope.fetch(), check));
    case PeerEnvelope::kBlocks:
      return Message(Take(envelope.blocks(), check));
    case PeerEnvelope::kProbe:
      return Message(Take(envelope.probe(), check));
    case PeerEnvelope::kProbeAck:
      return Message(Take(envelope.probe_ack(), check));
    case PeerEnvelope::kForwardWrite:
      return Message(Take(envelope.forward_write(), check));
    case PeerEnvelope::kForwardRead:
      return Message(Take(envelope.forward_read(), check));
    case PeerEnvelope::kForwardAnswer:
      return Message(Take(envelope.forward_answer(), check));
    case PeerEnvelope::kLinkFault:
      return LinkFault{.cut = envelope.link_fault().cut()};
    case PeerEnvelope::BODY_NOT_SET:
      break;
  }
  check.Fail("it has no body that this version knows");
  return LinkFault{};
}

}  // namespace

Status EncodePeer(const PeerHeader& header, const replica::Message& message,
                  const Allocate& allocate) {
  PeerEnvelope envelope;
  BlockLoan loan;
  FillHeader(header, envelope);
  std::visit([&](const auto& body) { Put(body, envelope, loan); }, message);
  return WriteTo(envelope, kMaxPeerFrameBytes, allocate);
}

Status EncodePeer(const PeerHeader& header, const LinkFault& fault, const Allocate& allocate) {
  PeerEnvelope envelope;
  FillHeader(header, envelope);
  envelope.mutable_link_fault()->set_cut(fault.cut);
  return WriteTo(envelope, kMaxPeerFrameBytes, allocate);
}

struct PeerDecoder::Impl {
  ParseArena arena;
  const PeerEnvelope* envelope = nullptr;  // In the arena.
};

PeerDecoder::PeerDecoder() : impl_(std::make_unique<Impl>()) {}
PeerDecoder::~PeerDecoder() = default;

Result<PeerHeader> PeerDecoder::Open(std::string_view frame) {
  impl_->envelope = impl_->arena.Parse<PeerEnvelope>(frame);
  if (impl_->envelope == nullptr) {
    return Status::Usage("the bytes are no message between nodes of cairn");
  }
  const PeerEnvelope& envelope = *impl_->envelope;
  FieldCheck check;
  PeerHeader header;
  header.version = envelope.version();
  if (header.version != kWireVersion) {
    return header;  // What else it says may mean something new.
  }
  check.Require(envelope.cluster_name().size() <= kMaxWireNameBytes,
                "its cluster's name is too long");
  check.Require(envelope.incarnation() != 0, "its sender has no incarnation");
  header.cluster.genesis = CheckedHash(envelope.cluster(), check);
  header.from = CheckedNodeNotNone(envelope.from(), check);
  header.to = CheckedNodeNotNone(envelope.to(), check);
  header.incarnation = envelope.incarnation();
  header.stamp = CheckedStamp(envelope.stamp(), check);
  header.seen = {.incarnation = envelope.seen().incarnation(),
                 .latest = CheckedStamp(envelope.seen().latest(), check),
                 .other = CheckedStamp(envelope.seen().other(), check)};
  if (!check.ok()) {
    return check.status();
  }
  header.cluster.name = envelope.cluster_name();
  return header;
}

Result<PeerBody> PeerDecoder::Body() const {
  CAIRN_CHECK(impl_->envelope != nullptr, "a frame was opened before its body is read");
  FieldCheck check;
  PeerBody body = TakeBody(*impl_->envelope, check);
  if (!check.ok()) {
    return check.status();
  }
  return body;
}

}  // namespace cairn::net
