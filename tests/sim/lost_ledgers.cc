#include "sim/lost_ledgers.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "common/types.h"

namespace cairn::sim {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr int kRestarts = 3;
constexpr ClientId kClient = 30'000;

/// Somebody writes at every node; whether any was acknowledged.
std::shared_ptr<bool> WriteEverywhere(World* world, Sequence sequence) {
  auto acknowledged = std::make_shared<bool>(false);
  for (const NodeId id : world->ids()) {
    Request request;
    request.client = kClient + id;
    request.sequence = request.first_open = sequence;
    request.key = "k0";
    (void)world->Write(id, request, [acknowledged](const api::Answer& answer) {
      *acknowledged = *acknowledged || answer.code == Code::kOk;
    });
  }
  return acknowledged;
}

/// Fewer than a majority, and mostly nobody.
std::size_t SurvivorsOf(World* world) {
  const std::size_t most = (world->ids().size() - 1) / 2;
  return world->random().Chance(0.5) ? 0 : world->random().Between(0, most);
}

}  // namespace

std::optional<std::string> NeverFormsAnew(World* world) {
  const std::vector<NodeId> ids = world->ids();
  const BlockPtr first = world->disk(ids.front()).Read(1);
  std::vector<NodeId> losers = ids;
  for (std::size_t kept = SurvivorsOf(world); kept > 0; --kept) {
    losers.erase(losers.begin() +
                 static_cast<std::ptrdiff_t>(world->random().Below(losers.size())));
  }
  std::ranges::for_each(ids, [&](NodeId id) { world->Kill(id); });
  std::ranges::for_each(losers, [&](NodeId id) { world->LoseLedger(id); });
  for (Sequence sequence = 1; sequence <= kRestarts; ++sequence) {
    for (const NodeId id : ids) {
      world->At(world->now() + world->random().Below(kSecond), [world, id] { world->Start(id); });
    }
    world->RunFor(2 * kSecond);
    const auto acknowledged = WriteEverywhere(world, sequence);
    world->RunFor(2 * kSecond);
    for (const NodeId id : ids) {
      const BlockPtr block = world->disk(id).Read(1);
      if (block != nullptr && block->hash != first->hash) {
        return "R7: node " + std::to_string(id) + ", which was a member, forms another cluster";
      }
    }
    if (*acknowledged) {
      return "R7: a write is acknowledged, and no majority remembers";
    }
    std::ranges::for_each(ids, [&](NodeId id) { world->Kill(id); });
  }
  return world->failure();
}

}  // namespace cairn::sim
