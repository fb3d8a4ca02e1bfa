#include <type_traits>
#include <utility>

#include "common/check.h"
#include "net/wire/client_codec.h"
#include "net/wire/shared_codec.h"
#include "proto/client.pb.h"

namespace cairn::net {
namespace {

constexpr int kMaxNotes = 16;

using wire::CallEnvelope;
using wire::ReplyEnvelope;

template <typename Envelope>
Result<ClientHeader> TakeHeader(const Envelope& envelope) {
  ClientHeader header;
  header.version = envelope.version();
  if (header.version != kWireVersion) {
    return header;  // What else it says may mean something new.
  }
  FieldCheck check;
  check.Require(envelope.cluster_name().size() <= kMaxWireNameBytes,
                "its cluster's name is too long");
  header.cluster.genesis = CheckedHash(envelope.cluster(), check);
  header.cluster.formed = CheckedHashOrNone(envelope.formed(), check);
  if constexpr (std::is_same_v<Envelope, ReplyEnvelope>) {
    header.node = CheckedNodeNotNone(envelope.node(), check);
  }
  if (!check.ok()) {
    return check.status();
  }
  header.cluster.name = envelope.cluster_name();
  return header;
}

// Decoding: one Take a verb that has fields.

api::ChainCall Take(const wire::ChainCall& from, FieldCheck& check) {
  // An honest client may ask "to the end" by the greatest number there is.
  return {.first = CheckedSlot(from.first(), check), .last = from.last()};
}

api::FaultCall Take(const wire::FaultCall& from, FieldCheck& check) {
  const int kind = from.kind();
  check.Require(kind >= wire::FaultCall::FAIL_LINK && kind <= wire::FaultCall::FAIL_PROCESS,
                "it asks for a fault that this version does not know");
  const bool link = kind != wire::FaultCall::FAIL_PROCESS;
  api::FaultCall call;
  call.a = link ? CheckedNodeNotNone(from.a(), check) : CheckedNode(from.a(), check);
  call.b = link ? CheckedNodeNotNone(from.b(), check) : CheckedNode(from.b(), check);
  if (check.ok()) {
    call.kind = static_cast<api::FaultCall::Kind>(kind);
  }
  return call;
}

Result<api::CallBody> TakeBody(wire::Call& call, FieldCheck& check) {
  switch (call.body_case()) {
    case wire::Call::kHello:
      return api::CallBody(api::Hello{});
    case wire::Call::kWrite:
      return api::CallBody(
          api::Write{CheckedRequest(call.mutable_write()->mutable_request(), check)});
    case wire::Call::kRead:
      return api::CallBody(api::Read{CheckedKey(call.mutable_read()->mutable_key(), check)});
    case wire::Call::kStaleRead:
      return api::CallBody(
          api::StaleRead{CheckedKey(call.mutable_stale_read()->mutable_key(), check)});
    case wire::Call::kStatus:
      return api::CallBody(api::StatusCall{});
    case wire::Call::kChain:
      return api::CallBody(Take(call.chain(), check));
    case wire::Call::kFault:
      return api::CallBody(Take(call.fault(), check));
    case wire::Call::BODY_NOT_SET:
      break;
  }
  return Status::Usage("it is of no verb that this version knows");
}

api::Welcome Take(wire::Welcome* from, FieldCheck& check) {
  check.Require(from->cluster_name().size() <= kMaxWireNameBytes, "its cluster's name is too long");
  return {.node = CheckedNodeNotNone(from->node(), check),
          .cluster_name = CheckedText(from->mutable_cluster_name(), check),
          .cluster = CheckedHash(from->cluster(), check),
          .decided = CheckedSlot(from->decided(), check),
          .leader = CheckedNode(from->leader(), check)};
}

api::StatusReport Take(wire::StatusReport* from, FieldCheck& check) {
  api::StatusReport report;
  api::ReplicaStatus& replica = report.replica;
  replica.node = CheckedNodeNotNone(from->node(), check);
  replica.role = CheckedText(from->mutable_role(), check);
  replica.ballot = CheckedBallot(from->ballot(), check);
  replica.promised = CheckedBallot(from->promised(), check);
  replica.decided = CheckedSlot(from->decided(), check);
  replica.applied = CheckedSlot(from->applied(), check);
  replica.tip = CheckedSlot(from->tip(), check);
  replica.tip_hash = CheckedHash(from->tip_hash(), check);
  replica.leader = CheckedNode(from->leader(), check);
  replica.quorum = from->quorum();
  check.Require(from->heard() <= kMaxNodes && from->missing_size() <= static_cast<int>(kMaxNodes) &&
                    from->links_size() <= static_cast<int>(kMaxNodes),
                "it counts more nodes than a cluster can have");
  check.Require(from->notes_size() <= kMaxNotes, "it has too many notes");
  if (!check.ok()) {
    return report;
  }
  replica.heard = from->heard();
  for (const std::uint32_t node : from->missing()) {
    replica.missing.push_back(CheckedNodeNotNone(node, check));
  }
  replica.words = CheckedText(from->mutable_words(), check);
  report.incarnation = from->incarnation();
  for (wire::LinkStatus& link : *from->mutable_links()) {
    report.links.push_back({.peer = CheckedNodeNotNone(link.peer(), check),
                            .state = CheckedText(link.mutable_state(), check)});
  }
  report.dropped = from->dropped();
  replica.goal = CheckedSlot(from->goal(), check);
  replica.lost = CheckedSlot(from->lost(), check);
  replica.full = from->full();
  report.verified = CheckedSlot(from->verified(), check);
  report.sessions = from->sessions();
  report.longest_turn = from->longest_turn_us();
  for (std::string& note : *from->mutable_notes()) {
    report.notes.push_back(CheckedText(&note, check));
  }
  report.formed = CheckedHashOrNone(from->formed(), check);
  return report;
}

api::ChainPart Take(const wire::ChainPart& from, FieldCheck& check) {
  return {.blocks = CheckedBlocks(from.blocks(), check),
          .tip = CheckedSlot(from.tip(), check),
          .decided = CheckedSlot(from.decided(), check)};
}

api::ReplyBody TakeBody(wire::Reply& reply, FieldCheck& check) {
  switch (reply.body_case()) {
    case wire::Reply::kWelcome:
      return Take(reply.mutable_welcome(), check);
    case wire::Reply::kAnswer:
      return CheckedAnswer(reply.mutable_answer(), check);
    case wire::Reply::kStatus:
      return Take(reply.mutable_status(), check);
    case wire::Reply::kChain:
      return Take(reply.chain(), check);
    case wire::Reply::kFault:
      return api::FaultDone{CheckedText(reply.mutable_fault()->mutable_words(), check)};
    case wire::Reply::BODY_NOT_SET:
      break;
  }
  check.Fail("it is of no verb that this version knows");
  return api::FaultDone{};
}

// What is left of a frame's messages.
std::size_t Left(int all, int taken) { return static_cast<std::size_t>(all - taken); }

}  // namespace

struct CallDecoder::Impl {
  FrameArena arena;
  CallEnvelope* envelope = nullptr;  // In the arena; null: there is no call to be taken.
  int next = 0;
};

CallDecoder::CallDecoder() : impl_(std::make_unique<Impl>()) {}
CallDecoder::~CallDecoder() = default;

Result<ClientHeader> CallDecoder::Open(std::string_view frame) {
  impl_->envelope = nullptr;
  auto* envelope = impl_->arena.Parse<CallEnvelope>(frame);
  if (envelope == nullptr) {
    return Status::Usage("the bytes are no call of a cairn client");
  }
  Result<ClientHeader> header = TakeHeader(*envelope);
  if (header.ok()) {
    impl_->envelope = envelope;
    impl_->next = 0;
  }
  return header;
}

std::size_t CallDecoder::left() const {
  return impl_->envelope == nullptr ? 0 : Left(impl_->envelope->calls_size(), impl_->next);
}

ReceivedCall CallDecoder::Next() {
  CAIRN_CHECK(left() > 0, "a call that is taken is left");
  wire::Call& call = *impl_->envelope->mutable_calls(impl_->next++);
  FieldCheck check;
  ReceivedCall received{.id = call.id(), .body = TakeBody(call, check)};
  if (!check.ok()) {
    received.body = check.status();
  }
  return received;
}

struct ReplyDecoder::Impl {
  FrameArena arena;
  ReplyEnvelope* envelope = nullptr;  // In the arena; null: there is no reply to be taken.
  int next = 0;
  ClientHeader header;
};

ReplyDecoder::ReplyDecoder() : impl_(std::make_unique<Impl>()) {}
ReplyDecoder::~ReplyDecoder() = default;

Status ReplyDecoder::Open(std::string_view frame) {
  impl_->envelope = nullptr;
  auto* envelope = impl_->arena.Parse<ReplyEnvelope>(frame);
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
  impl_->envelope = envelope;
  impl_->next = 0;
  impl_->header = std::move(header).value();
  return Status::Ok();
}

const ClientHeader& ReplyDecoder::header() const { return impl_->header; }

std::size_t ReplyDecoder::left() const {
  return impl_->envelope == nullptr ? 0 : Left(impl_->envelope->replies_size(), impl_->next);
}

Result<api::ClientReply> ReplyDecoder::Next() {
  CAIRN_CHECK(left() > 0, "a reply that is taken is left");
  wire::Reply& from = *impl_->envelope->mutable_replies(impl_->next++);
  FieldCheck check;
  api::ClientReply reply;
  reply.id = from.id();
  reply.body = TakeBody(from, check);
  reply.node = impl_->header.node;
  reply.formed = impl_->header.cluster.formed;
  if (!check.ok()) {
    return check.status();
  }
  return reply;
}

}  // namespace cairn::net
