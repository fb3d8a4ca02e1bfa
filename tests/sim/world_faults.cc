// What can go wrong in a world.

#include <algorithm>
#include <utility>

#include "sim/world.h"

namespace cairn::sim {

void World::Kill(NodeId id) {
  Trace("kill " + std::to_string(id));
  Node& node = nodes_.at(id);
  if (node.syncing && node.syncing->write.needed) {
    situations_.Note(Situation::kCrashBetweenWriteAndSync);
  }
  node.replica.reset();
  node.machine.reset();
  node.table.reset();
  node.syncing.reset();
  node.inbox.clear();
  node.worked = 0;
  node.questions = node.questions_open = 0;
  node.calls.clear();
  node.kill_at_commit.reset();
  node.paused_until = 0;
  node.was_leading = false;
  if (std::ranges::none_of(nodes_,
                           [](const auto& other) { return other.second.replica != nullptr; })) {
    situations_.Note(Situation::kAllNodesDown);
  }
}

void World::MakeStand(NodeId id) {
  if (nodes_.at(id).replica) {
    Happen(id, [](replica::Replica& replica) { replica.Campaign(); });
  }
}

void World::KillFor(NodeId id, Micros duration) {
  Kill(id);
  At(now_ + duration, [this, id] { Start(id); });
}

void World::JumpClock(NodeId id, Micros offset) {
  if (offset < nodes_.at(id).clock_offset) {
    situations_.Note(Situation::kClockWentBack);
  }
  nodes_.at(id).clock_offset = offset;
}

void World::SlowDisk(NodeId id, Micros sync, Micros duration) {
  nodes_.at(id).slow_sync = sync;
  nodes_.at(id).slow_until = now_ + duration;
}

void World::Heal() {
  const auto standing = [](const auto& node) {
    return node.second.replica && node.second.replica->Report().role == "candidate";
  };
  if (!cuts_.empty() && std::ranges::any_of(nodes_, standing)) {
    situations_.Note(Situation::kHealedDuringPhaseOne);
  }
  cuts_.clear();
}

bool World::HasForgotten(NodeId id) const {
  if (nodes_.at(id).disk.rotten()) {
    return true;  // or as good as that
  }
  if (!nodes_.at(id).lost) {
    return false;
  }
  const auto& who = invariants_.incarnations();
  const auto known = who.find(id);
  if (known == who.end() || known->second != nodes_.at(id).disk.incarnation()) {
    return true;
  }
  // Decided, but the survivors of the next loss must be able to know it: if only a leader that dies
  // knew, they can't tell this node from one that was never readmitted.
  const auto know = std::ranges::count_if(ids_, [&](NodeId other) {
    return nodes_.at(other).disk.head().decided >= invariants_.AdmittedAt(id);
  });
  return static_cast<std::size_t>(know) < QuorumOf(ids_.size());
}

std::size_t World::Forgetful() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(ids_, [&](NodeId id) { return HasForgotten(id); }));
}

bool World::RotBlock(NodeId id, std::uint64_t dice) {
  Disk& disk = nodes_.at(id).disk;
  const std::size_t others = Forgetful() - (HasForgotten(id) ? 1 : 0);
  if (disk.head().decided < 2 || others + 1 > (ids_.size() - 1) / 2) {
    return false;
  }
  // Below what is decided: that block a node has in memory.
  disk.Rot(1 + dice % (disk.head().decided - 1));
  nodes_.at(id).holes_known = false;
  Trace("a block rots at " + std::to_string(id));
  return true;
}

void World::TellRoom(NodeId id) {
  if (!nodes_.at(id).replica) {
    return;
  }
  Happen(id, [this, id](replica::Replica& replica) {
    Node& node = nodes_.at(id);
    node.room = now_ >= node.full_until ? replica::Room::kFree
                : node.reserve > 0      ? replica::Room::kReserve
                                        : replica::Room::kNone;
    replica.SetRoom(node.room);
  });
}

void World::FillDisk(NodeId id, Micros duration, std::size_t reserve) {
  Node& node = nodes_.at(id);
  node.full_until = now_ + duration;
  node.reserve = reserve;
  TellRoom(id);
  if (duration > 0) {
    situations_.Note(Situation::kDiskFull);
    At(node.full_until, [this, id] { TellRoom(id); });
  }
}

