// The network of a world, and the time that its nodes get.

#include <algorithm>
#include <utility>

#include "common/limits.h"
#include "replica/lane.h"
#include "sim/describe.h"
#include "sim/liar.h"
#include "sim/world.h"

namespace cairn::sim {
namespace {

/// As in node/node.cc.
constexpr Micros kLongestStep = 50'000;
/// TCP sends again after at least so long, then after twice the time.
constexpr Micros kLeastRetry = 200'000;
constexpr int kMostRetries = 6;

/// What replica/message.h asks of the network for these.
bool OnlyOnce(const replica::Message& message) { return !replica::IsSaidAgain(message); }

}  // namespace

void World::Endure(const Hardship& hardship) {
  hardship_ = hardship;
  options_.delay_min = hardship.delay_min;
  options_.delay_max = hardship.delay_max;
  if (!options_.labour.none()) {
    return;  // their clocks stand still now and then, before and after
  }
  for (auto& [id, node] : nodes_) {
    node.clock = node.looked_at = now_;
  }
}

Micros World::Clock(Node& node) {
  if (hardship_.hold_max == 0 && options_.labour.none()) {
    return now_;
  }
  node.clock += std::min(now_ - std::exchange(node.looked_at, now_), kLongestStep);
  return node.clock;
}

/// The messages of one node to another may overtake each other, but not on a connection.
std::optional<Micros> World::ArrivalOf(NodeId from, const replica::Outbound& message) {
  const Micros sent = now_ + nodes_.at(from).worked;
  Micros way = random_.Between(options_.delay_min, options_.delay_max);
  if (random_.Chance(options_.straggling)) {
    way += random_.Below(1'000'000);
  }
  if (!hardship_.InOrder()) {
    return sent + way;
  }
  Micros retry = std::max(kLeastRetry, 2 * options_.delay_max);
  for (int i = 0; i < kMostRetries && random_.Chance(hardship_.stalls); ++i) {
    way += retry;
    retry *= 2;
  }
  Connection& connection = connections_[{from, message.to, replica::LaneOf(message.message)}];
  if (replica::IsSaidAgain(message.message) &&
      connection.Queued(sent, hardship_) >= kMaxPeerQueueBytes) {
    return std::nullopt;
  }
  return connection.Send(sent, replica::SizeOf(message.message), way, hardship_);
}

void World::Deliver(NodeId from, const replica::Outbound& message) {
  const std::size_t kind = message.message.index();
  trace_ = (trace_ ^ (now_ << 16 | from << 12 | message.to << 8 | kind)) * 0x100000001b3U;
  nodes_.at(from).worked += options_.labour.Say(replica::SizeOf(message.message));
  const int copies = random_.Chance(options_.duplication) && !OnlyOnce(message.message) ? 2 : 1;
  for (int copy = 0; copy < copies; ++copy) {
    if (random_.Chance(options_.loss)) {
      continue;
    }
    const Node& sender = nodes_.at(from);
    const NodeId place = PlaceOf(from, message.to);
    replica::Inbound inbound{IdOf(from), sender.disk.incarnation(), message.message,
                             sender.replica->StampOf(sender.disk.commits()),
                             sender.replica->SeenOf(message.to)};
    if (lie_ && nodes_.at(place).replica) {
      Random dice(*std::exchange(lie_, std::nullopt));
      const Node& told = nodes_.at(place);
      situations_.Note(Situation::kFalseWord);
      if (!Exaggerate(&inbound, told.disk.incarnation(), told.replica->StampOf(0).life, dice)) {
        continue;
      }
    }
    const std::optional<Micros> arrival = ArrivalOf(from, message);
    if (!arrival) {
      continue;
    }
    At(*arrival,
       [this, from, to = place, inbound = std::move(inbound), life = nodes_.at(place).life] {
         if (!nodes_.at(to).replica || cuts_.contains({from, to})) {
           return;
         }
         if (options_.trace != nullptr) {
           Trace(std::to_string(from) + " -> " + std::to_string(to) + "  " +
                 Describe(inbound.message));
         }
         NoteArrival(to, inbound, life);
         Happen(
             to, [inbound](replica::Replica& replica) { replica.Step(inbound); }, Share::kPeers,
             replica::SizeOf(inbound.message));
       });
  }
}

}  // namespace cairn::sim
