#include "node/driver.h"

#include <algorithm>
#include <span>
#include <utility>

#include "common/limits.h"
#include "node/clock.h"
#include "node/shares.h"

namespace cairn::node {
Driver::Driver(replica::Replica* replica, storage::Ledger* ledger, net::ServerSockets* sockets,
               Hooks hooks)
    : replica_(replica),
      ledger_(ledger),
      sockets_(sockets),
      hooks_(std::move(hooks)),
      pulse_([this] { RepeatBeats(); }) {}

void Driver::Turn() {
  replica::Effects effects = replica_->Think();
  Send(effects.early);
  if (effects.write.needed) {
    Commit(effects.write);
  }
  replica_->Remembered(&effects);
  Send(std::exchange(effects.late, {}));
  for (const NodeId peer : sockets_->peers()) {
    replica_->SetAnswerRoom(peer, sockets_->AnswerRoom(peer));
  }
  replica_->Apply(&effects);
  Send(effects.late);
  for (const replica::LocalAnswer& answer : effects.answers) {
    hooks_.on_answer(answer);
  }
  if (!effects.answers.empty()) {
    sockets_->FlushReplies();
  }
  Serve(effects.serve);
}

void Driver::Commit(const replica::LedgerWrite& write) {
  const Micros began = MonotonicNow();
  pulse_.Begin();
  ledger_->Commit(write);
  pulse_.End();
  hooks_.on_commit(MonotonicNow() - began);
}

void Driver::Send(const std::vector<replica::Outbound>& messages) {
  if (messages.empty()) {
    return;
  }
  const replica::Stamp stamp = replica_->StampOf(ledger_->commits());
  for (const replica::Outbound& message : messages) {
    const auto* beat = std::get_if<paxos::Heartbeat>(&message.message);
    if (beat != nullptr && !beat->behind_blocks) {
      beats_[message.to] = {message.message, stamp, replica_->SeenOf(message.to)};
    }
  }
  sockets_->SendToPeers(messages, stamp, [this](NodeId node) { return replica_->SeenOf(node); });
}

void Driver::RepeatBeats() {
  for (const auto& [node, beat] : beats_) {
    sockets_->SendToPeer({node, beat.message}, beat.stamp, beat.seen);
  }
  sockets_->StayAlive();
}

void Driver::Serve(const std::vector<replica::ServeBlocks>& wanted) {
  const std::size_t room = kMostServes - serves_.size();
  for (const replica::ServeBlocks& serve : std::span(wanted).first(std::min(wanted.size(), room))) {
    serves_.push_back(serve);
  }
  if (!serves_.empty()) {
    ServeOne(serves_.front());
    serves_.pop_front();
  }
}

void Driver::ServeOne(const replica::ServeBlocks& serve) {
  auto blocks = ledger_->ReadRange(serve.from, serve.last, kMaxCatchUpBlocks, kMaxCatchUpBytes);
  if (blocks.ok()) {
    Send({{serve.to, paxos::Blocks{std::move(blocks).value(), serve.decided, serve.by_hash}}});
    return;
  }
  // Neither "have" nor "none": the other node asks elsewhere.
  const std::vector<replica::Hole> holes = ledger_->holes();
  const bool known = std::ranges::any_of(holes, [&](const replica::Hole& hole) {
    return hole.first <= serve.from && serve.from <= hole.last;
  });
  if (!known) {
    hooks_.on_damage(blocks.status());
  }
}

}  // namespace cairn::node
