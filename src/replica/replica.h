#pragma once
// The replica: one node's whole logic, pure. It is told what happened (Tick, Step, Submit, Read)
// and says what is to be done (Effects); it has no clock, thread, socket, disk or log.
//
// A turn, as the node's driver and the simulator run it:
//
//     Tick, Step, Submit, Read …     think: any number of events
//     effects = TakeEffects()        the leader seals what waits
//     send effects.before_sync
//     commit effects.write           remember: one synced batch
//     OnDurable(&effects)            votes and decisions that rested on it
//     send effects.after_sync        speak
//     Apply(&effects)                what is decided is applied, as much as fits into a turn: no
//                                    vote waits for it
//     send effects.after_apply, effects.answers, serve effects.serve        speak
//
// Files: replica.cc (turn, time, roles), dispatch.cc (which verb goes where), agreement.cc (the verbs
// of src/paxos), learning.cc (decided blocks from peers), memory.cc (who is heeded), serving.cc
// (requests of clients), reading.cc (linearizable reads), describe.cc (what a person is told).

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "api/status_report.h"
#include "kv/state_machine.h"
#include "paxos/acceptor.h"
#include "paxos/candidate.h"
#include "paxos/election.h"
#include "paxos/leader.h"
#include "replica/batch_delay.h"
#include "replica/catch_up.h"
#include "replica/doubts.h"
#include "replica/effects.h"
#include "replica/peer_message.h"
#include "replica/repair.h"
#include "replica/requests.h"
#include "replica/room.h"
#include "replica/strangers.h"
#include "replica/thrifty_quorum.h"

namespace cairn::replica {

struct Options {
  NodeId self = 0;
  Incarnation incarnation = 0;
  std::vector<NodeId> nodes;  ///< All, this one included.
  paxos::Timing timing;
  std::uint64_t seed = 0;               ///< Of the jitter of elections.
  std::uint64_t life = 0;               ///< Names this life of the process; not 0.
  std::size_t max_slots_in_flight = 0;  ///< See common/limits.h for this and the next ones.
  std::size_t max_block_requests = 0;
  std::size_t max_block_bytes = 0;
  std::size_t recent_blocks = 0;
  std::size_t catch_up_blocks = 0;
  /// This node's directory was part of a cluster that had formed: whatever it has lost, it never
  /// takes part in forming one.
  bool was_member = false;
};
/// The options with every limit at its default. `seed`: random; it names this life, too.
[[nodiscard]] Options DefaultOptions(NodeId self, Incarnation incarnation,
                                     std::vector<NodeId> nodes, std::uint64_t seed);

/// What the ledger remembers.
struct Recovered {
  LedgerHead head;
  std::vector<BlockPtr> blocks;  ///< From at most head.decided to the tip.
  std::vector<Hole> holes;       ///< Ascending, apart from each other, up to head.decided.
  std::uint64_t commits = 0;     ///< Of the ledger, over all lives of the directory.
};

class Replica {
 public:
  /// `machine` has applied exactly head.decided blocks; it is not owned.
  Replica(Options options, const Recovered& recovered, kv::StateMachine* machine, Micros now);

  /// The time is: `now` is monotonic, `wall` is the time of day. To be told before what has
  /// waited is passed on, so that a node that was held up takes nobody for silent whose words it
  /// has not yet read.
  void Advance(Micros now, Micros wall);
  /// Time goes on: `now` is monotonic, `wall` is the time of day (R11). To be called at least every
  /// ten milliseconds or so; more often does no harm.
  void Tick(Micros now, Micros wall);
  void Step(const Inbound& inbound);
  /// A put or delete of a client of this node. Exactly one answer will bear the token.
  void Submit(Token token, Request request);
  /// A linearizable read.
  void Read(Token token, std::string key);

  /// Stands for election now, whoever leads: agreement must bear any number of candidates at any
  /// time, however rarely R8 lets one stand. Does nothing without a vote.
  void Campaign();