void World::TakeFromReserve(NodeId id, replica::Room before, const replica::LedgerWrite& write) {
  Node& node = nodes_.at(id);
  if (node.room == replica::Room::kFree || (write.blocks.empty() && write.repaired.empty())) {
    return;
  }
  if (before == replica::Room::kNone && node.room == replica::Room::kNone) {
    Fail("node " + std::to_string(id) + " writes blocks, and its disk has no room left");
  }
  situations_.Note(Situation::kReserveUsed);
  for (const auto* blocks : {&write.blocks, &write.repaired}) {
    for (const BlockPtr& block : *blocks) {
      node.reserve -= std::min(node.reserve, block->encoded.size());
    }
  }
  if (node.reserve == 0) {
    At(now_, [this, id] { TellRoom(id); });
  }
}

void World::RestoreDisk(NodeId id, const Disk& backup) {
  Trace("restore a backup of " + std::to_string(id));
  Kill(id);
  nodes_.at(id).disk = backup;
  nodes_.at(id).old = true;
  invariants_.Forget(id);
}

void World::BeginAnew(NodeId id) {
  Trace("begin anew " + std::to_string(id));
  Kill(id);
  if (IsCopy(id)) {
    return;
  }
  Node& node = nodes_.at(id);
  if (!std::exchange(node.old, false)) {
    Fail("R7: node " + std::to_string(id) + " gives up its memory, which is whole");
  }
  node.disk.BeginAnew(random_.Next() | 1);
  node.lost = true;
  invariants_.Forget(id);
  Start(id);
}

bool World::LoseDisk(NodeId id) {
  const std::size_t others = Forgetful() - (HasForgotten(id) ? 1 : 0);
  if (others + 1 > (ids_.size() - 1) / 2) {
    return false;
  }
  WipeDisk(id);
  return true;
}

void World::WipeDisk(NodeId id) {
  Trace("lose the disk of " + std::to_string(id));
  Kill(id);
  Node& node = nodes_.at(id);
  node.disk = Disk(genesis_, random_.Next() | 1);
  node.lost = true;
  situations_.Note(Situation::kDiskLost);
  invariants_.Forget(id);
  Start(id);
}

void World::LoseLedger(NodeId id) {
  Trace("lose the ledger of " + std::to_string(id));
  Kill(id);
  nodes_.at(id).disk.LoseLedger(random_.Next() | 1);
  nodes_.at(id).lost = true;
  situations_.Note(Situation::kLedgerLost);
  invariants_.Forget(id);
}

void World::StartCopies(const std::vector<NodeId>& ids) {
  for (const NodeId id : ids) {
    Trace("copy " + std::to_string(id));
    Node copy(nodes_.at(id).disk);
    if (const auto before = nodes_.find(id + kCopies); before != nodes_.end()) {
      copy.life = before->second.life;  // what was said to that one does not reach this one
    }
    nodes_.insert_or_assign(id + kCopies, std::move(copy));
  }
  std::ranges::for_each(ids, [&](NodeId id) { Start(id + kCopies); });
}

void World::StopCopies() {
  for (const auto& [place, node] : nodes_) {
    if (IsCopy(place) && node.replica) {
      Kill(place);
    }
  }
}

NodeId World::PlaceOf(NodeId speaker, NodeId to) const {
  return IsCopy(speaker) && nodes_.contains(to + kCopies) ? to + kCopies : to;
}

void World::KillAtNextCommit(NodeId id, bool before) { nodes_.at(id).kill_at_commit = before; }

void World::EndAllFaults() {
  Heal();
  options_.loss = 0;
  StopCopies();
  for (const NodeId id : ids_) {
    Node& node = nodes_.at(id);
    node.kill_at_commit.reset();
    FillDisk(id, 0);
    Start(id);
    if (node.disk.rotten() && !node.holes_known) {
      Kill(id);  // whoever reads the chain finds it
      Start(id);
    }
  }
}

void World::Pause(NodeId id, Micros duration) {
  Node& node = nodes_.at(id);
  if (!node.replica) {
    return;
  }
  node.paused_until = now_ + duration;
  WakeAt(id, node.paused_until);
}

void World::WakeAt(NodeId id, Micros time) {
  At(time, [this, id, life = nodes_.at(id).life] {
    Node& woken = nodes_.at(id);
    if (woken.replica && woken.life == life && !woken.syncing && now_ >= woken.paused_until) {
      Turn(id);
    }
  });
}

}  // namespace cairn::sim
