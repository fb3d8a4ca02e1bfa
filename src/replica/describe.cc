// What a replica says of itself to people, and of the disks that it knows to be full.

#include <algorithm>
#include <iterator>

#include "replica/replica.h"

namespace cairn::replica {
namespace {

std::string Names(const std::vector<NodeId>& nodes) {
  std::string names = nodes.size() == 1 ? "node " : "nodes ";
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    names += (i == 0 ? "" : i + 1 == nodes.size() ? " and " : ", ") + std::to_string(nodes[i]);
  }
  return names;
}

}  // namespace

std::string Replica::Describe() const {
  const std::size_t nodes = options_.nodes.size();
  if (MustNotForm()) {
    return "node " + std::to_string(options_.self) +
           " was a member of a cluster that had formed, and has lost the chain: it learns it from "
           "a "
           "node that has it, and never takes part in forming a new cluster";
  }
  if (const NodeId peer = doubts_.Peer(now_); peer != 0) {
    return "node " + std::to_string(peer) + " says that it remembers more of node " +
           std::to_string(options_.self) +
           " than there is in its data directory: it asks back, and does not vote until it knows";
  }
  if (!IsVoter()) {
    return "node " + std::to_string(options_.self) +
           " is not the one that the chain knows (its data directory was replaced): it learns, "
           "without a vote, until a leader readmits it";
  }
  if (!Formed()) {
    const std::vector<NodeId> missing = Missing();
    if (acceptor_.log().tip() > 0) {
      return "node " + std::to_string(options_.self) +
             " has block 1 and does not know yet whether it is decided: it asks the other nodes" +
             (missing.empty() ? "" : ", and does not hear " + Names(missing));
    }
    return "the cluster is forming: at the first start all nodes must be up once; " +
           (missing.empty() ? std::string("all are there") : "it waits for " + Names(missing)) +
           (SomeDiskIsFull() ? "; " + FullWords() : "");
  }
  if (election_.LinkedCount(now_) < QuorumOf(nodes)) {
    return "no majority: node " + std::to_string(options_.self) + " is connected with " +
           std::to_string(election_.LinkedCount(now_)) + " of " + std::to_string(nodes) +
           " nodes (itself included) and " + std::to_string(QuorumOf(nodes)) + " are needed";
  }
  if (LinkedVoters() < QuorumOf(nodes)) {
    return "no majority that knows the chain: " + Names(Forgetful()) +
           (Forgetful().size() == 1 ? " has" : " have") + " lost what " +
           (Forgetful().size() == 1 ? "it" : "they") + " knew and can't vote; " +
           std::to_string(LinkedVoters()) + " of " + std::to_string(nodes) + " remain and " +
           std::to_string(QuorumOf(nodes)) +
           " are needed. If more nodes can't be brought back with their data, stop all nodes and "
           "run "
           "`cairn recover` on the directories that are left";
  }
  if (acceptor_.promised().round >= kMaxRound) {
    return "node " + std::to_string(options_.self) +
           " has promised the last ballot that there can be, which a false message named: it votes "
           "for nothing any more. Stop it, move its data directory away and start it with an empty "
           "one; if a majority is like that, stop all nodes and run `cairn recover`";
  }
  const NodeId leader = LeaderHint();
  if (leader == 0 && election_.NeighbourContent(now_)) {
    return "node " + std::to_string(options_.self) +
           " does not hear the leader, but its neighbours do: ask one of them";
  }
  if (leader == 0) {
    return "no leader at the moment: node " + std::to_string(options_.self) +
           " hears none, and an election needs a majority" +
           (RoomForWrites() ? "" : "; " + FullWords());
  }
  if (!RoomForWrites()) {
    return "node " + std::to_string(leader) + " leads; " + FullWords();
  }
  return "node " + std::to_string(leader) + " leads";
}

std::vector<NodeId> Replica::Forgetful() const {
  const Incarnations who = acceptor_.log().IncarnationsAt(acceptor_.log().decided());
  std::vector<NodeId> forgetful;
  std::ranges::copy_if(election_.peers(), std::back_inserter(forgetful), [&](NodeId node) {
    const auto known = who.find(node);
    return election_.Linked(node, now_) && known != who.end() &&
           known->second != election_.IncarnationOf(node);
  });
  return forgetful;
}

