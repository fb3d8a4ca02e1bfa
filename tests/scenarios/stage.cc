#include "scenarios/stage.h"

#include <algorithm>

#include "chain/block_format.h"
#include "scenarios/words.h"

namespace cairn::scenarios {
namespace {

constexpr Micros kStep = 10'000;
constexpr Micros kWallStart = 1'700'000'000'000'000;

}  // namespace

Stage::Stage(const StageOptions& options, std::ostream* out)
    : options_(options), out_(out), invariants_(options.nodes) {
  for (NodeId id = 1; id <= options_.nodes; ++id) {
    ids_.push_back(id);
  }
  genesis_ = chain::MakeGenesis({"scenario", ids_, options_.max_sessions});
  for (const NodeId id : ids_) {
    nodes_.emplace(id, Node(sim::Disk(genesis_, LifeOf(id, 1))));
    Start(id);
  }
}

// --- processes

void Stage::Start(NodeId id) {
  Node& node = nodes_.at(id);
  if (node.replica) {
    return;
  }
  node.table = std::make_unique<kv::MemoryTable>();
  node.machine = std::make_unique<kv::StateMachine>(node.table.get(), options_.max_sessions, 0);
  for (Slot slot = 1; slot <= node.disk.head().decided; ++slot) {
    node.machine->Apply(*node.disk.Read(slot));
  }
  replica::Options options = replica::DefaultOptions(id, node.disk.incarnation(), ids_, id);
  // The stage jumps in time: how long a node was silent is no habit of its own.
  options.timing.patience = options.timing.silence;
  options.recent_blocks = options_.recent_blocks;
  options.catch_up_blocks = options_.catch_up_blocks;
  options.max_slots_in_flight = options_.slots_in_flight;
  options.max_block_requests = options_.block_requests;
  node.replica =
      std::make_unique<replica::Replica>(options, node.disk.Recover(), node.machine.get(), now_);
}

void Stage::Crash(NodeId id) {
  Node& node = nodes_.at(id);
  node.replica.reset();
  node.machine.reset();
  node.table.reset();
  node.unsynced.reset();
  node.inbox.clear();
  node.crash_at_write.reset();
  node.slow = false;
}

void Stage::CrashAtWrite(NodeId id, bool before_sync) {
  nodes_.at(id).crash_at_write = before_sync;
}

void Stage::LoseDisk(NodeId id) {
  Crash(id);
  Node& node = nodes_.at(id);
  ++node.life;
  node.disk = sim::Disk(genesis_, LifeOf(id, node.life));
  invariants_.Forget(id);
}

void Stage::Sync(NodeId id) {
  Node& node = nodes_.at(id);
  node.slow = false;
  if (node.unsynced) {
    turn_of_ = 0;
    FinishTurn(id);
  }
}

// --- time

void Stage::TickNow(NodeId id, const std::vector<NodeId>& heard) {
  // The clock first, or what is heard now would count as heard long ago.
  const auto tick = [this](replica::Replica& replica) { replica.Tick(now_, kWallStart + now_); };
  Node& node = nodes_.at(id);
  node.inbox.emplace_back(tick);
  for (const NodeId from : heard) {
    const auto beat = beats_.find({id, from});
    if (beat == beats_.end()) {
      continue;
    }
    if (!Lost(from, id)) {
      if (verbose_) {
        TellMessage({0, id, beat->second}, "");
      }
      node.inbox.emplace_back(
          [inbound = beat->second](replica::Replica& replica) { Hear(replica, inbound); });
    }
    beats_.erase(beat);
  }
  Happen(id, tick);
}

void Stage::Tick(NodeId id, Micros duration) {
  now_ += duration;
  TickNow(id, {});
}

void Stage::Pass(Micros duration, bool deliver) {
  const Micros end = now_ + duration;
  passing_ = now_;
  while (now_ < end) {
    now_ += std::min(kStep, end - now_);
    for (const NodeId id : ids_) {
      if (Up(id)) {
        TickNow(id, ids_);
      }
    }
    if (deliver) {
      std::erase_if(flight_, [&](const InFlight& m) { return Lost(m.inbound.from, m.to); });
      DeliverAll();
    }
  }
  passing_.reset();
}

std::vector<NodeId> Stage::Around(NodeId id) const {
  std::vector<NodeId> others;
  std::ranges::copy_if(ids_, std::back_inserter(others), [&](NodeId other) {
    return other != id && Up(other) && !nodes_.at(other).replica->leading() &&
           !nodes_.at(other).unsynced && !IsCut(id, other) && !IsCut(other, id);
  });
  return others;
}

void Stage::Gather(NodeId id) {
  const paxos::Timing timing;
  const std::vector<NodeId> others = Around(id);
  // First they hear it, then they say so; nobody hears anybody else, so nobody else can stand.
  for (int beat = 0; beat < 2; ++beat) {
    Tick(id, timing.heartbeat);
    for (const NodeId other : others) {
      TickNow(other, {id});
    }
  }
  TickNow(id, others);
}

void Stage::Meet(NodeId id) {
  Gather(id);
  for (const NodeId other : Around(id)) {
    TickNow(other, {id});
  }
}

void Stage::Elect(NodeId id) {
  const paxos::Timing timing;
  beats_.clear();
  now_ += std::max(timing.silence, 2 * timing.election) + 1;
  const replica::Replica& replica = *nodes_.at(id).replica;
  const Ballot before = replica.acceptor().promised();
  Gather(id);
  const Micros end = now_ + 2 * timing.deference + kStep;
  while (Up(id) && replica.acceptor().promised() == before && now_ < end) {
    Tick(id, kStep);
  }
  if (Up(id) && replica.acceptor().promised() == before) {
    Tell("node " + std::to_string(id) + " does not stand: " + replica.Report().words);
  }
}

void Stage::Form(NodeId leader) {
  SetMute(true);
  Elect(leader);
  DeliverAll();
  const auto formed = [&](NodeId id) {
    return Up(id) && nodes_.at(id).replica->acceptor().log().decided() >= 1;
  };
  for (int i = 0; i < 100 && !std::ranges::all_of(ids_, formed); ++i) {
    Pass(kStep, true);
  }
  Pass(10 * kStep, true);
  SetMute(false);
  const paxos::Acceptor& acceptor = nodes_.at(leader).replica->acceptor();
  if (!nodes_.at(leader).replica->leading() || !std::ranges::all_of(ids_, formed)) {
    Tell("not formed: " + nodes_.at(leader).replica->Report().words);
    return;
  }
  Tell("node " + std::to_string(leader) + " leads in " + acceptor.promised().ToString() +
       ", all know block 1 (" + BlockName(*acceptor.log().At(1)) + " form) as decided");
}

// --- a node's turn: think, remember, speak

void Stage::Happen(NodeId id, Event event) {
  Node& node = nodes_.at(id);
  node.inbox.push_back(std::move(event));
  if (!node.unsynced) {
    Turn(id);
  }
}

void Stage::Turn(NodeId id) {
  Node& node = nodes_.at(id);
  turn_of_ = 0;
  for (const Event& event : std::exchange(node.inbox, {})) {
    event(*node.replica);
  }
  node.unsynced = node.replica->TakeEffects();
  TellSaid(id, "early ", node.unsynced->before_sync);
  for (const replica::Outbound& message : node.unsynced->before_sync) {
    Post(id, message);
  }
  if (node.unsynced->write.needed) {
    const std::string words = WriteWords(node.unsynced->write);
    if (node.crash_at_write.value_or(false)) {
      TellTurn(id, "lost    " + words);
      TellTurn(id, "crash   before the sync");
      Crash(id);
      return;
    }
    if (node.slow) {
      TellTurn(id, "slow    " + words);
      return;
    }
  }
  FinishTurn(id);
}

void Stage::FinishTurn(NodeId id) {
  Node& node = nodes_.at(id);
  if (node.unsynced->write.needed) {
    TellTurn(id, "write   " + WriteWords(node.unsynced->write));
    node.disk.Commit(node.unsynced->write);
    if (node.crash_at_write) {
      TellTurn(id, "crash   after the sync");
      Crash(id);
      return;
    }
  }
  replica::Effects effects = std::move(*std::exchange(node.unsynced, std::nullopt));
  node.replica->OnDurable(&effects);
  Check(id);
  Say(id, effects.after_sync);
  node.replica->Apply(&effects);
  Speak(id, effects);
  if (node.replica->HasWork() || !node.inbox.empty()) {
    Turn(id);
  }
}

void Stage::Say(NodeId id, const std::vector<replica::Outbound>& late) {
  TellSaid(id, "late  ", late);
  for (const replica::Outbound& message : late) {
    if (const auto breach =
            invariants_.SaidOnlyWhatIsDurable(id, nodes_.at(id).disk, message.message)) {
      Tell("BROKEN " + *breach);
    }
    Post(id, message);
  }
}

void Stage::Speak(NodeId id, const replica::Effects& effects) {
  Say(id, effects.after_apply);
  for (const replica::ServeBlocks& serve : effects.serve) {
    paxos::Blocks blocks{{}, serve.decided};
    for (Slot slot = serve.from;
         slot <= serve.decided && blocks.blocks.size() < options_.catch_up_blocks; ++slot) {
      blocks.blocks.push_back(nodes_.at(id).disk.Read(slot));
    }
    TellTurn(id,
             "serve   from the disk: " + MessageWords(blocks) + " -> " + std::to_string(serve.to));
    Post(id, {serve.to, std::move(blocks)});
  }
  for (const replica::LocalAnswer& local : effects.answers) {
    TellTurn(id, "answer  " + asked_.at(local.token) + ": " + AnswerWords(local.answer));
    asked_.erase(local.token);
  }
}

void Stage::Check(NodeId id) {
  const Node& node = nodes_.at(id);
  for (const auto& breach :
       {invariants_.BallotsOnlyGoUp(id, node.replica->acceptor()),
        invariants_.DecidedNeverChanges(id, node.replica->acceptor(), node.disk),
        invariants_.OneLeaderABallot(id, *node.replica)}) {
    if (breach) {
      Tell("BROKEN " + *breach);
    }
  }
}

// --- telling

void Stage::Tell(const std::string& line) {
  turn_of_ = 0;
  if (!mute_) {
    *out_ << line << '\n';
  }
}

void Stage::TellTurn(NodeId id, const std::string& line) {
  if (mute_) {
    return;
  }
  if (turn_of_ != id) {
    *out_ << "node " << id;
    if (passing_) {
      *out_ << " after " << (now_ - *passing_) / 1000 << "ms";
    }
    *out_ << '\n';
    turn_of_ = id;
  }
  *out_ << "  " << line << '\n';
}

void Stage::TellLog(NodeId id) {
  const sim::Disk& disk = nodes_.at(id).disk;
  const replica::LedgerHead& head = disk.head();
  const Slot decided =
      Up(id) ? nodes_.at(id).replica->acceptor().log().decided() : disk.head().decided;
  Tell("node " + std::to_string(id) + (Up(id) ? "" : " (down)") + " promised " +
       head.promised.ToString() + " accepted " + head.accepted.ToString());
  for (Slot slot = 1; slot <= head.tip; ++slot) {
    const BlockPtr block = disk.Read(slot);
    Tell("  " + std::to_string(slot) + " " + BlockName(*block) + " " +
         (slot <= decided ? "decided " : "accepted") + " " + RequestWords(*block));
  }
}

void Stage::TellStatus(NodeId id) {
  Tell("node " + std::to_string(id) + ": " +
       (Up(id) ? StatusWords(nodes_.at(id).replica->Report()) : std::string("down")));
}

}  // namespace cairn::scenarios
