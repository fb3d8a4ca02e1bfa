#include <utility>

#include "common/check.h"
#include "net/peers/peer_codec.h"
#include "net/wire/shared_codec.h"
#include "proto/peer.pb.h"

namespace cairn::net {
namespace {

using wire::PeerEnvelope;
using wire::PeerMessage;

void FillStamp(const replica::Stamp& from, wire::Stamp* to) {
  to->set_life(from.life);
  to->set_commits(from.commits);
  to->set_began(from.began);
}

void FillSeen(const replica::Seen& from, wire::Seen* to) {
  to->set_incarnation(from.incarnation);
  to->set_accused(from.accused);
  to->set_life(from.life);
  to->set_commits(from.commits);
}

// Encoding: one Put a verb.

void Put(const paxos::Heartbeat& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::Heartbeat* to = message.mutable_heartbeat();
  Fill(from.promised, to->mutable_promised());
  to->set_leading(from.leading);
  to->set_satisfied(from.satisfied);
  to->set_heard(from.heard);
  Fill(from.accepted, to->mutable_accepted());
  to->set_tip(from.tip);
  to->set_decided(from.decided);
  to->set_full(from.full);
  to->set_sent(from.sent);
  to->set_echo(from.echo);
  to->set_held(from.held);
  to->set_behind_blocks(from.behind_blocks);
}

void Put(const paxos::Prepare& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::Prepare* to = message.mutable_prepare();
  Fill(from.ballot, to->mutable_ballot());
  to->set_decided(from.decided);
  Fill(from.accepted, to->mutable_accepted());
  to->set_tip(from.tip);
  to->set_tip_hash(ToBytes(from.tip_hash));
}

void Put(const paxos::Promise& from, PeerMessage& message, BlockLoan& loan) {
  wire::Promise* to = message.mutable_promise();
  Fill(from.ballot, to->mutable_ballot());
  Fill(from.accepted, to->mutable_accepted());
  to->set_tip(from.tip);
  to->set_decided(from.decided);
  loan.Lend(from.blocks, to->mutable_blocks());
  to->set_tip_hash(ToBytes(from.tip_hash));
}

void Put(const paxos::Refuse& from, PeerMessage& message, BlockLoan& /*loan*/) {
  Fill(from.promised, message.mutable_refuse()->mutable_promised());
}

void Put(const paxos::AcceptSync& from, PeerMessage& message, BlockLoan& loan) {
  wire::AcceptSync* to = message.mutable_accept_sync();
  Fill(from.ballot, to->mutable_ballot());
  to->set_decided(from.decided);
  to->set_tip(from.tip);
  to->set_tip_hash(ToBytes(from.tip_hash));
  loan.Lend(from.blocks, to->mutable_blocks());
}

void Put(const paxos::Accept& from, PeerMessage& message, BlockLoan& loan) {
  CAIRN_CHECK(from.block != nullptr, "an Accept carries a block");
  wire::Accept* to = message.mutable_accept();
  Fill(from.ballot, to->mutable_ballot());
  to->set_decided(from.decided);
  loan.Lend({&from.block, 1}, to->mutable_blocks());
}

void Put(const paxos::Accepted& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::Accepted* to = message.mutable_accepted();
  Fill(from.ballot, to->mutable_ballot());
  to->set_tip(from.tip);
}

void Put(const paxos::Behind& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::Behind* to = message.mutable_behind();
  Fill(from.ballot, to->mutable_ballot());
  Fill(from.accepted, to->mutable_accepted());
  to->set_matched(from.matched);
  to->set_decided(from.decided);
}

void Put(const paxos::Fetch& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::Fetch* to = message.mutable_fetch();
  to->set_from(from.from);
  to->set_last(from.last);
  to->set_by_hash(from.by_hash);
}

void Put(const paxos::Blocks& from, PeerMessage& message, BlockLoan& loan) {
  wire::Blocks* to = message.mutable_blocks();
  to->set_decided(from.decided);
  loan.Lend(from.blocks, to->mutable_blocks());
  to->set_by_hash(from.by_hash);
}

void Put(const paxos::Probe& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::Probe* to = message.mutable_probe();
  Fill(from.ballot, to->mutable_ballot());
  to->set_number(from.number);
}

void Put(const paxos::ProbeAck& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::ProbeAck* to = message.mutable_probe_ack();
  Fill(from.ballot, to->mutable_ballot());
  to->set_number(from.number);
}

void Put(const replica::ForwardWrite& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::ForwardWrite* to = message.mutable_forward_write();
  to->set_token(from.token);
  Fill(from.request, to->mutable_request());
}

void Put(const replica::ForwardRead& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::ForwardRead* to = message.mutable_forward_read();
  to->set_token(from.token);
  to->set_key(from.key);
}

void Put(const replica::ForwardAnswer& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::ForwardAnswer* to = message.mutable_forward_answer();
  to->set_token(from.token);
  Fill(from.answer, to->mutable_answer());
}

void Put(const replica::AskMemory& from, PeerMessage& message, BlockLoan& /*loan*/) {
  message.mutable_ask_memory()->set_number(from.number);
}

void Put(const replica::TellMemory& from, PeerMessage& message, BlockLoan& /*loan*/) {
  wire::TellMemory* to = message.mutable_tell_memory();
  to->set_number(from.number);
  if (from.seen.incarnation != 0) {
    FillSeen(from.seen, to->mutable_seen());
  }
}

void FillHeader(const PeerHeader& header, PeerEnvelope& envelope) {
  envelope.set_version(header.version);
  envelope.set_cluster(ToBytes(header.cluster.genesis));
  envelope.set_cluster_name(header.cluster.name);
  if (header.cluster.formed) {
    envelope.set_formed(ToBytes(*header.cluster.formed));
  }
  envelope.set_from(header.from);
  envelope.set_to(header.to);
  envelope.set_incarnation(header.incarnation);
  FillStamp(header.stamp, envelope.mutable_stamp());
  if (header.seen.incarnation != 0) {
    FillSeen(header.seen, envelope.mutable_seen());
  }
}

}  // namespace

struct PeerEncoder::Impl {
  FrameArena arena;
};

PeerEncoder::PeerEncoder() : impl_(std::make_unique<Impl>()) {}
PeerEncoder::~PeerEncoder() = default;

Result<std::size_t> PeerEncoder::Encode(const PeerHeader& header,
                                        std::span<const replica::Message* const> messages,
                                        const Allocate& allocate) {
  CAIRN_CHECK(!messages.empty(), "a frame has a message");
  auto* envelope = impl_->arena.New<PeerEnvelope>();
  BlockLoan loan;
  FillHeader(header, *envelope);
  std::size_t taken = 0;
  std::size_t load = 0;
  while (taken < messages.size() && taken < kMaxBatch) {
    load += std::visit([](const auto& body) { return LoadOf(body); }, *messages[taken]);
    if (taken > 0 && load > kBatchBytes) {
      break;
    }
    PeerMessage* message = envelope->add_messages();
    std::visit([&](const auto& body) { Put(body, *message, loan); }, *messages[taken]);
    ++taken;
  }
  if (Status status = WriteTo(*envelope, kMaxPeerFrameBytes, allocate); !status.ok()) {
    return status;
  }
  return taken;
}

Status PeerEncoder::Encode(const PeerHeader& header, const LinkFault& fault,
                           const Allocate& allocate) {
  auto* envelope = impl_->arena.New<PeerEnvelope>();
  FillHeader(header, *envelope);
  envelope->add_messages()->mutable_link_fault()->set_cut(fault.cut);
  return WriteTo(*envelope, kMaxPeerFrameBytes, allocate);
}

}  // namespace cairn::net
