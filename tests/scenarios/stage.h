#pragma once
// A stage: real replicas and disks, and nothing that happens by itself. A message that is sent
// waits in the flight until the script delivers, drops or duplicates it; time stands still until
// the script lets it pass; a disk may be slow, and then its node's turn stops between the write
// and what rests on it (R6). All that a node does is told to a stream, in the order in which it
// happens:
//
//     1->2 Accept 1.1 slot 2 decided 1 (3fa2c1)     what a node hears (3'->2: from the second
//                                                   life of node 3's directory)
//     node 2                                        its turn:
//       early   Accept …  -> 1 3                    said before the write
//       write   promised 1.1 accepted 1.1 tip 2 …   one synced batch
//       late    Accepted 1.1 tip 2 -> 1             said after it
//       answer  put a=1: ok at slot 2               to a client of this node
//
// Heartbeats are kept apart: of each pair of nodes the newest waits, is delivered when time
// passes (Pass) or by name, and is told only in verbose mode.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kv/table.h"
#include "replica/replica.h"
#include "sim/disk.h"
#include "sim/invariants.h"

namespace cairn::scenarios {

struct StageOptions {
  std::size_t nodes = 3;
  std::size_t recent_blocks = 256;
  std::size_t catch_up_blocks = 1024;
  std::size_t slots_in_flight = 4;
  std::size_t block_requests = 4096;
  std::uint64_t max_sessions = 100;
};

/// Which messages a command means: those of some numbers, or those between two nodes (0: any)
/// whose description holds some words.
struct Selection {
  std::vector<std::uint64_t> numbers;
  NodeId from = 0;
  NodeId to = 0;
  std::string words;
};

/// The incarnation of a node's directory in its first, second … life: fixed, so that hashes are.
inline Incarnation LifeOf(NodeId node, std::uint64_t life) {
  return Incarnation{node} * 1000 + life;
}

/// Hears a message; of a leader's heartbeat the second copy, too (paxos::Heartbeat::behind_blocks).
inline void Hear(replica::Replica& replica, replica::Inbound inbound) {
  replica.Step(inbound);
  if (auto* beat = std::get_if<paxos::Heartbeat>(&inbound.message); beat && beat->leading) {
    beat->behind_blocks = true;
    replica.Step(inbound);
  }
}

class Stage {
 public:
  Stage(const StageOptions& options, std::ostream* out);

  [[nodiscard]] const std::vector<NodeId>& ids() const { return ids_; }
  [[nodiscard]] bool Up(NodeId id) const { return nodes_.at(id).replica != nullptr; }
  void SetVerbose(bool verbose) { verbose_ = verbose; }
  /// Tells nothing for a while.
  void SetMute(bool mute) { mute_ = mute; }

  // Processes.
  void Start(NodeId id);
  void Crash(NodeId id);
  /// It dies in its next turn that writes: just before the sync, or just after it.
  void CrashAtWrite(NodeId id, bool before_sync);
  /// The directory is gone: the node is down, and its next life has a new incarnation (R7).
  void LoseDisk(NodeId id);
  /// From now on the node's writes take until Sync. What it hears meanwhile waits.
  void SlowDisk(NodeId id) { nodes_.at(id).slow = true; }
  /// The write is durable; the disk is fast again.
  void Sync(NodeId id);

  // Time.
  /// The clock goes on, and only this node notices.
  void Tick(NodeId id, Micros duration);
  /// Time goes by for all, in steps of ten milliseconds, and heartbeats arrive; with `deliver`,
  /// all other messages arrive at the end of each step, too.
  void Pass(Micros duration, bool deliver);
  /// The node stands for election: it and all that can hear it, but for present leaders, have heard
  /// nobody for long, and now they hear it. What is in flight stays there.
  void Elect(NodeId id);
  /// The node and all that can hear it, but for other leaders, hear each other and nobody else, now
  /// and until all know that it leads, if it does.
  void Meet(NodeId id);
  /// Elects the node, and runs until all know block 1 as decided; tells one line.
  void Form(NodeId leader);

