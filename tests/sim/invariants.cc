#include "sim/invariants.h"

#include <algorithm>
#include <utility>

namespace cairn::sim {
namespace {

std::string NodeName(NodeId node) { return "node " + std::to_string(node); }

}  // namespace

Invariants::Breach Invariants::BallotsOnlyGoUp(NodeId node, const paxos::Acceptor& acceptor) {
  auto& [promised, accepted] = ballots_[node];
  if (acceptor.accepted() > acceptor.promised()) {
    return "R1: " + NodeName(node) + " has accepted above its promise";
  }
  if (acceptor.promised() < promised || acceptor.accepted() < accepted) {
    return "R1: " + NodeName(node) + " went back from promise " + promised.ToString() + " to " +
           acceptor.promised().ToString();
  }
  return std::nullopt;
}

Invariants::Breach Invariants::AcceptsNothingBelowItsPromise(NodeId node,
                                                             const paxos::Acceptor& acceptor) {
  const Ballot before = std::exchange(seen_accepted_[node], acceptor.accepted());
  const Ballot& promised = ballots_[node].first;  // and said, in an earlier turn
  if (acceptor.accepted() > before && acceptor.accepted() < promised) {
    return "R3/R4: " + NodeName(node) + " has accepted in " + acceptor.accepted().ToString() +
           " after it had promised " + promised.ToString();
  }
  return std::nullopt;
}

Invariants::Breach Invariants::DecidedNeverChanges(NodeId node, const paxos::Acceptor& acceptor,
                                                   const Disk& disk) {
  const Slot decided = acceptor.log().decided();
  Slot& seen = seen_decided_[node];
  for (Slot slot = std::min(seen, decided); slot <= decided; ++slot) {
    const BlockPtr block = disk.Read(slot);
    if (block == nullptr) {
      return "R6: " + NodeName(node) + " takes slot " + std::to_string(slot) +
             " for decided and does not have it on its disk";
    }
    const auto [known, is_new] = decided_.emplace(slot, block->hash);
    if (!is_new && known->second != block->hash) {
      return "R5: " + NodeName(node) + " has another block decided at slot " + std::to_string(slot);
    }
    if (is_new) {
      for (const auto& [who, incarnation] : IncarnationsIn(*block)) {
        incarnations_[who] = incarnation;
        admitted_at_[who] = slot;
      }
    }
    if (slot > 0 && decided_.contains(slot - 1) && decided_.at(slot - 1) != block->header.parent) {
      return "R5: the block decided at slot " + std::to_string(slot) + " does not name its parent";
    }
  }
  seen = decided;
  return std::nullopt;
}

Invariants::Breach Invariants::SaidOnlyWhatIsDurable(NodeId node, const Disk& disk,
                                                     const replica::Message& message) {
  const replica::LedgerHead& head = disk.head();
  auto& [promised, accepted] = ballots_[node];
  if (const auto* promise = std::get_if<paxos::Promise>(&message)) {
    if (head.promised < promise->ballot || head.accepted < promise->accepted) {
      return "R6: " + NodeName(node) + " said Promise " + promise->ballot.ToString() +
             " before it was durable";
    }
    promised = std::max(promised, promise->ballot);
  }
  if (const auto* yes = std::get_if<paxos::Accepted>(&message)) {
    if (head.accepted != yes->ballot || head.tip < yes->tip) {
      return "R6: " + NodeName(node) + " said Accepted slot " + std::to_string(yes->tip) +
             " before it was durable";
    }
    accepted = std::max(accepted, yes->ballot);
  }
  if (const auto* sync = std::get_if<paxos::AcceptSync>(&message)) {
    for (const BlockPtr& block : sync->blocks) {
      logs_[sync->ballot][block->slot()] = block->hash;
    }
    logs_[sync->ballot][sync->tip] = sync->tip_hash;
  }
  if (const auto* accept = std::get_if<paxos::Accept>(&message)) {
    logs_[accept->ballot][accept->block->slot()] = accept->block->hash;
  }
  if (const auto* prepare = std::get_if<paxos::Prepare>(&message)) {
    if (head.promised < prepare->ballot) {
      return "R6: " + NodeName(node) + " said Prepare before its own promise was durable";
    }
  }
  return std::nullopt;
}

Invariants::Breach Invariants::LogIsTheLeaders(NodeId node, const Disk& disk) const {
  const replica::LedgerHead& head = disk.head();
  if (head.accepted.IsNone() || head.accepted.node == node || head.tip == 0) {
    return std::nullopt;
  }
  const Hash& tip = disk.Read(head.tip)->hash;
  const auto decided = decided_.find(head.tip);
  if (decided != decided_.end() && decided->second == tip) {
    return std::nullopt;
  }
  const auto log = logs_.find(head.accepted);
  const bool said =
      log != logs_.end() && log->second.contains(head.tip) && log->second.at(head.tip) == tip;
  return said ? Breach{}
              : "R4: the log of " + NodeName(node) + " is accepted in " + head.accepted.ToString() +
                    " and ends at slot " + std::to_string(head.tip) +
                    " in a block that this ballot's leader never said was its own";
}

Invariants::Breach Invariants::AnsweredOnlyWhatAMajorityHas(Slot slot,
                                                            const std::vector<const Disk*>& disks,
                                                            std::size_t lost) {
  const auto decided = decided_.find(slot);
  if (decided == decided_.end()) {
    return "R5: a write was answered for slot " + std::to_string(slot) +
           ", which nobody has decided";
  }
  const auto have = std::ranges::count_if(disks, [&](const Disk* disk) {
    const BlockPtr block = disk->Read(slot);
    return block != nullptr && block->hash == decided->second;
  });
  if (static_cast<std::size_t>(have) + lost < QuorumOf(nodes_)) {
    return "R6: a write was answered with its block (slot " + std::to_string(slot) + ") on " +
           std::to_string(have) + " disks only";
  }
  return std::nullopt;
}

Invariants::Breach Invariants::HandedOutOnlyWhatIsDecided(NodeId node,
                                                          const replica::Message& message) const {
  const auto* handed = std::get_if<paxos::Blocks>(&message);
  if (handed == nullptr || handed->by_hash) {
    return std::nullopt;
  }
  const auto seen = seen_decided_.find(node);
  for (const BlockPtr& block : handed->blocks) {
    const auto decided = decided_.find(block->slot());
    if (seen == seen_decided_.end() || block->slot() > seen->second || decided == decided_.end() ||
        decided->second != block->hash) {
      return "R5: " + NodeName(node) + " hands out slot " + std::to_string(block->slot()) +
             " as decided, and does not know that it is";
    }
  }
  return std::nullopt;
}

Invariants::Breach Invariants::OneLeaderABallot(NodeId node, const replica::Replica& replica) {
  if (!replica.leading()) {
    return std::nullopt;
  }
  const auto [leader, is_new] = leaders_.emplace(replica.acceptor().promised(), node);
  if (leader->second != node) {
    return "R1: two nodes lead in ballot " + replica.acceptor().promised().ToString();
  }
  return std::nullopt;
}

}  // namespace cairn::sim
