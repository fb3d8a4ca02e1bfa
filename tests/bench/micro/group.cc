#include "bench/micro/group.h"

#include <utility>

#include "chain/block_format.h"
#include "common/check.h"

namespace cairn::bench {
namespace {

constexpr Micros kTick = 5'000;
constexpr int kMostTicks = 10'000;
constexpr std::uint64_t kMaxSessions = 10'000;

Incarnation LifeOf(NodeId id) { return 1000 + id; }

}  // namespace

Group::Group(NodeId nodes) {
  std::vector<NodeId> ids;
  for (NodeId id = 1; id <= nodes; ++id) {
    ids.push_back(id);
  }
  const BlockPtr genesis =
      chain::MakeGenesis({.name = "bench", .nodes = ids, .max_sessions = kMaxSessions});
  replica::Recovered fresh;
  fresh.blocks = {genesis};
  for (const NodeId id : ids) {
    Node& node = nodes_[id];
    node.machine = std::make_unique<kv::StateMachine>(&node.table, kMaxSessions);
    node.replica = std::make_unique<replica::Replica>(
        replica::DefaultOptions(id, LifeOf(id), ids, 77 * id), fresh, node.machine.get(), now_);
  }
  for (int i = 0; i < kMostTicks && leader_ == 0; ++i) {
    Tick();
    for (auto& [id, node] : nodes_) {
      const api::ReplicaStatus status = node.replica->Report();
      leader_ = node.replica->leading() && status.quorum && status.decided > 0 ? id : leader_;
    }
  }
  CAIRN_CHECK(leader_ != 0, "nodes that hear each other have a leader soon");
  Tick();  // it hands requests to whom it knew as leader at its last one
}

void Group::Tick() {
  now_ += kTick;
  for (auto& [id, node] : nodes_) {
    node.replica->Tick(now_, now_);
  }
  Settle();
}

std::size_t Group::Put(std::vector<Request> requests) {
  leader().Advance(now_, now_);
  for (Request& request : requests) {
    leader().Submit(++token_, std::move(request));
  }
  return Settle();
}

std::size_t Group::Get(const std::vector<std::string>& keys) {
  leader().Advance(now_, now_);
  for (const std::string& key : keys) {
    leader().Read(++token_, key);
  }
  return Settle();
}

std::size_t Group::Settle() {
  answers_ = 0;
  for (bool busy = true; busy;) {
    busy = false;
    for (auto& [id, node] : nodes_) {
      if (!node.inbox.empty() || node.replica->HasWork() || node.replica->acceptor().changed()) {
        busy = true;
      }
      Turn(id);
    }
  }
  return answers_;
}

void Group::Turn(NodeId id) {
  Node& node = nodes_.at(id);
  for (const replica::Inbound& inbound : std::exchange(node.inbox, {})) {
    node.replica->Step(inbound);
  }
  replica::Effects effects = node.replica->TakeEffects();
  Deliver(id, effects.before_sync);
  node.replica->OnDurable(&effects);
  Deliver(id, effects.after_apply);
  node.replica->Apply(&effects);
  Deliver(id, effects.after_apply);
  answers_ += effects.answers.size();
}

void Group::Deliver(NodeId from, std::vector<replica::Outbound>& messages) {
  for (replica::Outbound& message : messages) {
    nodes_.at(message.to).inbox.push_back({from, LifeOf(from), std::move(message.message)});
  }
  messages.clear();
}

}  // namespace cairn::bench
