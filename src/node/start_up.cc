#include "node/start_up.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "chain/block.h"
#include "node/replay.h"
#include "storage/recovery.h"

namespace cairn::node {
namespace {

using Clock = std::chrono::steady_clock;

Result<std::unique_ptr<storage::State>> OpenState(const storage::DataDirectory& directory,
                                                  const StartUpTalk& talk) {
  auto state = storage::State::Open(directory.path(), {});
  if (state.ok() || state.status().code() != Code::kIntegrity) {
    return state;
  }
  talk.say(state.status().message());
  const auto moved = storage::MoveToQuarantine(directory.path(), "state");
  if (!moved.ok()) {
    return moved.status();
  }
  talk.say("the damaged state was moved to " + moved.value() + "; it is rebuilt from the chain");
  return storage::State::Open(directory.path(), {});
}

/// The state's last block is the chain's block at that slot. A block that can't be read says
/// nothing about the state.
Result<bool> BelongsTo(const kv::StateMachine& machine, const storage::Ledger& ledger) {
  if (machine.applied() == 0) {
    return true;
  }
  if (machine.applied() > ledger.head().tip) {
    return false;
  }
  const auto block = ledger.Read(machine.applied());
  if (!block.ok()) {
    return block.status();
  }
  return block.value()->hash == machine.applied_hash();
}

Status OpenMachine(Memory* memory, std::uint64_t max_sessions, const StartUpTalk& talk) {
  if (Status known = kv::CheckFormat(*memory->state); !known.ok()) {
    return known;
  }
  memory->machine = std::make_unique<kv::StateMachine>(memory->state.get(), max_sessions);
  const auto belongs = BelongsTo(*memory->machine, *memory->ledger);
  if (!belongs.ok() || belongs.value()) {
    return belongs.status();
  }
  memory->machine.reset();
  memory->state.reset();
  const auto moved = storage::MoveToQuarantine(memory->directory.path(), "state");
  if (!moved.ok()) {
    return moved.status();
  }
  talk.say("the state in " + memory->directory.Sub("state") +
           " does not belong to this chain; it was moved to " + moved.value() +
           " and is rebuilt from the chain");
  auto fresh = storage::State::Open(memory->directory.path(), {});
  if (!fresh.ok()) {
    return fresh.status();
  }
  memory->state = std::move(fresh).value();
  memory->machine = std::make_unique<kv::StateMachine>(memory->state.get(), max_sessions);
  return Status::Ok();
}

std::string ShortHash(const Hash& hash) { return hash.Hex().substr(0, 12); }

}  // namespace

Result<Memory> StartUp(const std::string& path, const config::Cluster& cluster, NodeId node,
                       const StartUpTalk& talk) {
  const chain::GenesisParameters parameters = config::ParametersOf(cluster);
  const BlockPtr genesis = chain::MakeGenesis(parameters);
  auto directory =
      storage::DataDirectory::Open(path, genesis->hash, cluster.name, node, talk.say);
  if (!directory.ok()) {
    return directory.status();
  }
  Memory memory{std::move(directory).value(), nullptr, nullptr, nullptr, {}};
  talk.say(fmt::format("node {} of cluster \"{}\" (genesis {}), data in {}{}", node, cluster.name,
                       ShortHash(genesis->hash), memory.directory.path(),
                       memory.directory.created() ? ", new" : ""));
  auto recovery = storage::OpenOrRecover(&memory.directory, genesis, {}, talk.say);
  if (!recovery.ok()) {
    return recovery.status();
  }
  memory.ledger = std::move(recovery).value().ledger;
  memory.recovered.holes = memory.ledger->holes();
  memory.recovered.commits = memory.ledger->commits();
  auto state = OpenState(memory.directory, talk);
  if (!state.ok()) {
    return state.status();
  }
  memory.state = std::move(state).value();
  if (Status opened = OpenMachine(&memory, parameters.max_sessions, talk); !opened.ok()) {
    return opened;
  }
  const auto began = Clock::now();
  const Slot applied = memory.machine->applied();
  const ReplayOf of{memory.ledger.get(), memory.directory.Sub("ledger"), memory.state.get(),
                    memory.machine.get()};
  if (Status replayed = Replay(of, &memory.recovered, talk.progress); !replayed.ok()) {
    return replayed;
  }
  const std::chrono::duration<double> took = Clock::now() - began;
  const replica::LedgerHead& head = memory.recovered.head;
  talk.say(fmt::format("{} blocks verified, {} replayed in {:.2f} s; tip {} ({}), decided {}",
                       head.tip - applied, memory.machine->applied() - applied, took.count(),
                       head.tip, ShortHash(memory.recovered.blocks.back()->hash), head.decided));
  return memory;
}

}  // namespace cairn::node
