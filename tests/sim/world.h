#pragma once
// A whole cluster on one thread: real replicas, virtual time, a network that loses, delays,
// duplicates, reorders and cuts, disks that keep what was synced and nothing else. One seed
// decides everything; the same seed gives the same trace.
//
// After every step Invariants are checked; a breach is a sentence in failure().

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "kv/table.h"
#include "replica/lane.h"
#include "replica/replica.h"
#include "sim/disk.h"
#include "sim/hardship.h"
#include "sim/invariants.h"
#include "sim/labour.h"
#include "sim/random.h"
#include "sim/situations.h"

namespace cairn::sim {

struct WorldOptions {
  std::uint64_t seed = 1;
  std::size_t nodes = 5;
  double loss = 0;
  double duplication = 0;
  Micros delay_min = 100;
  Micros delay_max = 1'000;  ///< Uneven delays reorder.
  double straggling = 0;     ///< The share of messages that take up to a second more.
  Micros sync_min = 100;
  Micros sync_max = 500;
  std::size_t recent_blocks = 256;
  std::size_t catch_up_blocks = 1024;
  std::size_t block_requests = 4096;
  std::size_t slots_in_flight = 4;
  std::uint64_t max_sessions = 1000;
  Micros session_rest = kSessionRest;
  Labour labour;
  std::ostream* trace = nullptr;  ///< A line an event, if set.
};

class World {
 public:
  explicit World(const WorldOptions& options);

  // Time.
  [[nodiscard]] Micros now() const { return now_; }
  /// Runs until the time is reached or an invariant is broken.
  void RunFor(Micros duration);
  /// Runs until `done` is true after some event; false if it isn't within `limit`.
  bool RunUntil(const std::function<bool()>& done, Micros limit);
  /// Something that happens once, later.
  void At(Micros time, std::function<void()> action);

  /// From now on the network and the machines are like this.
  void Endure(const Hardship& hardship);

  // Faults.
  void Kill(NodeId node);
  /// kill -9 in the middle of the node's next write: before it, or after it and before its words.
  void KillAtNextCommit(NodeId node, bool before);
  void Start(NodeId node);
  void Pause(NodeId node, Micros duration);
  /// The node stands for election, without a reason.
  void MakeStand(NodeId node);
  /// Down, and up again after the time.
  void KillFor(NodeId node, Micros duration);
  /// The node's wall clock is set to this much after the true one's start; it may go back.
  void JumpClock(NodeId node, Micros offset);
  /// The node's syncs take so long, for so long.
  void SlowDisk(NodeId node, Micros sync, Micros duration);
  /// The node's disk is full, for so long, but for a reserve that can hold so many bytes of blocks.
  void FillDisk(NodeId node, Micros duration, std::size_t reserve = 1 << 20);
  /// What the node's disk holds now, for RestoreDisk.
  [[nodiscard]] const Disk& Backup(NodeId node) const { return nodes_.at(node).disk; }
  /// An old copy of the node's disk is put in the place of the present one, while it is down.
  void RestoreDisk(NodeId node, const Disk& backup);
  /// The data directory is lost: the process dies, and starts again with an empty one under a new
  /// incarnation (R7). False, and nothing is done, if no majority could bear it: the rules allow
  /// for a minority that is without its memory at a time.
  bool LoseDisk(NodeId node);
  /// The same, whether a majority can bear it or not.
  void WipeDisk(NodeId node);
  /// The process dies, and its ledger is lost; the directory still says that it was a member's.
  void LoseLedger(NodeId node);
  /// A decided block on the node's disk rots. The node stops when it reads it; its next life knows
  /// that the block is lost, and fetches it. False as with LoseDisk.
  bool RotBlock(NodeId node, std::uint64_t dice);
  /// Cuts one direction.
  void Cut(NodeId from, NodeId to) { cuts_.insert({from, to}); }
  void CutBoth(NodeId a, NodeId b) {
    Cut(a, b);
    Cut(b, a);
  }
  void Heal();
  /// No more faults: links are mended, messages arrive, the dead are started, no death is due.
  void EndAllFaults();
  void MendBoth(NodeId a, NodeId b) {
    cuts_.erase({a, b});
    cuts_.erase({b, a});
  }

