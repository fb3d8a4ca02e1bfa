#include "sim/full_disks.h"

#include <algorithm>
#include <memory>
#include <set>

namespace cairn::sim {
namespace {

constexpr Micros kSecond = 1'000'000;
// More than any plan's chain, for a node may have all of it to catch up with.
constexpr std::size_t kReserve = 64 << 20;

bool HasFormed(const World& world) {
  return std::ranges::any_of(world.ids(),
                             [&](NodeId id) { return world.disk(id).head().decided >= 1; });
}

/// Asks the nodes again and again, until each has read.
bool AllRead(World* world, Micros limit) {
  auto have = std::make_shared<std::set<NodeId>>();
  const auto all = [&] { return have->size() == world->ids().size(); };
  for (const Micros end = world->now() + limit; world->now() < end && !all();) {
    for (const NodeId id : world->ids()) {
      (void)world->Read(id, "k0", [have, id](const api::Answer& answer) {
        if (answer.code == Code::kOk || answer.code == Code::kNotFound) {
          have->insert(id);
        }
      });
    }
    world->RunUntil(all, 200'000);
    if (world->failure()) {
      return false;
    }
  }
  return all();
}

}  // namespace

std::optional<std::string> ReadsGoOnWithFullDisks(World* world) {
  if (!HasFormed(*world)) {
    return std::nullopt;  // it takes all nodes, with room
  }
  const std::vector<NodeId>& ids = world->ids();
  world->EndAllFaults();
  const std::size_t first = world->random().Below(ids.size());
  for (std::size_t i = 0; i < QuorumOf(ids.size()); ++i) {
    world->FillDisk(ids[(first + i) % ids.size()], 3600 * kSecond, kReserve);
  }
  world->MakeStand(ids[world->random().Below(ids.size())]);
  if (!AllRead(world, 20 * kSecond)) {
    return world->failure() ? world->failure()
                            : "R9: no read within 20 s with the disks of a majority full";
  }
  return std::nullopt;
}

}  // namespace cairn::sim
