// What happened in a world, counted: see situations.h.

#include <algorithm>

#include "sim/world.h"

namespace cairn::sim {
namespace {

/// Whether a new block goes to some at once, and not to all that are heard.
bool HoldsBack(const std::vector<NodeId>& nodes, const replica::Replica& leader,
               const replica::Effects& effects) {
  const Slot tip = effects.write.blocks.empty() ? 0 : effects.write.blocks.back()->slot();
  const auto asked = [&](NodeId node) {
    return std::ranges::any_of(effects.before_sync, [&](const replica::Outbound& message) {
      const auto* accept = std::get_if<paxos::Accept>(&message.message);
      return accept != nullptr && accept->block->slot() == tip && message.to == node;
    });
  };
  const auto kept_waiting = [&](NodeId node) { return leader.Hears(node) && !asked(node); };
  return std::ranges::any_of(nodes, asked) && std::ranges::any_of(nodes, kept_waiting);
}

}  // namespace

void World::NoteArrival(NodeId to, const replica::Inbound& inbound, std::uint64_t life) {
  if (nodes_.at(to).life != life) {
    situations_.Note(Situation::kMessageReachedALaterLife);
  }
  if (const auto* promise = std::get_if<paxos::Promise>(&inbound.message)) {
    if (!promise->blocks.empty() && promise->tip > promise->decided) {
      situations_.Note(Situation::kPromiseCarriedUndecidedBlocks);
    }
  } else if (std::holds_alternative<paxos::Refuse>(inbound.message)) {
    situations_.Note(Situation::kBallotRefused);
  } else if (const auto* sync = std::get_if<paxos::AcceptSync>(&inbound.message)) {
    if (!sync->blocks.empty()) {
      situations_.Note(Situation::kFollowerBroughtUp);
    }
  } else if (std::holds_alternative<paxos::Blocks>(inbound.message)) {
    if (nodes_.at(to).replica->Report().role == "candidate") {
      situations_.Note(Situation::kCatchUpDuringElection);
    }
    if (!nodes_.at(inbound.from).replica || !nodes_.at(inbound.from).replica->leading()) {
      situations_.Note(Situation::kBlocksLearnedFromAFollower);
    }
  } else if (std::holds_alternative<paxos::ProbeAck>(inbound.message)) {
    situations_.Note(Situation::kReadConfirmed);
  } else if (std::holds_alternative<replica::AskMemory>(inbound.message)) {
    situations_.Note(Situation::kMemoryAsked);
  } else if (std::holds_alternative<replica::ForwardWrite>(inbound.message)) {
    situations_.Note(Situation::kRequestForwarded);
  }
}

void World::NoteWrite(const Node& node) {
  if (HoldsBack(ids_, *node.replica, *node.syncing)) {
    situations_.Note(Situation::kFollowerAskedLater);
  }
  if (!node.syncing->write.repaired.empty()) {
    situations_.Note(Situation::kBlockRepaired);
  }
  for (const BlockPtr& block : node.syncing->write.blocks) {
    const BlockPtr before = node.disk.Read(block->slot());
    if (before != nullptr && before->hash != block->hash) {
      situations_.Note(Situation::kUndecidedBlockReplaced);
    }
    for (const Request& request : block->requests) {
      if (request.op == Op::kReadmit) {
        situations_.Note(Situation::kNodeReadmitted);
      }
      const auto [seen, is_new] =
          seen_requests_.emplace(std::pair(request.client, request.sequence), block->slot());
      if (!is_new && request.client != 0 && seen->second < block->slot()) {
        situations_.Note(Situation::kRequestInTwoBlocks);
      }
    }
  }
}

void World::NoteRoles(NodeId id) {
  Node& node = nodes_.at(id);
  const paxos::Log& log = node.replica->acceptor().log();
  if (node.replica->leading() && last_leader_ != id) {
    last_leader_ = id;
    ++leader_changes_;
    if (log.tip() > log.decided()) {
      situations_.Note(Situation::kLeaderChangeWithBlocksInFlight);
    }
  }
  if (node.was_leading && !node.replica->leading()) {
    situations_.Note(Situation::kLeaderSteppedDownAlive);
  }
  node.was_leading = node.replica->leading();
}

void World::NoteAnswer(const api::Answer& answer, Slot decided_before) {
  if (answer.code == Code::kFull && answer.message.find("session") != std::string::npos) {
    situations_.Note(Situation::kSessionRefused);
  } else if (answer.code == Code::kFull) {
    situations_.Note(Situation::kRefusedForRoom);
  } else if (answer.code == Code::kUnavailable) {
    situations_.Note(Situation::kRefusedWithoutMajority);
  } else if (answer.code == Code::kUnknownOutcome && answer.slot != 0) {
    situations_.Note(Situation::kSessionEvicted);
  } else if (answer.code == Code::kOk && answer.slot <= decided_before) {
    situations_.Note(Situation::kRetryAnsweredFromSession);
  }
}

}  // namespace cairn::sim