  /// The next message that a node says is false in one field (liar.h), as `dice` has it.
  void LieNext(std::uint64_t dice) { lie_ = dice; }
  /// Copies of these nodes' disks start as processes of their own, which call themselves the same
  /// nodes. They know each other's addresses; for all other nodes they have those of the originals,
  /// which know nothing of the copies.
  void StartCopies(const std::vector<NodeId>& ids);
  void StopCopies();
  [[nodiscard]] const replica::Replica* copy(NodeId id) const {
    return nodes_.at(id + kCopies).replica.get();
  }

  // Clients: a call at a node; the answer comes later, or never. False if the node is down.
  using OnAnswer = std::function<void(const api::Answer&)>;
  bool Write(NodeId node, const Request& request, OnAnswer on_answer);
  bool Read(NodeId node, const std::string& key, OnAnswer on_answer);
  /// Somebody asks for all blocks, so many times at once.
  void AskForChain(NodeId node, std::size_t times);
  /// Of these questions, those that are not yet answered.
  [[nodiscard]] std::size_t QuestionsOpen(NodeId node) const {
    return nodes_.at(node).questions_open;
  }
  /// Looks at the node's replica when the node has its next turn. Requires: it is up.
  void Meet(NodeId node, std::function<void(const replica::Replica&)> look);

