#include "paxos/election.h"

#include <algorithm>
#include <tuple>

namespace cairn::paxos {

void Election::OnHeartbeat(NodeId from, Incarnation incarnation, const Heartbeat& heartbeat,
                           Micros now) {
  Peer& peer = known_.try_emplace(from, timing_).first->second;
  if (peer.incarnation != incarnation) {
    peer.silence.BeginAnew();
    peer.incarnation = incarnation;
  }
  peer.silence.Heard(now);
  const bool again =
      heartbeat.sent != 0 && heartbeat.sent == peer.last.sent;  // node/heartbeat_during_sync.h
  peer.last = heartbeat;
  if (again) {
    return;
  }
  peer.beat_at = now;
  // An echo of another life of this process may say anything.
  if (heartbeat.echo != 0 && heartbeat.echo >= began_ && heartbeat.echo <= now &&
      heartbeat.held <= now - heartbeat.echo) {
    peer.round_trip.Took(std::min(now - heartbeat.echo - heartbeat.held, timing_.patience));
  }
}

void Election::OnWord(NodeId from, Incarnation incarnation, std::uint64_t life, Micros now) {
  const auto found = known_.find(from);
  if (found == known_.end() || found->second.incarnation != incarnation) {
    return;  // who that is, its heartbeat will say
  }
  Peer& peer = found->second;
  if (peer.life != life) {
    peer.silence.BeginAnew();
    peer.life = life;
  }
  peer.silence.Heard(now);
}

void Election::Echo(NodeId to, Micros now, Micros* echo, Micros* held) const {
  const auto peer = known_.find(to);
  *echo = peer == known_.end() ? 0 : peer->second.last.sent;
  *held = peer == known_.end() ? 0 : now - peer->second.beat_at;
}

Micros Election::ToAQuorum(Micros now) const {
  std::vector<Micros> bounds;
  for (const NodeId node : peers_) {
    if (Heard(node, now)) {
      bounds.push_back(known_.at(node).round_trip.Bound());
    }
  }
  if (bounds.empty()) {
    return 0;
  }
  std::ranges::sort(bounds);
  const std::size_t others = QuorumOf(peers_.size() + 1) - 1;  // this node is one
  return std::min(bounds[std::min(others, bounds.size()) - 1], timing_.patience);
}

bool Election::Heard(NodeId node, Micros now) const {
  const auto peer = known_.find(node);
  return peer != known_.end() && !peer->second.silence.Lasts(now);
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
    if (last.leading && last.satisfied && last.promised >= best) {
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

bool Election::SomeoneIsStuckAbove(const Ballot& ballot, std::uint64_t reach, Micros now) const {
  return std::ranges::any_of(peers_, [&](NodeId node) {
    return Linked(node, now) && known_.at(node).last.promised > ballot &&
           known_.at(node).last.promised.round <= reach && !known_.at(node).last.satisfied;
  });
}

bool Election::NeighbourContent(Micros now) const {
  return std::ranges::any_of(
      peers_, [&](NodeId node) { return Linked(node, now) && known_.at(node).last.satisfied; });
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