  /// What the disk has room for, as the node last looked. A node whose disk is full keeps what it
  /// has and serves reads, but takes no new block, unless too few others have room (MayTake).
  void SetRoom(Room room);

  /// So many bytes of answers the network takes for the node now. The leader answers no more of
  /// its reads until there is room again; nobody else waits for that. Without a word: any number.
  void SetAnswerRoom(NodeId node, std::size_t bytes) { answer_room_[node] = bytes; }

  [[nodiscard]] Effects TakeEffects();
  void OnDurable(Effects* effects);
  void Apply(Effects* effects);
  /// There is something to do that needs no further event: the driver must not sleep.
  [[nodiscard]] bool HasWork() const;
  /// It will want to do something soon, within a millisecond.
  [[nodiscard]] bool IsBatching() const;

  [[nodiscard]] api::ReplicaStatus Report() const;
  [[nodiscard]] std::vector<api::QueueEntry> Queue() const;
  /// This node hears the other, lately.
  [[nodiscard]] bool Hears(NodeId node) const { return election_.Heard(node, now_); }
  /// The node that leads, as far as this one knows; 0 if none does.
  [[nodiscard]] NodeId LeaderHint() const;
  [[nodiscard]] bool leading() const { return leader_.has_value(); }
  [[nodiscard]] bool IsVoter() const;
  [[nodiscard]] const paxos::Acceptor& acceptor() const { return acceptor_; }
  /// What this node remembers of another, for every message to it (R7).
  [[nodiscard]] Stamp StampOf(std::uint64_t commits) const {
    return {options_.life, commits, began_.began};
  }
  [[nodiscard]] Seen SeenOf(NodeId node) const { return peer_memory_.Of(node); }
  /// Who speaks in a node's name and is not heeded, since the last call.
  [[nodiscard]] std::vector<Stranger> TakeStrangers() { return strangers_.Take(); }
  /// A sentence, once a peer has remembered more of this node than its ledger does (R7), and has
  /// said so again when it was asked. From then
  /// on the replica says and does nothing: it must begin anew as another incarnation.
  [[nodiscard]] const std::optional<std::string>& forgotten() const { return forgotten_; }

 private:
  void Dispatch(const Inbound& inbound);
  void HandOver(Effects* effects, std::vector<Outbound>* messages);

  // Roles (replica.cc).
  void KeepLeading();
  void ConsiderElection();
  void BeginElection();
  void SendPrepares();
  void StopLeading();
  void SendHeartbeats();
  [[nodiscard]] bool IsSatisfied() const;
  [[nodiscard]] bool Formed() const { return acceptor_.log().decided() >= 1; }
  /// For a quorum to answer, with a floor.
  [[nodiscard]] Micros AtLeast(Micros floor) const {
    return std::max(floor, election_.ToAQuorum(now_));
  }
  [[nodiscard]] Micros ElectionTime() const { return AtLeast(options_.timing.election / 2) * 2; }
  std::uint64_t Random(std::uint64_t below);
  void Send(NodeId to, Message message);
  void SendEarly(NodeId to, Message message);
  [[nodiscard]] std::string Describe() const;
  [[nodiscard]] std::vector<NodeId> Missing() const;

  // Memory (memory.cc).
  [[nodiscard]] bool Heeds(const Inbound& inbound);
  void HearMemory(NodeId from, const Seen& seen);
  void OnAskMemory(NodeId from, Incarnation incarnation, const AskMemory& ask);
  void OnTellMemory(NodeId from, Incarnation incarnation, const TellMemory& told);
  [[nodiscard]] bool Doubted() const { return doubts_.open(now_); }

