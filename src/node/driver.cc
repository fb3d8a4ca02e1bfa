#include "node/driver.h"

#include <algorithm>
#include <span>
#include <utility>

#include "common/limits.h"
#include "node/shares.h"
#include "system/clock.h"

namespace cairn::node {
Driver::Driver(replica::Replica* replica, storage::Ledger* ledger, net::PeerNetwork* peers,
               door::Door* door, Hooks hooks)
    : replica_(replica),
      ledger_(ledger),
      peers_(peers),
      door_(door),
      hooks_(std::move(hooks)),
      heartbeat_during_sync_([this] { RepeatBeats(); }) {}

void Driver::Turn() {
  replica::Effects effects = replica_->TakeEffects();
  Send(effects.before_sync);
  if (effects.write.needed) {
    Commit(effects.write);
  }
  replica_->OnDurable(&effects);
  Send(effects.after_sync);
  for (const NodeId peer : peers_->peers()) {
    replica_->SetAnswerRoom(peer, peers_->AnswerRoom(peer));
  }
  replica_->Apply(&effects);
  Send(effects.after_apply);
  for (const replica::LocalAnswer& answer : effects.answers) {
    hooks_.on_answer(answer);
  }
  if (!effects.answers.empty()) {
    door_->Flush();
  }
  Serve(effects.serve);
}

void Driver::Commit(const replica::LedgerWrite& write) {
  const Micros began = system::MonotonicNow();
  heartbeat_during_sync_.Begin();
  ledger_->Commit(write);
  heartbeat_during_sync_.End();
  hooks_.on_commit(system::MonotonicNow() - began);
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
  peers_->Send(messages, stamp, [this](NodeId node) { return replica_->SeenOf(node); });
}

void Driver::RepeatBeats() {
  for (const auto& [node, beat] : beats_) {
    peers_->Send({node, beat.message}, beat.stamp, beat.seen);
  }
  peers_->StayAlive();
  door_->StayAlive();
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
