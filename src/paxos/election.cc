#include "paxos/election.h"

#include <algorithm>
#include <tuple>

namespace cairn::paxos {

void Election::OnHeartbeat(NodeId from, Incarnation incarnation, const Heartbeat& heartbeat,
                           Micros now) {
  known_[from] = Peer{now, incarnation, heartbeat};
}

bool Election::Heard(NodeId node, Micros now) const {
  const auto peer = known_.find(node);
  return peer != known_.end() && now - peer->second.heard_at <= timing_.silence;
}

bool Election::Linked(NodeId node, Micros now) const {
  return Heard(node, now) && (known_.at(node).last.heard >> self_ & 1U) != 0;
}

std::uint32_t Election::HeardMask(Micros now) const {
  std::uint32_t mask = 0;
  for (const NodeId node : peers_) {
    mask |= Heard(node, now) ? 1U << node : 0U;
  }
  return mask;
}

std::size_t Election::LinkedCount(Micros now) const {
  return 1 + static_cast<std::size_t>(
                 std::ranges::count_if(peers_, [&](NodeId node) { return Linked(node, now); }));
}

const Heartbeat* Election::Last(NodeId node) const {
  const auto peer = known_.find(node);
  return peer == known_.end() ? nullptr : &peer->second.last;
}

Incarnation Election::IncarnationOf(NodeId node) const {
  const auto peer = known_.find(node);
  return peer == known_.end() ? 0 : peer->second.incarnation;
}

NodeId Election::Leader(const Ballot& promised, Micros now) const {
  NodeId leader = 0;
  Ballot best = promised;
  for (const NodeId node : peers_) {
    if (!Linked(node, now)) {
      continue;
    }
    const Heartbeat& last = known_.at(node).last;
    if (last.leading && last.content && last.promised >= best) {
      best = last.promised;
      leader = node;
    }
  }
  return leader;
}

std::size_t Election::Supporters(const Ballot& ballot, const Incarnations& who, Micros now) const {
  return 1 + static_cast<std::size_t>(std::ranges::count_if(peers_, [&](NodeId node) {
           const auto known = who.find(node);
           return Linked(node, now) && known_.at(node).last.promised <= ballot &&
                  (known == who.end() || known->second == known_.at(node).incarnation);
         }));
}

bool Election::SomeoneIsStuckAbove(const Ballot& ballot, Micros now) const {
  return std::ranges::any_of(peers_, [&](NodeId node) {
    return Linked(node, now) && known_.at(node).last.promised > ballot &&
           !known_.at(node).last.content;
  });
}

bool Election::NeighbourContent(Micros now) const {
  return std::ranges::any_of(
      peers_, [&](NodeId node) { return Linked(node, now) && known_.at(node).last.content; });
}

bool Election::BetterNeighbour(const Ballot& accepted, Slot tip, Micros now) const {
  return std::ranges::any_of(peers_, [&](NodeId node) {
    if (!Linked(node, now)) {
      return false;
    }
    const Heartbeat& last = known_.at(node).last;
    return std::tie(last.accepted, last.tip, node) > std::tie(accepted, tip, self_);
  });
}

bool Election::LongerNeighbour(const Ballot& accepted, Slot tip, Micros now) const {
  return std::ranges::any_of(peers_, [&](NodeId node) {
    return Linked(node, now) && std::tie(known_.at(node).last.accepted, known_.at(node).last.tip) >
                                    std::tie(accepted, tip);
  });
}

}  // namespace cairn::paxos