  // Looking.
  [[nodiscard]] bool Up(NodeId node) const { return nodes_.at(node).replica != nullptr; }
  /// Counts the starts of the node's process.
  [[nodiscard]] std::uint64_t life(NodeId node) const { return nodes_.at(node).life; }
  [[nodiscard]] const replica::Replica& replica(NodeId node) const {
    return *nodes_.at(node).replica;
  }
  [[nodiscard]] const kv::StateMachine& machine(NodeId node) const {
    return *nodes_.at(node).machine;
  }
  [[nodiscard]] const kv::MemoryTable& table(NodeId node) const { return *nodes_.at(node).table; }
  [[nodiscard]] const Disk& disk(NodeId node) const { return nodes_.at(node).disk; }
  [[nodiscard]] const std::vector<NodeId>& ids() const { return ids_; }
  /// The node that leads with a quorum behind it; 0 if none (or two: only during a change).
  [[nodiscard]] NodeId Leader() const;
  /// All nodes are up and at rest, with one tip, decided and applied everywhere.
  [[nodiscard]] bool Converged() const;
  [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t trace_digest() const { return trace_; }
  [[nodiscard]] std::uint64_t leader_changes() const { return leader_changes_; }
  [[nodiscard]] kv::StateMachine NewMachine(kv::Table* table) const {
    return {table, options_.max_sessions, options_.session_rest};
  }
  [[nodiscard]] const Situations& situations() const { return situations_; }
  Random& random() { return random_; }
  void Note(Situation situation) { situations_.Note(situation); }

 private:
  /// Whose key in nodes_ is a node's id and this is a copy of that node.
  static constexpr NodeId kCopies = 10;
  [[nodiscard]] static bool IsCopy(NodeId place) { return place > kCopies; }
  [[nodiscard]] static NodeId IdOf(NodeId place) { return place % kCopies; }

  struct Node {
    explicit Node(Disk d) : disk(std::move(d)) {}
    Disk disk;
    std::unique_ptr<kv::MemoryTable> table;
    std::unique_ptr<kv::StateMachine> machine;
    std::unique_ptr<replica::Replica> replica;
    std::uint64_t life = 0;
    bool lost = false;         // its disk, once at least
    bool old = false;          // its disk is an old one
    bool holes_known = false;  // in this life, that a block has rotted
    Micros full_until = 0;
    std::size_t reserve = 0;                    // bytes, while it is full
    replica::Room room = replica::Room::kFree;  // as the replica knows it
    Micros clock_offset = 0;
    Micros clock = 0;      // of the replica, as of
    Micros looked_at = 0;  // this time
    Micros paused_until = 0;
    Micros slow_until = 0;
    Micros slow_sync = 0;
    bool was_leading = false;
    std::optional<replica::Effects> syncing;  // a write is under way
    std::vector<Waiting> inbox;               // waits for the write, or the pause
    Micros worked = 0;                        // of its processor's time, in this turn
    std::size_t questions = 0;                // for the chain, that were taken
    std::size_t questions_open = 0;
    std::map<replica::Token, OnAnswer> calls;
    std::optional<bool> kill_at_commit;  // true: before the write
  };
  struct Event {
    Micros time = 0;
    std::uint64_t order = 0;
    std::function<void()> action;
    bool operator>(const Event& other) const {
      return std::tie(time, order) > std::tie(other.time, other.order);
    }
  };

  bool RunOne();
  void ScheduleTick(NodeId id);
  void Happen(NodeId id, std::function<void(replica::Replica&)> event, Share share = Share::kOwn,
              std::size_t bytes = 0);
  void Turn(NodeId id);
  void FinishTurn(NodeId id);
  void SayAll(NodeId id, const std::vector<replica::Outbound>& messages);
  void Speak(NodeId id, const replica::Effects& effects);
  void Deliver(NodeId from, const replica::Outbound& message);
  /// What has come, as much of it as this turn has time for.
  std::vector<Waiting> TakeWaiting(Node& node);
  void WorkOnApplied(Node& node, Slot before);
  void AnswerQuestions(Node& node);
  /// The turn has taken so long as it has worked: until then nothing is heard.
  void Rest(NodeId id);
  void WakeAt(NodeId id, Micros time);
  /// The replica learns what its disk has room for now.
  void TellRoom(NodeId id);
  /// `before`: what the replica knew of its disk when the turn began.
  void TakeFromReserve(NodeId id, replica::Room before, const replica::LedgerWrite& write);
  std::optional<Micros> ArrivalOf(NodeId from, const replica::Outbound& message);
  Micros Clock(Node& node);
  void NoteArrival(NodeId to, const replica::Inbound& inbound, std::uint64_t life);
  void NoteWrite(const Node& node);
  void NoteRoles(NodeId id);
  void NoteAnswer(const api::Answer& answer, Slot decided_before);
  [[nodiscard]] NodeId PlaceOf(NodeId speaker, NodeId to) const;
  void CheckRules(NodeId id);
  [[nodiscard]] std::size_t Forgetful() const;
  [[nodiscard]] bool HasForgotten(NodeId id) const;
  /// The node has learned that its memory is not what it was (R7): a new life with an empty disk.
  void BeginAnew(NodeId id);
  void Fail(const std::string& sentence);
  void Trace(const std::string& line) const;

  WorldOptions options_;
  Random random_;
  std::vector<NodeId> ids_;
  std::map<NodeId, Node> nodes_;
  std::set<std::pair<NodeId, NodeId>> cuts_;
  Hardship hardship_;
  std::map<std::tuple<NodeId, NodeId, replica::Lane>, Connection> connections_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue_;
  Micros now_ = 1'000'000;
  std::uint64_t order_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t trace_ = 0;
  replica::Token next_token_ = 1;
  NodeId last_leader_ = 0;
  std::uint64_t leader_changes_ = 0;
  BlockPtr genesis_;
  Invariants invariants_;
  Situations situations_;
  std::map<std::pair<ClientId, Sequence>, Slot> seen_requests_;
  std::optional<std::uint64_t> lie_;
  std::optional<std::string> failure_;
};

}  // namespace cairn::sim