  // Messages.
  void Deliver(const Selection& selection);
  /// All that is in flight, and what comes of it, until nothing is.
  void DeliverAll();
  void Drop(const Selection& selection);
  void Duplicate(const Selection& selection);
  void TellFlight(const Selection& selection);
  /// Messages over a cut link are lost when they are delivered.
  void Cut(NodeId from, NodeId to) { cuts_.insert({from, to}); }
  void Heal() { cuts_.clear(); }

  // Clients.
  /// `client` 0: a new one. Each request of a client has its next sequence.
  void Put(NodeId id, ClientId client, const std::string& key, const std::string& value);
  /// The client's last request again (0: of the client that spoke last).
  void Retry(NodeId id, ClientId client);
  void Get(NodeId id, const std::string& key);
  /// What the node's own state holds: a stale read, asked for by name.
  void GetLocal(NodeId id, const std::string& key);

  // Looking.
  void TellLog(NodeId id);
  void TellStatus(NodeId id);

 private:
  using Event = std::function<void(replica::Replica&)>;
  struct Node {
    explicit Node(sim::Disk d) : disk(std::move(d)) {}
    sim::Disk disk;
    std::unique_ptr<kv::MemoryTable> table;
    std::unique_ptr<kv::StateMachine> machine;
    std::unique_ptr<replica::Replica> replica;
    std::uint64_t life = 1;  // of its directory
    bool slow = false;
    std::optional<bool> crash_at_write;        // true: before the sync
    std::optional<replica::Effects> unsynced;  // a write is under way
    std::vector<Event> inbox;                  // waits for it
  };
  struct InFlight {
    std::uint64_t number = 0;
    NodeId to = 0;
    replica::Inbound inbound;
  };

  void Happen(NodeId id, Event event);
  void Turn(NodeId id);
  void FinishTurn(NodeId id);
  void Say(NodeId id, const std::vector<replica::Outbound>& late);
  void Speak(NodeId id, const replica::Effects& effects);
  void TellSaid(NodeId id, const std::string& when, const std::vector<replica::Outbound>& messages);
  void Post(NodeId from, const replica::Outbound& message);
  void HearAll(const std::vector<InFlight>& messages);
  /// The node sees the clock, and hears the heartbeats of some others.
  void TickNow(NodeId id, const std::vector<NodeId>& heard);
  [[nodiscard]] std::vector<NodeId> Around(NodeId id) const;
  void Gather(NodeId id);
  [[nodiscard]] bool Lost(NodeId from, NodeId to) const { return !Up(to) || IsCut(from, to); }
  [[nodiscard]] bool IsCut(NodeId from, NodeId to) const { return cuts_.contains({from, to}); }
  [[nodiscard]] std::vector<InFlight> Take(const Selection& selection);
  void Check(NodeId id);
  void Submit(NodeId id, const Request& request);
  void TellMessage(const InFlight& message, const std::string& fate);
  void Tell(const std::string& line);
  /// A line of the node's present turn; the first one names the node.
  void TellTurn(NodeId id, const std::string& line);

  StageOptions options_;
  std::ostream* out_;
  bool verbose_ = false;
  bool mute_ = false;
  NodeId turn_of_ = 0;             // whose turn has been told of last; 0: none
  std::optional<Micros> passing_;  // since when time passes

  std::vector<NodeId> ids_;
  BlockPtr genesis_;
  std::map<NodeId, Node> nodes_;
  std::vector<InFlight> flight_;
  std::map<std::pair<NodeId, NodeId>, replica::Inbound> beats_;  // (to, from)
  std::set<std::pair<NodeId, NodeId>> cuts_;
  std::uint64_t next_number_ = 1;
  Micros now_ = 1'000'000;

  std::map<ClientId, Request> clients_;  // the last request of each
  ClientId last_client_ = 0;
  replica::Token next_token_ = 1;
  std::map<replica::Token, std::string> asked_;
  sim::Invariants invariants_;
};

}  // namespace cairn::scenarios
