#include "paxos/leader.h"

#include <algorithm>

#include "common/check.h"

namespace cairn::paxos {

void Leader::OnAccepted(NodeId node, Incarnation incarnation, Slot tip) {
  Slot& known = accepted_[node][incarnation];
  known = std::max(known, tip);
}

Slot Leader::AcceptedBy(NodeId node, Incarnation incarnation) const {
  const auto lives = accepted_.find(node);
  if (lives == accepted_.end()) {
    return 0;
  }
  const auto life = lives->second.find(incarnation);
  return life == lives->second.end() ? 0 : life->second;
}

Slot Leader::Tally(const Log& log) const {
  const Slot own = std::min(AcceptedBy(ballot_.node, ballot_.incarnation), log.tip());
  Slot decided = log.decided();
  for (Slot slot = decided + 1; slot <= own; ++slot) {
    const Incarnations who = log.IncarnationsAt(slot - 1);
    const auto has_it = [&](const auto& node) {
      return std::ranges::any_of(node.second, [&](const auto& life) {
        const auto known = who.find(node.first);
        return life.second >= slot && (known == who.end() || known->second == life.first);
      });
    };
    const auto votes = static_cast<std::size_t>(std::ranges::count_if(accepted_, has_it));
    if (votes < (slot == 1 ? cluster_size_ : QuorumOf(cluster_size_))) {
      break;
    }
    decided = slot;
  }
  return decided;
}

std::uint64_t Leader::StartProbe() {
  CAIRN_CHECK(!ProbeUnderWay(), "one round of confirmation at a time");
  probe_acks_.insert(ballot_.node);
  return ++probe_;
}

bool Leader::OnProbeAck(NodeId node, Incarnation incarnation, std::uint64_t number,
                        const Log& log) {
  if (!ProbeUnderWay() || number != probe_) {
    return false;
  }
  const Incarnations who = log.IncarnationsAt(log.decided());
  const auto known = who.find(node);
  if (known == who.end() || known->second == incarnation) {
    probe_acks_.insert(node);
  }
  if (probe_acks_.size() < QuorumOf(cluster_size_)) {
    return false;
  }
  probe_acks_.clear();
  return true;
}

}  // namespace cairn::paxos
