#pragma once
// One replica driven by hand, without a network: a test says what the other nodes say and what
// time it is, and looks at what this node writes, says and answers.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "chain/block_format.h"
#include "common/roster.h"
#include "kv/table.h"
#include "paxos/chain_builder.h"
#include "replica/replica.h"

namespace cairn::replica {

using paxos::BallotOf;
using paxos::LifeOf;

class OneNode {
 public:
  struct Made {
    std::vector<BlockPtr> chain{};  ///< Empty: genesis and the block that forms the cluster.
    Slot decided = 1;
    Ballot ballot = BallotOf(5, 3);  ///< Promised and accepted.
    std::size_t nodes = 3;
    NodeId self = 1;
    std::size_t slots_in_flight = 4;
    std::uint64_t max_sessions = 100;
    bool was_member = false;
  };
  explicit OneNode(Made made)
      : options_(OptionsOf(Completed(made))),
        machine_(&table_, made.max_sessions),
        replica_(options_, RecoveredOf(made, &machine_), &machine_, now_) {
    for (const NodeId id : options_.nodes) {
      if (id != options_.self) {
        peers_[id] = Silent(made);
      }
    }
  }
  OneNode() : OneNode(Made{}) {}

  // --- events

  Replica& operator*() { return replica_; }
  Replica* operator->() { return &replica_; }
  void Hear(NodeId from, Message message) {
    const auto life = lives.find(from);
    HearLife(from, life == lives.end() ? LifeOf(from) : life->second, std::move(message));
  }
  void HearLife(NodeId from, Incarnation life, Message message) {
    replica_.Step({from, life, std::move(message)});
  }
  /// What a peer's heartbeats say from now on.
  paxos::Heartbeat& Peer(NodeId id) { return peers_.at(id); }
  void Lose(NodeId id) { peers_.erase(id); }
  /// Time goes by in ticks; peers' heartbeats arrive; turns are taken.
  void Pass(Micros duration) {
    const Micros end = now_ + duration;
    while (now_ < end) {
      now_ += 10'000;
      for (const auto& [id, heartbeat] : peers_) {
        Hear(id, heartbeat);
        if (heartbeat.leading) {
          paxos::Heartbeat copy = heartbeat;
          copy.behind_blocks = true;
          Hear(id, copy);
        }
      }
      replica_.Tick(now_, now_);
      Turns();
    }
  }
  [[nodiscard]] Micros now() const { return now_; }
  [[nodiscard]] const kv::StateMachine& machine() const { return machine_; }

  // --- turns

  /// Thinks; what leaves before the write is said.
  Effects TakeEffects() {
    Effects effects = replica_.TakeEffects();
    Take(effects.before_sync);
    return effects;
  }
  /// The write is durable; what rests on it is said.
  void Remember(Effects& effects) {
    if (effects.write.needed) {
      writes.push_back(effects.write);
    }
    effects.before_sync.clear();
    replica_.OnDurable(&effects);
    Take(effects.after_sync);
    replica_.Apply(&effects);
    Take(effects.after_apply);
    serves.insert(serves.end(), effects.serve.begin(), effects.serve.end());
    answers.insert(answers.end(), effects.answers.begin(), effects.answers.end());
  }
  void Turn() {
    Effects effects = TakeEffects();
    Remember(effects);
  }
  void Turns() {
    Turn();
    while (replica_.HasWork()) {
      Turn();
    }
  }

  /// Everything of this kind that was said to `to` (0: to anybody) since the last Forget.
  template <typename T>
  [[nodiscard]] std::vector<T> Said(NodeId to = 0) const {
    std::vector<T> found;
    for (const Outbound& outbound : said) {
      if (std::holds_alternative<T>(outbound.message) && (to == 0 || outbound.to == to)) {
        found.push_back(std::get<T>(outbound.message));
      }
    }
    return found;
  }
  void Forget() {
    said.clear();
    writes.clear();
    answers.clear();
    serves.clear();
  }

  // --- roles