  // Agreement (agreement.cc).
  void OnHeartbeat(NodeId from, Incarnation incarnation, const paxos::Heartbeat& heartbeat);
  void OnPrepare(NodeId from, Incarnation incarnation, const paxos::Prepare& prepare);
  void OnPromise(NodeId from, Incarnation incarnation, const paxos::Promise& promise);
  void OnRefuse(NodeId from, Incarnation incarnation, const paxos::Refuse& refuse);
  void OnAcceptSync(NodeId from, Incarnation incarnation, const paxos::AcceptSync& sync);
  void OnAccept(NodeId from, Incarnation incarnation, const paxos::Accept& accept);
  void OnAccepted(NodeId from, Incarnation incarnation, const paxos::Accepted& accepted);
  void OnBehind(NodeId from, Incarnation incarnation, const paxos::Behind& behind);
  void OnFetch(NodeId from, Incarnation incarnation, const paxos::Fetch& fetch);
  void OnBlocks(NodeId from, Incarnation incarnation, const paxos::Blocks& blocks);
  void OnProbe(NodeId from, Incarnation incarnation, const paxos::Probe& probe);
  void OnProbeAck(NodeId from, Incarnation incarnation, const paxos::ProbeAck& ack);
  void AnswerLeader(NodeId leader, const Ballot& ballot, paxos::Verdict verdict);
  void SayBehind(NodeId leader, const Ballot& ballot);
  void WeighPromises();
  void BecomeLeader(NodeId best);
  void BringUp(NodeId follower, const paxos::Promise& promise);
  /// From the block after `known` on, which it has.
  void BringUp(NodeId follower, Slot known);
  void AskAll();
  void SpreadBlocks();
  void SpreadProbe();
  void ProposeForming();
  void ProposeReadmission();
  void ExtendForCluster(Request request);
  bool NoteRound(const Ballot& ballot);
  void CountVotes();

  // Learning (learning.cc).
  void RunCatchUp(bool goes_on);
  /// What CatchUp waited for is applied.
  void GoOnCatchingUp();
  void AskForMore(bool goes_on);
  void AskForRepair();
  void FetchForCandidate(NodeId node);
  void Learn(const std::vector<BlockPtr>& blocks);
  void LearnInOrder();

  // Serving (serving.cc).
  void OnForwardWrite(NodeId from, Incarnation incarnation, const ForwardWrite& forward);
  void OnForwardRead(NodeId from, Incarnation incarnation, const ForwardRead& forward);
  void OnForwardAnswer(NodeId from, Incarnation incarnation, const ForwardAnswer& answer);
  void Enqueue(Token token, Status status, WaitingRequest request);
  void Follow();
  void Forward(Token token);
  void Requeue(const Origin& origin);
  void GiveUpWaiting();
  void Propose(const Origin& origin, const Request& request);
  [[nodiscard]] bool MaySeal() const;
  /// R11, at the leader: the time of the next block. Where the chain is ahead of this node's clock,
  /// because an earlier leader's was wrong, time goes on at half its speed, until the clock has
  /// caught up: it never goes back and never stands still.
  [[nodiscard]] Micros BlockTime() const;
  /// The next block of the leader's log.
  BlockPtr Seal(std::vector<Request> requests);
  void SealBlocks();
  void StartProbe();
  /// So much of it as fits into a turn.
  void ApplyDecided();
  [[nodiscard]] bool MustApply() const { return machine_->applied() < acceptor_.log().decided(); }
  void ServeReads();
  [[nodiscard]] bool TakesAnswers(NodeId node) const;
  void Reply(const Origin& origin, api::Answer answer);
  /// The node that leads or led has answered a request of a client of this node.
  void Settle(Token token, api::Answer answer);
  void AnswerLocal(Token token, api::Answer answer);
  [[nodiscard]] api::Answer Refusal(bool maybe_applied) const;
  void Reject(const Origin& origin, const Status& why);
  [[nodiscard]] Status Crowded() const;
  [[nodiscard]] bool HasRoom() const { return room_ == Room::kFree; }
  /// A block that is not yet on this node's disk may be written.
  [[nodiscard]] bool MayTake() const;
  [[nodiscard]] bool MayTake(Slot slot, const Hash& hash) const;
  [[nodiscard]] std::size_t VotersWithRoom() const;
  [[nodiscard]] bool MajorityHasRoom() const;
  [[nodiscard]] bool SomeDiskIsFull() const;
  [[nodiscard]] bool RoomForWrites() const;
  /// It leads, and what it adopted can't be decided, because disks are full.
  [[nodiscard]] bool StuckOnFullDisks() const;
  void RefuseReadsForWantOfRoom();
  [[nodiscard]] std::string FullWords() const;
  [[nodiscard]] Slot GoalSlot() const;
  /// It has no decided block, and others have some: it is to learn, not to lead.
  /// R7: a cluster forms once. Its members, if they lose their chains, must not begin another one.
  [[nodiscard]] bool MustNotForm() const {
    return options_.was_member && acceptor_.log().tip() == 0;
  }
  [[nodiscard]] bool BesideACluster() const { return !Formed() && GoalSlot() > 0; }
  /// Nodes that it is connected with and that the chain knows as who they are, this one included.
  [[nodiscard]] std::size_t LinkedVoters() const;
  /// Nodes that it is connected with and that the chain knows as somebody else (R7).
  [[nodiscard]] std::vector<NodeId> Forgetful() const;

