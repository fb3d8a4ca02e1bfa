// The processors of a world: what a turn takes of their time.

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "common/limits.h"
#include "node/shares.h"
#include "sim/world.h"

namespace cairn::sim {
namespace {

/// When a turn has taken so long, it takes no more of this. In the order of Node::RunOnce.
struct ShareOfATurn {
  Share share;
  Micros until;
};
constexpr std::array<ShareOfATurn, 3> kSharesOfATurn = {
    {{Share::kPeers, node::kPeersTime},
     {Share::kClients, node::kPeersTime + node::kClientsTime},
     {Share::kOwn, std::numeric_limits<Micros>::max()}}};
constexpr Micros kLongTurn = 5'000;

}  // namespace

std::vector<Waiting> World::TakeWaiting(Node& node) {
  if (options_.labour.none()) {
    return std::exchange(node.inbox, {});
  }
  std::vector<Waiting> taken;
  for (const auto& [share, until] : kSharesOfATurn) {
    for (Waiting& waiting : node.inbox) {
      if (waiting.event && waiting.share == share && node.worked < until) {
        node.worked += waiting.cost;
        taken.push_back(std::move(waiting));
        waiting.event = nullptr;
      }
    }
  }
  std::erase_if(node.inbox, [](const Waiting& waiting) { return !waiting.event; });
  if (!node.inbox.empty()) {
    situations_.Note(Situation::kMessageLeftToALaterTurn);
  }
  return taken;
}

void World::WorkOnApplied(Node& node, Slot before) {
  std::size_t requests = 0;
  for (Slot slot = before + 1; slot <= node.machine->applied(); ++slot) {
    requests += node.disk.Read(slot)->requests.size();
  }
  node.worked += options_.labour.Apply(requests);
}

void World::AskForChain(NodeId id, std::size_t times) {
  for (std::size_t i = 0; i < times && nodes_.at(id).replica; ++i) {
    ++nodes_.at(id).questions_open;
    Happen(
        id, [this, id](replica::Replica&) { ++nodes_.at(id).questions; }, Share::kClients);
  }
}

/// As Service::AnswerQuestions and Door::Pay do.
void World::AnswerQuestions(Node& node) {
  const Micros until = node.worked + node::kQuestionsTime;
  while (node.questions > 0 && node.worked < until) {
    std::size_t blocks = 0;
    std::size_t bytes = 0;
    while (blocks < kMaxCatchUpBlocks && bytes < kMaxCatchUpBytes &&
           blocks < node.disk.head().tip) {
      bytes += node.disk.Read(++blocks)->encoded.size();
    }
    node.worked += options_.labour.Read(blocks, bytes) + options_.labour.Say(bytes);
    --node.questions;
    --node.questions_open;
  }
}

void World::Rest(NodeId id) {
  Node& node = nodes_.at(id);
  const Micros worked = std::exchange(node.worked, 0);
  if (worked > kLongTurn) {
    situations_.Note(Situation::kTurnTookLong);
  }
  node.paused_until = std::max(node.paused_until, now_ + worked);
  WakeAt(id, node.paused_until);
}

}  // namespace cairn::sim