std::size_t Replica::LinkedVoters() const {
  return election_.LinkedCount(now_) - Forgetful().size();
}

std::size_t Replica::VotersWithRoom() const {
  const std::vector<NodeId> forgetful = Forgetful();
  return (HasRoom() ? 1U : 0U) +
         static_cast<std::size_t>(std::ranges::count_if(election_.peers(), [&](NodeId node) {
           return election_.Linked(node, now_) && !election_.Last(node)->full &&
                  std::ranges::find(forgetful, node) == forgetful.end();
         }));
}

bool Replica::MajorityHasRoom() const {
  return VotersWithRoom() >= QuorumOf(options_.nodes.size());
}

bool Replica::MayTake() const {
  return HasRoom() || (room_ == Room::kReserve && !MajorityHasRoom());
}

bool Replica::MayTake(Slot slot, const Hash& hash) const {
  return HasRoom() || acceptor_.log().Has(slot, hash) || MayTake();
}

bool Replica::StuckOnFullDisks() const {
  const Micros since = std::max(leads_since_, decided_at_);
  return leader_ && !leader_->Ready(acceptor_.log()) && !RoomForWrites() &&
         now_ - since > options_.timing.election;
}

bool Replica::SomeDiskIsFull() const {
  return !HasRoom() || std::ranges::any_of(election_.peers(), [&](NodeId node) {
    return election_.Linked(node, now_) && election_.Last(node)->full;
  });
}

bool Replica::RoomForWrites() const { return !SomeDiskIsFull() || MajorityHasRoom(); }

std::string Replica::FullWords() const {
  std::vector<NodeId> full;
  if (!HasRoom()) {
    full.push_back(options_.self);
  }
  std::ranges::copy_if(election_.peers(), std::back_inserter(full), [&](NodeId node) {
    return election_.Linked(node, now_) && election_.Last(node)->full;
  });
  std::ranges::sort(full);
  return (full.size() == 1 ? "the disk of " : "the disks of ") + Names(full) +
         (full.size() == 1 ? " is full" : " are full") +
         (StuckOnFullDisks() ? " and can't take the blocks that were in flight when the leader "
                               "changed: reads and writes are refused until there is room again; "
                               "`cairn get --stale` reads what a node has"
          : leader_          ? ": reads go on, writes are refused until there is room again"
                             : ": writes are refused until there is room again");
}

Slot Replica::GoalSlot() const {
  Slot goal = 0;
  for (const NodeId node : election_.peers()) {
    if (election_.Linked(node, now_)) {
      goal = std::max(goal, election_.Last(node)->decided);
    }
  }
  return goal;
}

std::vector<NodeId> Replica::Missing() const {
  std::vector<NodeId> missing;
  std::ranges::copy_if(election_.peers(), std::back_inserter(missing),
                       [&](NodeId node) { return !election_.Linked(node, now_); });
  return missing;
}

api::ReplicaStatus Replica::Report() const {
  api::ReplicaStatus status;
  status.node = options_.self;
  status.role = !IsVoter()                                ? "learner"
                : !Formed() && acceptor_.log().tip() == 0 ? "forming"
                : leader_                                 ? "leader"
                : candidate_                              ? "candidate"
                                                          : "follower";
  const NodeId leader = LeaderHint();
  status.leader = leader;
  status.promised = acceptor_.promised();
  if (leader_) {
    status.ballot = leader_->ballot();
  } else if (leader != 0) {
    status.ballot = election_.Last(leader)->promised;
  }
  status.decided = acceptor_.log().decided();
  status.applied = machine_->applied();
  status.tip = acceptor_.log().tip();
  status.tip_hash = acceptor_.log().tip_hash();
  status.quorum = leader != 0 && IsSatisfied();
  status.heard = election_.LinkedCount(now_);
  status.missing = Missing();
  status.goal = std::max(status.decided, GoalSlot());
  status.lost = repair_.missing();
  const Micros time = acceptor_.log().tip_block().header.time;
  status.ahead = wall_ != 0 && time > wall_ ? time - wall_ : 0;
  status.full = !HasRoom();
  status.words = Describe();
  return status;
}

}  // namespace cairn::replica
