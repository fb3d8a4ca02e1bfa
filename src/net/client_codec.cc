#include "net/client_codec.h"

#include <utility>

#include "common/check.h"
#include "net/shared_codec.h"
#include "proto/client.pb.h"

namespace cairn::net {
namespace {

constexpr int kMaxNotes = 16;

using wire::CallEnvelope;
using wire::ReplyEnvelope;

template <typename Envelope>
void FillHeader(const ClientHeader& header, Envelope& envelope) {
  envelope.set_version(header.version);
  envelope.set_cluster(ToBytes(header.cluster.genesis));
  envelope.set_cluster_name(header.cluster.name);
  envelope.set_id(header.id);
}

template <typename Envelope>
Result<ClientHeader> TakeHeader(const Envelope& envelope) {
  ClientHeader header;
  header.version = envelope.version();
  header.id = envelope.id();
  if (header.version != kWireVersion) {
    return header;  // What else it says may mean something new.
  }
  FieldCheck check;
  check.Require(envelope.cluster_name().size() <= kMaxWireNameBytes,
                "its cluster's name is too long");
  header.cluster.genesis = CheckedHash(envelope.cluster(), check);
  if (!check.ok()) {
    return check.status();
  }
  header.cluster.name = envelope.cluster_name();
  return header;
}

// Encoding: one Put a verb.

void Put(const Hello& /*from*/, CallEnvelope& envelope) { envelope.mutable_hello(); }
void Put(const Write& from, CallEnvelope& envelope) {
  Fill(from.request, envelope.mutable_write()->mutable_request());
}
void Put(const Read& from, CallEnvelope& envelope) { envelope.mutable_read()->set_key(from.key); }
void Put(const StaleRead& from, CallEnvelope& envelope) {
  envelope.mutable_stale_read()->set_key(from.key);
}
void Put(const StatusCall& /*from*/, CallEnvelope& envelope) { envelope.mutable_status(); }
void Put(const ChainCall& from, CallEnvelope& envelope) {
  wire::ChainCall* to = envelope.mutable_chain();
  to->set_first(from.first);
  to->set_last(from.last);
}
void Put(const FaultCall& from, CallEnvelope& envelope) {
  wire::FaultCall* to = envelope.mutable_fault();
  to->set_kind(static_cast<wire::FaultCall::Kind>(from.kind));
  to->set_a(from.a);
  to->set_b(from.b);
}

void Put(const Welcome& from, ReplyEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::Welcome* to = envelope.mutable_welcome();
  to->set_node(from.node);
  to->set_cluster_name(from.cluster_name);
  to->set_cluster(ToBytes(from.cluster));
  to->set_decided(from.decided);
  to->set_leader(from.leader);
}

void Put(const replica::Answer& from, ReplyEnvelope& envelope, BlockLoan& /*loan*/) {
  Fill(from, envelope.mutable_answer());
}

void Put(const StatusReport& from, ReplyEnvelope& envelope, BlockLoan& /*loan*/) {
  wire::StatusReport* to = envelope.mutable_status();
  const replica::ReplicaStatus& replica = from.replica;
  to->set_node(replica.node);
  to->set_role(replica.role);
  Fill(replica.ballot, to->mutable_ballot());
  Fill(replica.promised, to->mutable_promised());
  to->set_decided(replica.decided);
  to->set_applied(replica.applied);
  to->set_tip(replica.tip);
  to->set_tip_hash(ToBytes(replica.tip_hash));
  to->set_leader(replica.leader);
  to->set_quorum(replica.quorum);
  to->set_heard(static_cast<std::uint32_t>(replica.heard));
  for (const NodeId node : replica.missing) {
    to->add_missing(node);
  }
  to->set_words(replica.words);
  to->set_incarnation(from.incarnation);
  for (const LinkStatus& link : from.links) {
    wire::LinkStatus* added = to->add_links();
    added->set_peer(link.peer);
    added->set_state(link.state);
  }
  to->set_dropped(from.dropped);
  to->set_goal(replica.goal);
  to->set_lost(replica.lost);
  to->set_full(replica.full);
  to->set_verified(from.verified);
  for (const std::string& note : from.notes) {
    to->add_notes(note);
  }
}

void Put(const ChainPart& from, ReplyEnvelope& envelope, BlockLoan& loan) {
  wire::ChainPart* to = envelope.mutable_chain();
  loan.Lend(from.blocks, to->mutable_blocks());
  to->set_tip(from.tip);
  to->set_decided(from.decided);
}

void Put(const FaultDone& from, ReplyEnvelope& envelope, BlockLoan& /*loan*/) {
  envelope.mutable_fault()->set_words(from.words);
}

// Decoding: one Take a verb that has fields.

ChainCall Take(const wire::ChainCall& from, FieldCheck& check) {
  // An honest client may ask "to the end" by the greatest number there is.
  return {.first = CheckedSlot(from.first(), check), .last = from.last()};
}

FaultCall Take(const wire::FaultCall& from, FieldCheck& check) {
  const int kind = from.kind();
  check.Require(kind >= wire::FaultCall::FAIL_LINK && kind <= wire::FaultCall::FAIL_PROCESS,
                "it asks for a fault that this version does not know");
  const bool link = kind != wire::FaultCall::FAIL_PROCESS;
  FaultCall call;
  call.a = link ? CheckedNodeNotNone(from.a(), check) : CheckedNode(from.a(), check);
  call.b = link ? CheckedNodeNotNone(from.b(), check) : CheckedNode(from.b(), check);
  if (check.ok()) {
    call.kind = static_cast<FaultCall::Kind>(kind);
  }
  return call;
}

Result<CallBody> TakeBody(const CallEnvelope& envelope, FieldCheck& check) {
  switch (envelope.body_case()) {
    case CallEnvelope::kHello:
      return CallBody(Hello{});
    case CallEnvelope::kWrite:
      return CallBody(Write{CheckedRequest(envelope.write().request(), check)});
    case CallEnvelope::kRead:
      return CallBody(Read{CheckedKey(envelope.read().key(), check)});
    case CallEnvelope::kStaleRead:
      return CallBody(StaleRead{CheckedKey(envelope.stale_read().key(), check)});
    case CallEnvelope::kStatus:
      return CallBody(StatusCall{});
    case CallEnvelope::kChain:
      return CallBody(Take(envelope.chain(), check));
    case CallEnvelope::kFault:
      return CallBody(Take(envelope.fault(), check));
    case CallEnvelope::BODY_NOT_SET:
      break;
  }
  return Status::Usage("it has no body that this version knows");
}

Welcome Take(const wire::Welcome& from, FieldCheck& check) {
  check.Require(from.cluster_name().size() <= kMaxWireNameBytes, "its cluster's name is too long");
  return {.node = CheckedNodeNotNone(from.node(), check),
          .cluster_name = CheckedText(from.cluster_name(), check),
          .cluster = CheckedHash(from.cluster(), check),
          .decided = CheckedSlot(from.decided(), check),
          .leader = CheckedNode(from.leader(), check)};
}

StatusReport Take(const wire::StatusReport& from, FieldCheck& check) {
  StatusReport report;
  replica::ReplicaStatus& replica = report.replica;
  replica.node = CheckedNodeNotNone(from.node(), check);
  replica.role = CheckedText(from.role(), check);
  replica.ballot = CheckedBallot(from.ballot(), check);
  replica.promised = CheckedBallot(from.promised(), check);
  replica.decided = CheckedSlot(from.decided(), check);
  replica.applied = CheckedSlot(from.applied(), check);
  replica.tip = CheckedSlot(from.tip(), check);
  replica.tip_hash = CheckedHash(from.tip_hash(), check);
  replica.leader = CheckedNode(from.leader(), check);
  replica.quorum = from.quorum();
  check.Require(from.heard() <= kMaxNodes && from.missing_size() <= static_cast<int>(kMaxNodes) &&
                    from.links_size() <= static_cast<int>(kMaxNodes),
                "it counts more nodes than a cluster can have");
  check.Require(from.notes_size() <= kMaxNotes, "it has too many notes");
  if (!check.ok()) {
    return report;
  }
  replica.heard = from.heard();
  for (const std::uint32_t node : from.missing()) {
    replica.missing.push_back(CheckedNodeNotNone(node, check));
  }
  replica.words = CheckedText(from.words(), check);
  report.incarnation = from.incarnation();
  for (const wire::LinkStatus& link : from.links()) {
    report.links.push_back({.peer = CheckedNodeNotNone(link.peer(), check),
                            .state = CheckedText(link.state(), check)});
  }
  report.dropped = from.dropped();
  replica.goal = CheckedSlot(from.goal(), check);
  replica.lost = CheckedSlot(from.lost(), check);
  replica.full = from.full();
  report.verified = CheckedSlot(from.verified(), check);
  for (const std::string& note : from.notes()) {
    report.notes.push_back(CheckedText(note, check));
  }
  return report;
}

ChainPart Take(const wire::ChainPart& from, FieldCheck& check) {
  return {.blocks = CheckedBlocks(from.blocks(), check),
          .tip = CheckedSlot(from.tip(), check),
          .decided = CheckedSlot(from.decided(), check)};
}

ReplyBody TakeBody(const ReplyEnvelope& envelope, FieldCheck& check) {
  switch (envelope.body_case()) {
    case ReplyEnvelope::kWelcome:
      return Take(envelope.welcome(), check);
    case ReplyEnvelope::kAnswer:
      return CheckedAnswer(envelope.answer(), check);
    case ReplyEnvelope::kStatus:
      return Take(envelope.status(), check);
    case ReplyEnvelope::kChain:
      return Take(envelope.chain(), check);
    case ReplyEnvelope::kFault:
      return FaultDone{CheckedText(envelope.fault().words(), check)};
    case ReplyEnvelope::BODY_NOT_SET:
      break;
  }
  check.Fail("it has no body that this version knows");
  return FaultDone{};
}

}  // namespace

Status EncodeCall(const ClientHeader& header, const CallBody& body, const Allocate& allocate) {
  CallEnvelope envelope;
  FillHeader(header, envelope);
  std::visit([&](const auto& verb) { Put(verb, envelope); }, body);
  return WriteTo(envelope, kMaxCallFrameBytes, allocate);
}

Status EncodeReply(const ClientHeader& header, const ReplyBody& body, const Allocate& allocate) {
  ReplyEnvelope envelope;
  BlockLoan loan;
  FillHeader(header, envelope);
  std::visit([&](const auto& verb) { Put(verb, envelope, loan); }, body);
  return WriteTo(envelope, kMaxReplyFrameBytes, allocate);
}

struct CallDecoder::Impl {
  ParseArena arena;
  const CallEnvelope* envelope = nullptr;  // In the arena.
};

CallDecoder::CallDecoder() : impl_(std::make_unique<Impl>()) {}
CallDecoder::~CallDecoder() = default;

Result<ClientHeader> CallDecoder::Open(std::string_view frame) {
  impl_->envelope = impl_->arena.Parse<CallEnvelope>(frame);
  if (impl_->envelope == nullptr) {
    return Status::Usage("the bytes are no call of a cairn client");
  }
  return TakeHeader(*impl_->envelope);
}

Result<CallBody> CallDecoder::Body() const {
  CAIRN_CHECK(impl_->envelope != nullptr, "a frame was opened before its body is read");
  FieldCheck check;
  Result<CallBody> body = TakeBody(*impl_->envelope, check);
  if (!check.ok()) {
    return check.status();
  }
  return body;
}

struct ReplyDecoder::Impl {
  ParseArena arena;
};

ReplyDecoder::ReplyDecoder() : impl_(std::make_unique<Impl>()) {}
ReplyDecoder::~ReplyDecoder() = default;

Result<ClientReply> ReplyDecoder::Decode(std::string_view frame) {
  const auto* envelope = impl_->arena.Parse<ReplyEnvelope>(frame);
  if (envelope == nullptr) {
    return Status::Usage("the bytes are no reply of a cairn node");
  }
  Result<ClientHeader> header = TakeHeader(*envelope);
  if (!header.ok()) {
    return header.status();
  }
  if (header->version != kWireVersion) {
    return Status::Usage("the node speaks protocol version " + std::to_string(header->version) +
                         ", this client version " + std::to_string(kWireVersion) +
                         ": use the same version of cairn on both sides");
  }
  FieldCheck check;
  ClientReply reply{.id = header->id, .body = TakeBody(*envelope, check)};
  if (!check.ok()) {
    return check.status();
  }
  return reply;
}

}  // namespace cairn::net