  /// Stands for election; the others hear it and have no leader.
  [[nodiscard]] Ballot Campaign() {
    for (int i = 0; i < 200 && Said<paxos::Prepare>().empty(); ++i) {
      Pass(10'000);
    }
    return Said<paxos::Prepare>().empty() ? Ballot{} : Said<paxos::Prepare>().front().ballot;
  }
  void HearPromise(NodeId from, const Ballot& ballot) {
    const paxos::Heartbeat& peer = peers_.at(from);
    Hear(from, paxos::Promise{ballot, peer.accepted, peer.tip, peer.decided, {}});
  }
  /// Leads, with the votes of all others for what its log holds.
  Ballot Lead() {
    const Ballot ballot = Campaign();
    for (auto& [id, heartbeat] : peers_) {
      HearPromise(id, ballot);
    }
    Turns();
    for (auto& [id, heartbeat] : peers_) {
      heartbeat.promised = heartbeat.accepted = ballot;
      heartbeat.satisfied = true;
      Hear(id, paxos::Accepted{ballot, Tip()});
    }
    Turns();
    Pass(10'000);
    Forget();
    return ballot;
  }
  /// Follows `leader`, whose whole log it has.
  Ballot Follow(NodeId leader, std::uint64_t round = 6) {
    const Ballot ballot = BallotOf(round, leader);
    const paxos::Log& log = replica_.acceptor().log();
    Hear(leader, paxos::AcceptSync{ballot, log.decided(), log.tip(), log.tip_hash(),
                                   log.From(log.decided() + 1)});
    for (auto& [id, heartbeat] : peers_) {
      heartbeat.promised = heartbeat.accepted = ballot;
      heartbeat.leading = id == leader;
      heartbeat.satisfied = true;
    }
    Pass(20'000);
    return ballot;
  }
  [[nodiscard]] Slot Tip() const { return replica_.acceptor().log().tip(); }
  [[nodiscard]] Slot Decided() const { return replica_.acceptor().log().decided(); }

  std::vector<Outbound> said;
  std::vector<LedgerWrite> writes;
  std::vector<LocalAnswer> answers;
  std::vector<ServeBlocks> serves;
  std::map<NodeId, Incarnation> lives;  ///< Of peers that are not who they were (R7).

 private:
  static const Made& Completed(Made& made) {
    if (made.chain.empty()) {
      made.chain = {paxos::Genesis(),
                    paxos::Forming(paxos::Roster(static_cast<NodeId>(made.nodes)))};
    }
    return made;
  }
  static Options OptionsOf(const Made& made) {
    std::vector<NodeId> nodes;
    for (NodeId id = 1; id <= made.nodes; ++id) {
      nodes.push_back(id);
    }
    Options options = DefaultOptions(made.self, LifeOf(made.self), nodes, 1);
    options.max_slots_in_flight = made.slots_in_flight;
    options.was_member = made.was_member;
    return options;
  }
  static Recovered RecoveredOf(const Made& made, kv::StateMachine* machine) {
    for (Slot slot = 1; slot <= made.decided; ++slot) {
      machine->Apply(*made.chain[slot]);
    }
    const Slot tip = made.chain.back()->slot();
    return {{made.ballot, made.ballot, tip, made.decided},
            paxos::Part(made.chain, made.decided, tip),
            {},
            0};
  }
  /// A peer that hears this node and has nobody to follow.
  static paxos::Heartbeat Silent(const Made& made) {
    paxos::Heartbeat heartbeat;
    heartbeat.promised = heartbeat.accepted = made.ballot;
    heartbeat.heard = 1U << made.self;
    heartbeat.tip = made.chain.back()->slot();
    heartbeat.decided = made.decided;
    return heartbeat;
  }
  void Take(const std::vector<Outbound>& messages) {
    said.insert(said.end(), messages.begin(), messages.end());
  }

  Micros now_ = 1'000'000;
  Options options_;
  kv::MemoryTable table_;
  kv::StateMachine machine_;
  Replica replica_;
  std::map<NodeId, paxos::Heartbeat> peers_;
};

/// Two followers accept all that the leader has, and the leader's turns are taken.
inline void AcceptAll(OneNode& node, const Ballot& ballot) {
  for (const NodeId id : {2U, 3U}) {
    node.Hear(id, paxos::Accepted{ballot, node.Tip()});
  }
  node.Turns();
}

/// A put of a client's request number `sequence`.
inline Request PutOf(ClientId client, Sequence sequence, const std::string& key = "key",
                     const std::string& value = "value") {
  Request request;
  request.client = client;
  request.sequence = request.first_open = sequence;
  request.key = key;
  request.value = value;
  return request;
}

}  // namespace cairn::replica
