#include "sim/world.h"

#include <algorithm>
#include <span>
#include <utility>

#include "chain/block_format.h"
#include "common/limits.h"
#include "node/shares.h"

namespace cairn::sim {
namespace {

constexpr Micros kTick = 10'000;
constexpr Micros kShortWait = 1'000;
constexpr Micros kWallStart = 1'700'000'000'000'000;

BlockPtr GenesisOf(const std::vector<NodeId>& ids, std::uint64_t max_sessions) {
  return chain::MakeGenesis({"sim", ids, max_sessions});
}

}  // namespace

World::World(const WorldOptions& options)
    : options_(options), random_(options.seed), invariants_(options.nodes) {
  for (NodeId id = 1; id <= options_.nodes; ++id) {
    ids_.push_back(id);
  }
  genesis_ = GenesisOf(ids_, options_.max_sessions);
  for (const NodeId id : ids_) {
    nodes_.emplace(id, Node(Disk(genesis_, random_.Next() | 1)));
    nodes_.at(id).clock_offset = random_.Below(5'000'000);
  }
  for (const NodeId id : ids_) {
    Start(id);
  }
}

// --- time

void World::At(Micros time, std::function<void()> action) {
  queue_.push({std::max(time, now_), order_++, std::move(action)});
}

bool World::RunOne() {
  if (queue_.empty() || failure_) {
    return false;
  }
  const Event event = queue_.top();
  queue_.pop();
  now_ = event.time;
  ++events_;
  event.action();
  return true;
}

void World::RunFor(Micros duration) {
  const Micros end = now_ + duration;
  while (!failure_ && !queue_.empty() && queue_.top().time <= end) {
    RunOne();
  }
  now_ = std::max(now_, end);
}

bool World::RunUntil(const std::function<bool()>& done, Micros limit) {
  const Micros end = now_ + limit;
  while (!done()) {
    if (failure_ || now_ > end || !RunOne()) {
      return false;
    }
  }
  return true;
}

// --- processes

void World::Start(NodeId id) {
  Node& node = nodes_.at(id);
  if (node.replica) {
    return;
  }
  ++node.life;
  Trace("start " + std::to_string(id));
  node.table = std::make_unique<kv::MemoryTable>();
  node.machine = std::make_unique<kv::StateMachine>(node.table.get(), options_.max_sessions,
                                                    options_.session_rest);
  // The state is a file of its own: rot in the ledger doesn't touch it.
  for (Slot slot = 1; slot <= node.disk.head().decided; ++slot) {
    node.machine->Apply(*node.disk.Read(slot));
  }
  node.holes_known = node.disk.rotten();
  node.clock = node.looked_at = now_;
  replica::Options options =
      replica::DefaultOptions(IdOf(id), node.disk.incarnation(), ids_, random_.Next());
  options.recent_blocks = options_.recent_blocks;
  options.catch_up_blocks = options_.catch_up_blocks;
  options.max_block_requests = options_.block_requests;
  options.was_member = node.disk.member();
  options.max_slots_in_flight = options_.slots_in_flight;
  node.replica =
      std::make_unique<replica::Replica>(options, node.disk.Recover(), node.machine.get(), now_);
  node.room = replica::Room::kFree;
  TellRoom(id);
  ScheduleTick(id);
}

void World::ScheduleTick(NodeId id) {
  At(now_ + random_.Between(kTick / 2, kTick), [this, id, life = nodes_.at(id).life] {
    const Node& node = nodes_.at(id);
    if (!node.replica || node.life != life) {
      return;
    }
    Happen(id, [this, id](replica::Replica& replica) {
      replica.Tick(Clock(nodes_.at(id)), kWallStart + now_ + nodes_.at(id).clock_offset);
    });
    ScheduleTick(id);
  });
}

// --- a node's turn: think, remember, speak

void World::Happen(NodeId id, std::function<void(replica::Replica&)> event, Share share,
                   std::size_t bytes) {
  Node& node = nodes_.at(id);
  const Micros cost = share == Share::kOwn ? 0 : options_.labour.Take(bytes);
  node.inbox.push_back({std::move(event), share, cost});
  if (!node.syncing && now_ >= node.paused_until) {
    Turn(id);
  }
}

void World::Turn(NodeId id) {
  Node& node = nodes_.at(id);
  const replica::Room before = node.room;
  node.replica->Advance(Clock(node), kWallStart + now_ + node.clock_offset);
  for (const Waiting& waiting : TakeWaiting(node)) {
    waiting.event(*node.replica);
  }
  node.syncing = node.replica->TakeEffects();
  TakeFromReserve(id, before, node.syncing->write);
  SayAll(id, node.syncing->before_sync);
  if (!node.syncing->write.needed) {
    FinishTurn(id);
    return;
  }
  Micros sync = random_.Between(options_.sync_min, options_.sync_max);
  if (now_ < node.slow_until) {
    sync += node.slow_sync;
    situations_.Note(Situation::kSyncTookLongWhileOthersWentOn);
  }
  At(now_ + std::exchange(node.worked, 0) + sync, [this, id, life = node.life] {
    if (nodes_.at(id).replica && nodes_.at(id).life == life) {
      FinishTurn(id);
    }
  });
}

void World::FinishTurn(NodeId id) {
  Node& node = nodes_.at(id);
  if (node.syncing->write.needed) {
    if (node.kill_at_commit) {
      if (!*node.kill_at_commit) {
        node.disk.Commit(node.syncing->write);
        node.syncing.reset();
        situations_.Note(Situation::kCrashBetweenSyncAndWords);
      }
      Kill(id);
      return;
    }
    if (!IsCopy(id)) {
      NoteWrite(node);
    }
    node.disk.Commit(node.syncing->write);
  }
  if (node.replica->forgotten()) {
    BeginAnew(id);
    return;
  }
  replica::Effects effects = std::move(*std::exchange(node.syncing, std::nullopt));
  node.replica->OnDurable(&effects);
  if (!IsCopy(id)) {
    CheckRules(id);
    NoteRoles(id);
  }
  SayAll(id, effects.after_sync);
  const Slot applied = node.machine->applied();
  node.replica->Apply(&effects);
  WorkOnApplied(node, applied);
  Speak(id, effects);
  AnswerQuestions(node);
  if (node.replica && node.worked > 0) {
    Rest(id);
  } else if (node.replica && hardship_.hold_max > 0 && !node.replica->HasWork()) {
    Pause(id, random_.Below(hardship_.hold_max));  // the others' turn
  } else if (node.replica && (node.replica->HasWork() || !node.inbox.empty())) {
    Turn(id);
  } else if (node.replica && node.replica->IsBatching()) {
    situations_.Note(Situation::kRequestsGathered);
    At(now_ + kShortWait, [this, id, life = node.life] {
      if (nodes_.at(id).replica && nodes_.at(id).life == life) {
        Happen(id, [](replica::Replica&) {});
      }
    });
  }
}

void World::CheckRules(NodeId id) {
  const Node& node = nodes_.at(id);
  for (auto breach : {invariants_.BallotsOnlyGoUp(id, node.replica->acceptor()),
                      invariants_.AcceptsNothingBelowItsPromise(id, node.replica->acceptor()),
                      invariants_.DecidedNeverChanges(id, node.replica->acceptor(), node.disk),
                      invariants_.LogIsTheLeaders(id, node.disk),
                      invariants_.OneLeaderABallot(id, *node.replica)}) {
    if (breach) {
      Fail(*breach);
    }
  }
}

void World::SayAll(NodeId id, const std::vector<replica::Outbound>& messages) {
  for (const replica::Outbound& message : messages) {
    if (IsCopy(id)) {
      Deliver(id, message);
      continue;
    }
    const Disk& disk = nodes_.at(id).disk;
    for (const auto& breach : {invariants_.SaidOnlyWhatIsDurable(id, disk, message.message),
                               invariants_.HandedOutOnlyWhatIsDecided(id, message.message)}) {
      if (breach) {
        Fail(*breach);
      }
    }
    Deliver(id, message);
  }
}

void World::Speak(NodeId id, const replica::Effects& effects) {
  Node& node = nodes_.at(id);
  SayAll(id, effects.after_apply);
  const std::size_t serves = std::min(effects.serve.size(), node::kMostServes);
  for (const replica::ServeBlocks& serve : std::span(effects.serve).first(serves)) {
    const Slot last = std::min(serve.last, serve.from + options_.catch_up_blocks - 1);
    situations_.Note(Situation::kBlocksServedFromDisk);
    paxos::Blocks blocks{{}, serve.decided, serve.by_hash};
    for (Slot slot = serve.from; slot <= last && !node.disk.IsRotten(slot); ++slot) {
      blocks.blocks.push_back(node.disk.Read(slot));
    }
    std::size_t bytes = 0;
    for (const BlockPtr& block : blocks.blocks) {
      bytes += block->encoded.size();
    }
    node.worked += options_.labour.Read(blocks.blocks.size(), bytes);
    const bool met_rot = node.disk.IsRotten(serve.from + blocks.blocks.size());
    SayAll(id, {{serve.to, std::move(blocks)}});
    if (met_rot && !node.holes_known) {
      situations_.Note(Situation::kRotFound);
      KillFor(id, 100'000);  // its next life begins with a hole
      return;
    }
  }
  for (const replica::LocalAnswer& local : effects.answers) {
    const auto call = node.calls.find(local.token);
    if (call == node.calls.end()) {
      Fail("a request was answered twice");
      return;
    }
    const OnAnswer on_answer = std::move(call->second);
    node.calls.erase(call);
    if (options_.trace != nullptr) {
      Trace("answer to call " + std::to_string(local.token) + " at " + std::to_string(id) + ": " +
            std::string(CodeName(local.answer.code)) + ", slot " +
            std::to_string(local.answer.slot));
    }
    on_answer(local.answer);
  }
}

// --- clients

bool World::Write(NodeId id, const Request& request, OnAnswer on_answer) {
  Node& node = nodes_.at(id);
  if (!node.replica) {
    return false;
  }
  const replica::Token token = next_token_++;
  node.calls[token] = [this, done = std::move(on_answer),
                       decided =
                           node.replica->acceptor().log().decided()](const api::Answer& answer) {
    NoteAnswer(answer, decided);
    if (answer.code == Code::kOk || answer.code == Code::kNotFound) {
      std::vector<const Disk*> disks;
      for (const NodeId other : ids_) {
        disks.push_back(&nodes_.at(other).disk);
      }
      if (const auto breach =
              invariants_.AnsweredOnlyWhatAMajorityHas(answer.slot, disks, Forgetful())) {
        Fail(*breach);
      }
    }
    done(answer);
  };
  if (options_.trace != nullptr) {
    Trace("call " + std::to_string(token) + " at " + std::to_string(id) + ": write " + request.key +
          " (" + std::to_string(request.client) + ", " + std::to_string(request.sequence) + ")");
  }
  Happen(
      id, [token, request](replica::Replica& replica) { replica.Submit(token, request); },
      Share::kClients, request.key.size() + request.value.size());
  return true;
}

bool World::Read(NodeId id, const std::string& key, OnAnswer on_answer) {
  Node& node = nodes_.at(id);
  if (!node.replica) {
    return false;
  }
  const replica::Token token = next_token_++;
  node.calls[token] = std::move(on_answer);
  Happen(
      id, [token, key](replica::Replica& replica) { replica.Read(token, key); }, Share::kClients,
      key.size());
  return true;
}

void World::Meet(NodeId id, std::function<void(const replica::Replica&)> look) {
  Happen(
      id, [look = std::move(look)](replica::Replica& replica) { look(replica); }, Share::kClients);
}

// --- looking

NodeId World::Leader() const {
  NodeId leader = 0;
  for (const NodeId id : ids_) {
    const Node& node = nodes_.at(id);
    if (node.replica && node.replica->leading() && node.replica->Report().quorum) {
      if (leader != 0) {
        return 0;
      }
      leader = id;
    }
  }
  return leader;
}

bool World::Converged() const {
  const auto& first = nodes_.at(ids_.front());
  return std::ranges::all_of(ids_, [&](NodeId id) {
    const Node& node = nodes_.at(id);
    if (!node.replica || !first.replica) {
      return false;
    }
    const paxos::Log& log = node.replica->acceptor().log();
    const bool at_rest = !node.syncing && !node.replica->acceptor().changed();
    return at_rest && log.tip() == log.decided() &&
           log.tip_hash() == first.replica->acceptor().log().tip_hash() &&
           node.machine->applied() == log.tip() && node.replica->IsVoter() && !node.disk.rotten();
  });
}

void World::Trace(const std::string& line) const {
  if (options_.trace != nullptr) {
    *options_.trace << now_ << ' ' << line << '\n';
  }
}

void World::Fail(const std::string& sentence) {
  if (!failure_) {
    failure_ = sentence + " (virtual time " + std::to_string(now_) + " us, seed " +
               std::to_string(options_.seed) + ")";
  }
}

}  // namespace cairn::sim
