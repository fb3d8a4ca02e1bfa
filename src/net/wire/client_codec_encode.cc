#include <type_traits>
#include <utility>

#include "common/check.h"
#include "net/wire/client_codec.h"
#include "net/wire/shared_codec.h"
#include "proto/client.pb.h"

namespace cairn::net {
namespace {

using wire::CallEnvelope;
using wire::ReplyEnvelope;

template <typename Envelope>
Envelope WithHeader(const ClientHeader& header) {
  Envelope envelope;
  envelope.set_version(header.version);
  envelope.set_cluster(ToBytes(header.cluster.genesis));
  envelope.set_cluster_name(header.cluster.name);
  if (header.cluster.formed) {
    envelope.set_formed(ToBytes(*header.cluster.formed));
  }
  if constexpr (std::is_same_v<Envelope, ReplyEnvelope>) {
    envelope.set_node(header.node);
  }
  return envelope;
}

// Encoding: one Put a verb.

void Put(const api::Hello& /*from*/, wire::Call& call) { call.mutable_hello(); }
void Put(const api::Write& from, wire::Call& call) {
  Fill(from.request, call.mutable_write()->mutable_request());
}
void Put(const api::Read& from, wire::Call& call) { call.mutable_read()->set_key(from.key); }
void Put(const api::StaleRead& from, wire::Call& call) {
  call.mutable_stale_read()->set_key(from.key);
}
void Put(const api::StatusCall& /*from*/, wire::Call& call) { call.mutable_status(); }
void Put(const api::ChainCall& from, wire::Call& call) {
  wire::ChainCall* to = call.mutable_chain();
  to->set_first(from.first);
  to->set_last(from.last);
}
void Put(const api::FaultCall& from, wire::Call& call) {
  wire::FaultCall* to = call.mutable_fault();
  to->set_kind(static_cast<wire::FaultCall::Kind>(from.kind));
  to->set_a(from.a);
  to->set_b(from.b);
}

void Put(const api::Welcome& from, wire::Reply& reply, BlockLoan& /*loan*/) {
  wire::Welcome* to = reply.mutable_welcome();
  to->set_node(from.node);
  to->set_cluster_name(from.cluster_name);
  to->set_cluster(ToBytes(from.cluster));
  to->set_decided(from.decided);
  to->set_leader(from.leader);
}

void Put(const api::Answer& from, wire::Reply& reply, BlockLoan& /*loan*/) {
  Fill(from, reply.mutable_answer());
}

void Put(const api::StatusReport& from, wire::Reply& reply, BlockLoan& /*loan*/) {
  wire::StatusReport* to = reply.mutable_status();
  const api::ReplicaStatus& replica = from.replica;
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
  for (const api::LinkStatus& link : from.links) {
    wire::LinkStatus* added = to->add_links();
    added->set_peer(link.peer);
    added->set_state(link.state);
  }
  to->set_dropped(from.dropped);
  to->set_goal(replica.goal);
  to->set_lost(replica.lost);
  to->set_full(replica.full);
  to->set_verified(from.verified);
  to->set_sessions(from.sessions);
  to->set_longest_turn_us(from.longest_turn);
  for (const std::string& note : from.notes) {
    to->add_notes(note);
  }
  if (from.formed) {
    to->set_formed(ToBytes(*from.formed));
  }
}

void Put(const api::ChainPart& from, wire::Reply& reply, BlockLoan& loan) {
  wire::ChainPart* to = reply.mutable_chain();
  loan.Lend(from.blocks, to->mutable_blocks());
  to->set_tip(from.tip);
  to->set_decided(from.decided);
}

void Put(const api::FaultDone& from, wire::Reply& reply, BlockLoan& /*loan*/) {
  reply.mutable_fault()->set_words(from.words);
}

}  // namespace

CallBatch::CallBatch(const ClientHeader& header)
    : batch_(std::make_unique<Batch>(WithHeader<CallEnvelope>(header), kMaxCallFrameBytes)) {}
CallBatch::~CallBatch() = default;
CallBatch::CallBatch(CallBatch&&) noexcept = default;
CallBatch& CallBatch::operator=(CallBatch&&) noexcept = default;

bool CallBatch::Fits(const api::CallBody& body) const {
  return batch_->Fits(std::visit([](const auto& verb) { return LoadOf(verb); }, body));
}

Status CallBatch::Add(std::uint64_t id, const api::CallBody& body) {
  wire::Call call;
  call.set_id(id);
  std::visit([&](const auto& verb) { Put(verb, call); }, body);
  return batch_->Add(call);
}

Status CallBatch::Write(const Allocate& allocate) { return batch_->Write(allocate); }
std::size_t CallBatch::size() const { return batch_->size(); }

ReplyBatch::ReplyBatch(const ClientHeader& header)
    : batch_(std::make_unique<Batch>(WithHeader<ReplyEnvelope>(header), kMaxReplyFrameBytes)) {}
ReplyBatch::~ReplyBatch() = default;
ReplyBatch::ReplyBatch(ReplyBatch&&) noexcept = default;
ReplyBatch& ReplyBatch::operator=(ReplyBatch&&) noexcept = default;

bool ReplyBatch::Fits(const api::ReplyBody& body) const {
  return batch_->Fits(std::visit([](const auto& verb) { return LoadOf(verb); }, body));
}

Status ReplyBatch::Add(std::uint64_t id, const api::ReplyBody& body) {
  wire::Reply reply;
  BlockLoan loan;
  reply.set_id(id);
  std::visit([&](const auto& verb) { Put(verb, reply, loan); }, body);
  return batch_->Add(reply);
}

Status ReplyBatch::Write(const Allocate& allocate) { return batch_->Write(allocate); }
std::size_t ReplyBatch::size() const { return batch_->size(); }

}  // namespace cairn::net
