#include "sim/campaign.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "sim/client.h"
#include "sim/history.h"
#include "sim/world.h"

namespace cairn::sim {
namespace {

constexpr Micros kSecond = 1'000'000;

WorldOptions Options(std::uint64_t seed, std::ostream* trace) {
  Random random(seed * 7919 + 1);
  WorldOptions options;
  options.seed = seed;
  options.trace = trace;
  options.nodes = random.Chance(0.7) ? (random.Chance(0.5) ? 3 : 5) : random.Between(1, 9);
  if (random.Chance(0.5)) {
    options.loss = random.Chance(0.5) ? 0.01 : 0.1;
    options.duplication = 0.05;
  }
  options.delay_max = random.Chance(0.3) ? 20'000 : 1'000;
  options.sync_max = random.Chance(0.3) ? 20'000 : 500;
  // Small limits meet their edges more often.
  options.recent_blocks = random.Chance(0.5) ? 3 : 256;
  options.catch_up_blocks = random.Chance(0.5) ? 2 : 1024;
  options.block_requests = random.Chance(0.5) ? 2 : 4096;
  options.slots_in_flight = random.Between(1, 6);
  options.max_sessions = random.Chance(0.3) ? 4 : 1000;
  return options;
}

/// Faults at random times, of random kinds; a minority's worth of dead nodes, or now and then all.
class Mischief {
 public:
  Mischief(World* world, Micros until)
      : world_(world), until_(until), pace_(world->random().Chance(0.3) ? 100'000 : 600'000) {}

  void Next() {
    Random& random = world_->random();
    world_->At(world_->now() + random.Between(10'000, pace_), [this] {
      if (world_->now() < until_) {
        Act();
        Next();
      }
    });
  }
  [[nodiscard]] std::uint64_t kills() const { return kills_; }
  [[nodiscard]] std::uint64_t losses() const { return losses_; }

 private:
  NodeId Any() { return world_->ids()[world_->random().Below(world_->ids().size())]; }

