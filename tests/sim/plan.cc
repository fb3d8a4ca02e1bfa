#include "sim/plan.h"

#include <algorithm>

namespace cairn::sim {
namespace {

using Kind = Fault::Kind;
constexpr Micros kSecond = 1'000'000;
constexpr std::uint64_t kPlansAHardship = 16;

/// One fault on one world, with its own dice.
class Striker {
 public:
  Striker(World* world, std::uint64_t dice) : world_(world), dice_(dice) {}

  void Strike(Kind kind) {
    switch (kind) {
      case Kind::kKillAny:
        return world_->Kill(Any());
      case Kind::kKillLeader:
        return world_->Kill(LeaderOrAny());
      case Kind::kKillAll:
        std::ranges::for_each(world_->ids(), [&](NodeId id) { world_->Kill(id); });
        return;
      case Kind::kKillBeforeCommit:
      case Kind::kKillAfterCommit:
        return world_->KillAtNextCommit(Any(), kind == Kind::kKillBeforeCommit);
      case Kind::kPauseAny:
        return world_->Pause(Any(), dice_.Between(10'000, 2 * kSecond));
      case Kind::kPauseLeader:
        return world_->Pause(LeaderOrAny(), dice_.Between(100'000, 700'000));
      case Kind::kCutOneWay:
        return world_->Cut(Any(), Any());
      case Kind::kCutBothWays:
        return world_->CutBoth(Any(), Any());
      case Kind::kCutOffLeader:
        return CutOffSome(LeaderOrAny());
      case Kind::kPartition:
        return Partition();
      case Kind::kHeal:
        return world_->Heal();
      case Kind::kLoseDisk:
        world_->LoseDisk(Any());
        return;
      case Kind::kRotBlock:
        world_->RotBlock(Any(), dice_.Next());
        return;
      case Kind::kRollingRestart:
        return RollingRestart();
      case Kind::kLongDown:
        return world_->KillFor(Any(), dice_.Between(1, 4) * kSecond);
      case Kind::kClockJump:
        return world_->JumpClock(Any(), dice_.Between(0, 7200) * kSecond);
      case Kind::kSlowDisk:
        return world_->SlowDisk(Any(), dice_.Between(50'000, 400'000),
                                dice_.Between(1, 2) * kSecond);
      case Kind::kStand:
        return world_->MakeStand(Any());
      case Kind::kDuel:
        return Duel();
      case Kind::kFullDisks:
        return FillDisks();
      case Kind::kLie:
        return Lie();
      case Kind::kCount:
        break;
    }
  }

  /// Some of the dead come back.
  void Revive() {
    for (const NodeId id : world_->ids()) {
      if (!world_->Up(id) && dice_.Chance(0.4)) {
        world_->Start(id);
      }
    }
  }

 private:
  NodeId Any() { return world_->ids()[dice_.Below(world_->ids().size())]; }
  NodeId LeaderOrAny() {
    const NodeId any = Any();
    const NodeId leader = world_->Leader();
    return leader == 0 ? any : leader;
  }

  /// The node loses some of its links, in one or both directions.
  void CutOffSome(NodeId id) {
    const bool both = dice_.Chance(0.5);
    for (const NodeId other : world_->ids()) {
      if (dice_.Chance(0.6)) {
        world_->Cut(id, other);
        if (both) {
          world_->Cut(other, id);
        }
      }
    }
  }

  /// Two groups that hear only themselves.
  void Partition() {
    std::vector<NodeId> left;
    for (const NodeId id : world_->ids()) {
      if (dice_.Chance(0.5)) {
        left.push_back(id);
      }
    }
    for (const NodeId a : left) {
      for (const NodeId b : world_->ids()) {
        if (std::ranges::find(left, b) == left.end()) {
          world_->CutBoth(a, b);
        }
      }
    }
  }

  /// Several nodes stand again and again, while the old leader still speaks.
  void Duel() {
    for (std::uint64_t i = dice_.Between(2, 12); i > 0; --i) {
      world_->At(world_->now() + dice_.Below(200'000),
                 [world = world_, id = Any()] { world->MakeStand(id); });
    }
  }

  /// One disk, or several at about the same time.
  void FillDisks() {
    for (std::uint64_t i = dice_.Between(1, world_->ids().size()); i > 0; --i) {
      // Sometimes there is no reserve, or one that is soon used up.
      const std::size_t reserve = dice_.Chance(0.5) ? 1 << 20 : dice_.Below(1'000);
      world_->FillDisk(Any(), dice_.Between(200'000, 2 * kSecond), reserve);
    }
  }

  /// A false word; then an election and a restart, which must not suffer from it.
  void Lie() {
    world_->LieNext(dice_.Next());
    world_->At(world_->now() + dice_.Below(300'000),
               [world = world_, id = Any()] { world->MakeStand(id); });
    world_->At(world_->now() + dice_.Between(300'000, 600'000),
               [world = world_, id = Any()] { world->KillFor(id, 100'000); });
  }

  void RollingRestart() {
    Micros at = world_->now();
    for (const NodeId id : world_->ids()) {
      world_->At(at, [world = world_, id] { world->KillFor(id, 150'000); });
      at += 300'000;
    }
  }

  World* world_;
  Random dice_;
};

WorldOptions OptionsOf(std::uint64_t seed, Random& random) {
  WorldOptions options;
  options.seed = seed;
  options.nodes = random.Chance(0.7) ? (random.Chance(0.5) ? 3 : 5) : random.Between(1, 9);
  if (random.Chance(0.5)) {
    options.loss = random.Chance(0.5) ? 0.01 : 0.1;
    options.duplication = 0.05;
  }
  options.delay_max = random.Chance(0.3) ? random.Between(20'000, 120'000) : 1'000;
  options.straggling = random.Chance(0.3) ? 0.03 : 0;
  options.sync_max = random.Chance(0.3) ? 20'000 : 500;
  // Small limits meet their edges more often.
  options.recent_blocks = random.Chance(0.5) ? 3 : 256;
  options.catch_up_blocks = random.Chance(0.5) ? 2 : 1024;
  options.block_requests = random.Chance(0.5) ? 2 : 4096;
  options.slots_in_flight = random.Between(1, 6);
  options.max_sessions = random.Chance(0.3) ? random.Between(1, 4) : 1000;
  options.session_rest = random.Below(300'000);
  return options;
}

/// In some plans work takes time, with dice of its own.
void DrawLabour(Plan* plan) {
  Random random(plan->seed * 15'485'863 + 11);
  if (random.Chance(0.15)) {
    plan->world.labour.slowness = random.Between(1, 8);
    plan->questions = random.Chance(0.5) ? 8'192 : 0;
  }
}

/// One of each sort, with dice of its own.
Hardship HardshipOf(std::uint64_t seed) {
  Random random(seed * 104'729 + 3);
  // There and back: up to 0.4 s, of which half is jitter.
  const Micros way = random.Chance(0.5) ? 500 : random.Between(5'000, 100'000);
  Hardship hardship{.delay_min = way, .delay_max = 2 * way};
  switch (random.Below(3)) {
    case 0:
      hardship.stalls = 0.1;
      break;
    case 1:
      hardship.hold_max = random.Between(20'000, 300'000);
      break;
    default:
      hardship.bandwidth = 1'200'000;
      break;
  }
  return hardship;
}

}  // namespace

std::string Plan::Arguments() const {
  const Plan whole = PlanOf(seed);
  std::string text = "--seed " + std::to_string(seed);
  if (world.nodes != whole.world.nodes) {
    text += " --nodes " + std::to_string(world.nodes);
  }
  if (clients != whole.clients) {
    text += " --clients " + std::to_string(clients);
  }
  if (world.loss != whole.world.loss) {
    text += " --lossless";
  }
  if (faults.size() != whole.faults.size()) {
    text += " --faults ";
    for (std::size_t i = 0; i < faults.size(); ++i) {
      text += (i == 0 ? "" : ",") + std::to_string(faults[i].number);
    }
    text += faults.empty() ? "none" : "";
  }
  return text;
}

Plan PlanOf(std::uint64_t seed) {
  Random random(seed * 7919 + 1);
  Plan plan;
  plan.seed = seed;
  plan.world = OptionsOf(seed, random);
  plan.clients = random.Between(1, 6);
  plan.real_clients = seed % 4 == 0;
  plan.lose_ledgers = seed % 8 == 3;
  plan.duration = random.Between(2 * kSecond, 8 * kSecond);
  const Micros pace = random.Chance(0.3) ? 100'000 : 600'000;
  for (Micros at = random.Between(10'000, pace); at < plan.duration;
       at += random.Between(10'000, pace)) {
    const auto kind = static_cast<Kind>(random.Below(static_cast<std::uint64_t>(Kind::kCount)));
    // All at once is dear: most of such a run is spent on coming back.
    const bool rare = kind == Kind::kKillAll || kind == Kind::kRollingRestart;
    plan.faults.push_back(
        {plan.faults.size(), rare && random.Chance(0.7) ? Kind::kHeal : kind, at, random.Next()});
  }
  if (seed % kPlansAHardship == 0) {
    plan.hardship = HardshipOf(seed);
    plan.world.max_sessions = 1000;  // or its clients would be refused for want of room
  }
  DrawLabour(&plan);
  return plan;
}

void Strike(World* world, const Fault& fault) {
  Striker striker(world, fault.dice);
  striker.Strike(fault.kind);
  striker.Revive();
}

}  // namespace cairn::sim