  const Options options_;
  kv::StateMachine* machine_;
  paxos::Acceptor acceptor_;
  paxos::Election election_;
  std::optional<paxos::Candidate> candidate_;
  std::optional<paxos::Leader> leader_;
  ThriftyQuorum block_quorum_;
  ThriftyQuorum probe_quorum_;
  std::uint64_t probe_at_tick_ = 0;  // the round that was under way, or the last one
  std::map<NodeId, Slot> sent_;      // by a leader: up to where a follower was sent its log
  Waiting waiting_;
  Proposals proposals_;
  BatchDelay batch_delay_;
  Reads reads_;
  std::map<NodeId, std::size_t> answer_room_;
  Effects effects_;

  Micros now_;
  Micros wall_ = 0;
  std::uint64_t random_;
  std::uint64_t greatest_round_ = 0;
  NodeId ack_to_ = 0;  // whom to send Accepted once the write is durable
  Micros next_beat_ = 0;
  Micros next_prepare_ = 0;       // a candidate's, again: the last may have been lost
  Micros prepare_pause_ = 0;      // until the one after that
  Micros next_stand_ = 0;         // not to stand for election before
  unsigned tries_ = 0;            // elections since there was a leader
  Micros hopeful_until_ = 0;      // a candidate was promised something lately
  Micros unsupported_since_ = 0;  // 0: supported
  Micros unled_since_ = 0;        // 0: no reason to stand for election
  Micros behind_said_at_ = 0;
  Micros behind_pause_ = 0;  // until it is said again, if nothing came of it
  Slot behind_matched_ = 0;  // when it was said, and to whom
  Ballot behind_ballot_;
  bool was_satisfied_ = false;
  NodeId known_leader_ = 0;  // whom requests are handed to
  Ballot known_ballot_;      // in this ballot
  Slot last_decided_ = 0;    // for noticing that nothing comes
  Micros decided_at_ = 0;
  CatchUp catch_up_;
  bool catch_up_waits_ = false;
  Micros fetch_until_ = 0;  // a candidate's own
  Repair repair_;
  std::vector<BlockPtr> repaired_;  // to be written
  NodeId repair_asked_ = 0;
  Micros repair_until_ = 0;  // for the answer
  Room room_ = Room::kFree;
  Micros leads_since_ = 0;
  Micros paced_at_ = 0;  // the newest block was sealed or adopted: for BlockTime
  PeerMemory peer_memory_;
  Doubts doubts_;
  Strangers strangers_;
  Stamp began_;  // this life
  std::optional<std::string> forgotten_;
};

}  // namespace cairn::replica