  void Act() {
    Random& random = world_->random();
    switch (random.Below(13)) {
      case 0:
      case 1:
        KillOne(Any());
        break;
      case 2:
        if (const NodeId leader = world_->Leader(); leader != 0) {
          KillOne(leader);
        }
        break;
      case 3:
        ++kills_;
        world_->KillAtNextCommit(Any(), random.Chance(0.5));
        break;
      case 4:
        world_->Pause(Any(), random.Between(10'000, 2 * kSecond));
        break;
      case 5:
        world_->Cut(Any(), Any());
        break;
      case 6:
        world_->CutBoth(Any(), Any());
        break;
      case 7:
        world_->Heal();
        break;
      case 8:
        if (const NodeId leader = world_->Leader(); leader != 0) {
          CutOffSome(leader);
        }
        break;
      case 9:
        if (const NodeId leader = world_->Leader(); leader != 0) {
          world_->Pause(leader, random.Between(100'000, 700'000));
        }
        break;
      case 10:
        Partition();
        break;
      case 11:
        losses_ += world_->LoseDisk(Any()) ? 1U : 0U;
        break;
      default:
        if (random.Chance(0.2)) {
          for (const NodeId id : world_->ids()) {
            KillOne(id);
          }
        }
    }
    for (const NodeId id : world_->ids()) {
      if (!world_->Up(id) && random.Chance(0.4)) {
        world_->Start(id);
      }
    }
  }

  /// The node loses some of its links, in one or both directions.
  void CutOffSome(NodeId id) {
    Random& random = world_->random();
    const bool both = random.Chance(0.5);
    for (const NodeId other : world_->ids()) {
      if (random.Chance(0.6)) {
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
    std::vector<NodeId> right;
    for (const NodeId id : world_->ids()) {
      (world_->random().Chance(0.5) ? left : right).push_back(id);
    }
    for (const NodeId a : left) {
      for (const NodeId b : right) {
        world_->CutBoth(a, b);
      }
    }
  }

  void KillOne(NodeId id) {
    ++kills_;
    world_->Kill(id);
  }

  World* world_;
  Micros until_;
  Micros pace_;  // the longest wait between two faults
  std::uint64_t kills_ = 0;
  std::uint64_t losses_ = 0;
};

/// A line an operation, in the order of the calls.
std::string Text(std::vector<Operation> operations) {
  std::ranges::stable_sort(operations, {}, &Operation::called);
  std::string text;
  for (const Operation& operation : operations) {
    const char* const verb = operation.kind == Operation::Kind::kPut   ? "put "
                             : operation.kind == Operation::Kind::kDel ? "del "
                                                                       : "get ";
    text += "\n  " + std::to_string(operation.called) + " .. " +
            (operation.returned == kNever ? "?" : std::to_string(operation.returned)) + " " + verb +
            operation.value + (operation.found ? "" : " (not found)");
  }
  return text;
}

bool StatesAgree(const World& world) {
  for (const NodeId id : world.ids()) {
    if (world.table(id) != world.table(world.ids().front())) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> Judge(World& world, const History& history) {
  if (world.failure()) {
    return world.failure();
  }
  if (!StatesAgree(world)) {
    return "R11: equal chains gave different states";
  }
  if (const auto key = history.FirstViolation()) {
    return "R9/R10: the history of key " + *key +
           " is not linearizable:" + Text(history.keys().at(*key));
  }
  return std::nullopt;
}

/// Heals everything and waits for what must come: progress and one chain everywhere (R8).
std::optional<std::string> HealAndSettle(World& world,
                                         std::vector<std::unique_ptr<Client>>& clients) {
  world.EndAllFaults();
  std::uint64_t before = 0;
  for (const auto& client : clients) {
    before += client->acknowledged();
  }
  const auto progress = [&] {
    std::uint64_t now = 0;
    for (const auto& client : clients) {
      now += client->acknowledged();
    }
    return now > before + clients.size();
  };
  if (!world.RunUntil(progress, 20 * kSecond)) {
    return world.failure() ? world.failure()
                           : "R8: no progress within 20 s after everything was healed";
  }
  for (const auto& client : clients) {
    client->Stop();
  }
  const auto settled = [&] {
    for (const auto& client : clients) {
      if (!client->idle()) {
        return false;
      }
    }
    return world.Converged();
  };
  if (!world.RunUntil(settled, 20 * kSecond)) {
    return world.failure() ? world.failure() : "R8: the nodes do not come to one chain within 20 s";
  }
  return std::nullopt;
}

}  // namespace

void Report::Add(const Report& other) {
  digest = other.digest;
  events += other.events;
  virtual_time += other.virtual_time;
  acknowledged += other.acknowledged;
  given_up += other.given_up;
  kills += other.kills;
  lost_disks += other.lost_disks;
  leader_changes += other.leader_changes;
  tip += other.tip;
}

Report RunSeed(std::uint64_t seed, std::ostream* trace) {
  World world(Options(seed, trace));
  History history;
  std::vector<std::unique_ptr<Client>> clients;
  const std::size_t count = world.random().Between(1, 6);
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<Client>(&world, &history, i + 1, 3));
    clients.back()->Run();
  }
  const Micros chaos = world.random().Between(2 * kSecond, 8 * kSecond);
  Mischief mischief(&world, world.now() + chaos);
  mischief.Next();
  world.RunFor(chaos);
  Report report;
  report.failure = HealAndSettle(world, clients);
  if (!report.failure) {
    report.failure = Judge(world, history);
  }
  if (report.failure) {
    *report.failure = "seed " + std::to_string(seed) + ": " + *report.failure;
  }
  report.digest = world.trace_digest();
  report.events = world.events();
  report.virtual_time = world.now();
  report.kills = mischief.kills();
  report.lost_disks = mischief.losses();
  report.leader_changes = world.leader_changes();
  for (const auto& client : clients) {
    report.acknowledged += client->acknowledged();
    report.given_up += client->given_up();
  }
  if (world.Up(1)) {
    report.tip = world.replica(1).acceptor().log().tip();
  }
  return report;
}

}  // namespace cairn::sim
