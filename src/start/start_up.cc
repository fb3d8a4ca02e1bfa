#include "start/start_up.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "chain/block_format.h"
#include "start/fetch_before_replay.h"
#include "start/needs.h"
#include "start/replay.h"
#include "storage/directory/membership.h"
#include "storage/directory/open_or_salvage.h"
#include "storage/files/quarantine.h"
#include "storage/ledger/salvage_mark.h"

namespace cairn::start {
namespace {

using Clock = std::chrono::steady_clock;

/// Damage that a running state meets: the next start rebuilds it.
storage::State::Options StateOptions(const std::string& directory, const StartUpTalk& talk) {
  storage::State::Options options;
  options.on_damage = [directory, restart = talk.restart](const Status& damage) {
    const auto moved = storage::MoveToQuarantine(directory, "state");
    restart(damage.message() +
            (moved.ok() ? " It was moved to " + moved.value() + " and is rebuilt from the chain"
                        : " " + moved.status().message()));
  };
  return options;
}

/// Moves the state away and opens a new one.
Result<std::unique_ptr<storage::State>> FreshState(const storage::DataDirectory& directory,
                                                   const std::string& why,
                                                   const StartUpTalk& talk) {
  const auto moved = storage::MoveToQuarantine(directory.path(), "state");
  if (!moved.ok()) {
    return moved.status();
  }
  talk.say(why + " It was moved to " + moved.value() + " and is rebuilt from the chain");
  return storage::State::Open(directory.path(), StateOptions(directory.path(), talk));
}

Result<std::unique_ptr<storage::State>> OpenState(const storage::DataDirectory& directory,
                                                  const StartUpTalk& talk) {
  auto state = storage::State::Open(directory.path(), StateOptions(directory.path(), talk));
  if (state.ok() || state.status().code() != Code::kIntegrity) {
    return state;
  }
  return FreshState(directory, state.status().message(), talk);
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

/// Damage of the ledger that shows only when it is read: the next start salvages.
Status SalvageNext(const node::DurableState& memory, const Status& damage,
                   const StartUpTalk& talk) {
  if (damage.code() != Code::kIntegrity) {
    return damage;
  }
  if (Status marked = storage::MarkForSalvage(memory.directory.path(), damage.message());
      !marked.ok()) {
    return marked;
  }
  talk.restart(damage.message());
  return damage;
}

/// Lost blocks that the replay will need, or that the replica wants in memory.
Status FetchFor(node::DurableState* memory, const config::Cluster& cluster,
                const StartUpTalk& talk) {
  const Slot needed = std::min(memory->machine->applied(), memory->ledger->head().decided);
  return FetchBeforeReplay(cluster, memory->directory, needed, memory->ledger.get(), talk.say,
                           talk.keep_going);
}

/// The state machine on the state, if that belongs to the chain; else on an empty one.
Status OpenMachine(node::DurableState* memory, const config::Cluster& cluster,
                   const StartUpTalk& talk) {
  for (;;) {  // twice at most: an empty state belongs to every chain
    std::string why;
    if (Status known = kv::CheckFormat(*memory->state); !known.ok()) {
      why = known.message() + ".";
    } else {
      memory->machine = std::make_unique<kv::StateMachine>(
          memory->state.get(), config::ParametersOf(cluster).max_sessions);
      if (Status mended = FetchFor(memory, cluster, talk); !mended.ok()) {
        return mended;
      }
      const auto belongs = BelongsTo(*memory->machine, *memory->ledger);
      if (!belongs.ok()) {
        return SalvageNext(*memory, belongs.status(), talk);
      }
      if (belongs.value()) {
        return Status::Ok();
      }
      why = "the state in " + memory->directory.Sub("state") + " does not belong to this chain.";
    }
    memory->machine.reset();
    memory->state.reset();
    auto fresh = FreshState(memory->directory, why, talk);
    if (!fresh.ok()) {
      return fresh.status();
    }
    memory->state = std::move(fresh).value();
  }
}

/// A member of a formed cluster stays known as one, whatever becomes of its ledger.
Status NoteMembership(node::DurableState* memory) {
  const replica::LedgerHead& head = memory->ledger->head();
  if (head.decided > 0) {
    const auto first = memory->ledger->Read(1);
    return memory->directory.NoteFormed(first.ok() ? first.value()->hash : Hash{});
  }
  if (memory->directory.identity().formed) {
    return Status::Ok();
  }
  const Result<std::string> proof = storage::FindProofOfMembership(memory->directory.path());
  if (!proof.ok()) {
    return proof.status();
  }
  return proof->empty() ? Status::Ok() : memory->directory.NoteFormed(Hash{});
}

std::string ShortHash(const Hash& hash) { return hash.Hex().substr(0, 12); }

}  // namespace

Result<node::DurableState> StartUp(const std::string& path, const config::Cluster& cluster,
                                   NodeId self, const StartUpTalk& talk) {
  const chain::GenesisParameters parameters = config::ParametersOf(cluster);
  const BlockPtr genesis = chain::MakeGenesis(parameters);
  if (Status room = CheckRoom(path); !room.ok()) {
    return room;
  }
  auto directory = storage::DataDirectory::Open(path, genesis->hash, cluster.name, self, talk.say);
  if (!directory.ok()) {
    return directory.status();
  }
  node::DurableState memory{std::move(directory).value(), nullptr, nullptr, nullptr, {}};
  talk.say(fmt::format("node {} of cluster \"{}\" (genesis {}), data in {}{}", self, cluster.name,
                       ShortHash(genesis->hash), memory.directory.path(),
                       memory.directory.created() ? ", new" : ""));
  storage::Ledger::Options options;
  options.on_damage = [restart = talk.restart](const Status& damage) { restart(damage.message()); };
  auto recovery = storage::OpenOrSalvage(&memory.directory, genesis, options, talk.say);
  if (!recovery.ok()) {
    return recovery.status();
  }
  memory.ledger = std::move(recovery).value().ledger;
  if (Status noted = NoteMembership(&memory); !noted.ok()) {
    return noted;
  }
  auto state = OpenState(memory.directory, talk);
  if (!state.ok()) {
    return state.status();
  }
  memory.state = std::move(state).value();
  if (Status opened = OpenMachine(&memory, cluster, talk); !opened.ok()) {
    return opened;
  }
  memory.recovered.holes = memory.ledger->holes();
  memory.recovered.commits = memory.ledger->commits();
  const auto began = Clock::now();
  const Slot applied = memory.machine->applied();
  const ReplayOf of{memory.ledger.get(), memory.directory.Sub("ledger"), memory.state.get(),
                    memory.machine.get()};
  if (Status replayed = Replay(of, &memory.recovered, talk.progress); !replayed.ok()) {
    return SalvageNext(memory, replayed, talk);
  }
  const std::chrono::duration<double> took = Clock::now() - began;
  const replica::LedgerHead& head = memory.recovered.head;
  talk.say(fmt::format("{} blocks verified, {} replayed in {:.2f} s; tip {} ({}), decided {}",
                       head.tip - applied, memory.machine->applied() - applied, took.count(),
                       head.tip, ShortHash(memory.recovered.blocks.back()->hash), head.decided));
  return memory;
}

}  // namespace cairn::start
