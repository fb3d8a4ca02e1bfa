#include "sim/campaign.h"

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "sim/client.h"
#include "sim/doors.h"
#include "sim/full_disks.h"
#include "sim/history.h"
#include "sim/load.h"
#include "sim/lost_ledgers.h"
#include "sim/questions.h"
#include "sim/real_client.h"
#include "sim/world.h"

namespace cairn::sim {
namespace {

constexpr Micros kSecond = 1'000'000;

using Clients = std::vector<std::unique_ptr<Worker>>;

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

/// R11: every node's state is the fold of the chain, byte for byte.
bool StatesAreFolds(const World& world) {
  kv::MemoryTable table;
  kv::StateMachine fold = world.NewMachine(&table);
  const NodeId any = world.ids().front();
  const Disk& disk = world.disk(any);
  // Not to the disk's tip: what was cut from the log in memory may still stand there.
  for (Slot slot = 1; slot <= world.machine(any).applied(); ++slot) {
    fold.Apply(*disk.Read(slot));
  }
  return std::ranges::all_of(world.ids(), [&](NodeId id) { return world.table(id) == table; });
}

/// What was refused was not applied. Nothing, or the sentence.
std::optional<std::string> RefusedIsNotApplied(const World& world, const Clients& clients) {
  std::set<std::pair<ClientId, Sequence>> refused;
  for (const auto& client : clients) {
    refused.insert(client->refused().begin(), client->refused().end());
  }
  const NodeId any = world.ids().front();
  const Disk& disk = world.disk(any);
  kv::MemoryTable table;
  kv::StateMachine fold = world.NewMachine(&table);
  for (Slot slot = 1; slot <= world.machine(any).applied(); ++slot) {
    const BlockPtr block = disk.Read(slot);
    const std::vector<kv::Outcome> outcomes = fold.Apply(*block);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const Request& request = block->requests[i];
      const bool applied = outcomes[i].code == Code::kOk || outcomes[i].code == Code::kNotFound;
      if (applied && refused.contains({request.client, request.sequence})) {
        return "a write that was refused as surely not applied is applied by the block of slot " +
               std::to_string(slot) + ": (" + std::to_string(request.client) + ", " +
               std::to_string(request.sequence) + ")";
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> Judge(World& world, const History& history, const Clients& clients) {
  if (world.failure()) {
    return world.failure();
  }
  if (auto breach = RefusedIsNotApplied(world, clients)) {
    return breach;
  }
  if (!StatesAreFolds(world)) {
    return "R11: a node's state is not the fold of the chain";
  }
  if (const auto key = history.FirstViolation()) {
    return "R9/R10: the history of key " + *key +
           " is not linearizable:" + Text(history.keys().at(*key));
  }
  return std::nullopt;
}

/// The failure of the world, or else this one.
std::optional<std::string> Late(const World& world, const std::string& what) {
  return world.failure() ? world.failure() : what;
}

/// The clients get answers again: some for each of them.
bool Serves(World& world, const Clients& clients) {
  const auto acknowledged = [&] {
    std::uint64_t sum = 0;
    for (const auto& client : clients) {
      sum += client->acknowledged();
    }
    return sum;
  };
  const std::uint64_t enough = acknowledged() + clients.size() + 1;
  return world.RunUntil([&] { return acknowledged() >= enough; }, 20 * kSecond);
}

/// The clients stop, and all nodes come to one chain.
bool Settles(World& world, const Clients& clients) {
  for (const auto& client : clients) {
    client->Stop();
  }
  const auto idle = [](const auto& client) { return client->idle(); };
  return world.RunUntil([&] { return std::ranges::all_of(clients, idle) && world.Converged(); },
                        20 * kSecond);
}

/// Heals everything and waits for what must come: progress and one chain everywhere (R8).
std::optional<std::string> HealAndSettle(World& world, Doors& doors, const Clients& clients) {
  world.EndAllFaults();
  doors.OpenAll();
  if (!Serves(world, clients)) {
    return Late(world, "R8: no progress within 20 s after everything was healed");
  }
  if (!Settles(world, clients)) {
    return Late(world, "R8: the nodes do not come to one chain within 20 s");
  }
  return std::nullopt;
}

/// The majorities that are tried alone: each of a small cluster, one of a larger one.
std::vector<std::vector<NodeId>> MajoritiesToTry(World& world) {
  std::vector<std::vector<NodeId>> majorities;
  const std::vector<NodeId>& ids = world.ids();
  for (std::uint32_t mask = 0; mask < 1U << ids.size(); ++mask) {
    std::vector<NodeId> chosen;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if ((mask >> i & 1U) != 0) {
        chosen.push_back(ids[i]);
      }
    }
    if (chosen.size() == QuorumOf(ids.size())) {
      majorities.push_back(std::move(chosen));
    }
  }
  if (majorities.size() > 3) {
    majorities = {majorities[world.random().Below(majorities.size())]};
  }
  return majorities;
}

/// Whatever all nodes know when they have settled, a bare majority of them knows after a crash of
/// all: it elects a leader and serves, and the others come back to it.
std::optional<std::string> CrashAllAndStartAMajority(World& world, const Clients& clients) {
  for (const std::vector<NodeId>& majority : MajoritiesToTry(world)) {
    std::ranges::for_each(world.ids(), [&](NodeId id) { world.Kill(id); });
    std::ranges::for_each(majority, [&](NodeId id) { world.Start(id); });
    std::ranges::for_each(clients, [](const auto& client) { client->Resume(); });
    if (!Serves(world, clients)) {
      return Late(world, "R8: a bare majority does not serve within 20 s after a crash of all");
    }
    std::ranges::for_each(world.ids(), [&](NodeId id) { world.Start(id); });
    if (!Settles(world, clients)) {
      return Late(world, "R8: the nodes do not come back to one chain after a crash of all");
    }
  }
  return std::nullopt;
}

/// The greatest round that anybody has promised.
std::uint64_t RoundOf(const World& world) {
  std::uint64_t round = 0;
  for (const NodeId id : world.ids()) {
    round = std::max(round, world.disk(id).head().promised.round);
  }
  return round;
}

/// R8 where nothing is broken: once the nodes know what is usual here, leaders stay, writes go on,
/// and a dead leader is replaced.
std::optional<std::string> Endure(World& world, const Hardship& hardship) {
  world.Endure(hardship);
  {
    // A node alone has no link that bounds what it is given to keep.
    const bool scarce = hardship.bandwidth > 0 && world.ids().size() > 1;
    const Load load(&world, 4, scarce ? 50'000 : 100);
    world.RunFor(20 * kSecond);
    const std::uint64_t round = RoundOf(world);
    const std::uint64_t done = load.done();
    world.RunFor(60 * kSecond);
    if (RoundOf(world) > round + 2) {
      return "R8: " + std::to_string(RoundOf(world) - round) +
             " elections in a minute in which nothing failed";
    }
    if (load.done() < done + 20) {
      return "R8: " + std::to_string(load.done() - done) +
             " writes in a minute in which nothing failed";
    }
  }
  const NodeId dead = world.Leader();
  if (dead != 0 && world.ids().size() > 2) {
    world.Kill(dead);
    if (!world.RunUntil([&] { return world.Leader() != 0; }, 30 * kSecond)) {
      return "R8: a dead leader is not replaced within 30 s";
    }
    world.Start(dead);
  }
  world.Endure({});
  return world.RunUntil([&] { return world.Converged(); }, 30 * kSecond)
             ? std::nullopt
             : std::optional<std::string>("R8: after hardship there is not one chain within 30 s");
}

}  // namespace

void Report::Add(const Report& other) {
  digest = other.digest;
  runs += other.runs;
  events += other.events;
  virtual_time += other.virtual_time;
  acknowledged += other.acknowledged;
  given_up += other.given_up;
  faults += other.faults;
  leader_changes += other.leader_changes;
  situations.Add(other.situations);
}

Report Run(const Plan& plan, std::ostream* trace) {
  WorldOptions options = plan.world;
  options.trace = trace;
  World world(options);
  Doors doors(&world, plan.seed);
  History history;
  Clients clients;
  for (std::size_t i = 0; i < plan.clients; ++i) {
    if (plan.real_clients) {
      clients.push_back(std::make_unique<RealClient>(&world, &doors, &history, i + 1, 3));
    } else {
      clients.push_back(std::make_unique<Client>(&world, &history, i + 1, 3));
    }
    clients.back()->Run();
  }
  if (plan.real_clients) {
    doors.Trouble(plan.duration);
  }
  const Questions questions(&world, plan.questions);
  for (const Fault& fault : plan.faults) {
    world.At(world.now() + fault.at, [&world, &fault] { Strike(&world, fault); });
  }
  world.RunFor(plan.duration);
  Report report;
  if (world.random().Chance(0.3)) {
    report.failure = ReadsGoOnWithFullDisks(&world);
  }
  if (!report.failure) {
    report.failure = HealAndSettle(world, doors, clients);
  }
  if (!report.failure && plan.hardship) {
    report.failure = Endure(world, *plan.hardship);
  }
  if (!report.failure) {
    report.failure = CrashAllAndStartAMajority(world, clients);
  }
  if (!report.failure) {
    report.failure = Judge(world, history, clients);
  }
  if (!report.failure && plan.lose_ledgers) {
    report.failure = NeverFormsAnew(&world);
  }
  report.digest = world.trace_digest();
  report.events = world.events();
  report.virtual_time = world.now();
  report.faults = plan.faults.size();
  report.leader_changes = world.leader_changes();
  report.situations = world.situations();
  for (const auto& client : clients) {
    report.acknowledged += client->acknowledged();
    report.given_up += client->given_up();
  }
  return report;
}

Plan Shrink(Plan plan, int tries) {
  const auto fails = [&](const Plan& candidate) {
    return tries-- > 0 && Run(candidate).failure.has_value();
  };
  const auto keep_if_it_fails = [&](const Plan& candidate) {
    if (fails(candidate)) {
      plan = candidate;
    }
  };
  // Delta debugging (Zeller and Hildebrandt 2002): ever smaller parts of the faults left out.
  for (std::size_t part = std::max<std::size_t>(plan.faults.size() / 2, 1); part > 0; part /= 2) {
    for (std::size_t at = 0; at < plan.faults.size();) {
      Plan candidate = plan;
      const auto begin = candidate.faults.begin() + static_cast<std::ptrdiff_t>(at);
      const std::size_t count = std::min(part, plan.faults.size() - at);
      candidate.faults.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
      if (fails(candidate)) {
        plan = candidate;
      } else {
        at += count;
      }
    }
  }
  Plan candidate = plan;
  candidate.world.loss = candidate.world.duplication = 0;
  keep_if_it_fails(candidate);
  for (std::size_t clients = 1; clients < plan.clients; ++clients) {
    candidate = plan;
    candidate.clients = clients;
    keep_if_it_fails(candidate);
  }
  for (std::size_t nodes = 1; nodes < plan.world.nodes; ++nodes) {
    candidate = plan;
    candidate.world.nodes = nodes;
    keep_if_it_fails(candidate);
  }
  return plan;
}

}  // namespace cairn::sim
