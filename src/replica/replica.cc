#include "replica/replica.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/check.h"
#include "common/limits.h"

namespace cairn::replica {
namespace {

std::vector<NodeId> Others(const std::vector<NodeId>& nodes, NodeId self) {
  std::vector<NodeId> others;
  std::ranges::copy_if(nodes, std::back_inserter(others), [&](NodeId id) { return id != self; });
  return others;
}

/// An election that fails is given twice the time, so often.
constexpr unsigned kMostDoublings = 3;

template <typename T>
void MoveInto(std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

Options DefaultOptions(NodeId self, Incarnation incarnation, std::vector<NodeId> nodes,
                       std::uint64_t seed) {
  Options options;
  options.self = self;
  options.incarnation = incarnation;
  options.nodes = std::move(nodes);
  options.seed = seed;
  options.life = seed == 0 ? 1 : seed;
  options.max_slots_in_flight = kMaxSlotsInFlight;
  options.max_block_requests = kMaxBlockRequests;
  options.max_block_bytes = kMaxBlockBytes;
  options.recent_blocks = kRecentBlocks;
  options.catch_up_blocks = kMaxCatchUpBlocks;
  return options;
}

Replica::Replica(Options options, const Recovered& recovered, kv::StateMachine* machine, Micros now)
    : options_(std::move(options)),
      machine_(machine),
      acceptor_(recovered.head.promised, recovered.head.accepted,
                paxos::Log(recovered.blocks, recovered.head.decided, machine->incarnations())),
      election_(options_.self, Others(options_.nodes, options_.self), options_.timing, now),
      now_(now),
      random_(options_.seed),
      last_decided_(recovered.head.decided),
      decided_at_(now),
      catch_up_(options_.catch_up_blocks, options_.timing.election),
      repair_(recovered.holes),
      peer_memory_(options_.timing.silence),
      doubts_(options_.timing.expire, options_.timing.heartbeat),
      strangers_(2 * options_.timing.silence),
      began_{options_.life, recovered.commits, recovered.commits} {
  CAIRN_CHECK(machine_->applied() == recovered.head.decided,
              "the state is the chain up to what is known as decided");
  greatest_round_ = acceptor_.promised().round;
}

// --- the turn

void Replica::Advance(Micros now, Micros wall) {
  now_ = now;
  wall_ = wall;
  batch_delay_.Advance(now);
}

void Replica::Tick(Micros now, Micros wall) {
  Advance(now, wall);
  Follow();
  if (leader_) {
    AskAll();
    KeepLeading();
    RefuseReadsForWantOfRoom();
  } else {
    ConsiderElection();
  }
  if (candidate_ && candidate_->HasPromised(options_.self) && now_ >= next_prepare_) {
    SendPrepares();
  }
  if (now_ >= next_beat_ || IsSatisfied() != was_satisfied_) {
    SendHeartbeats();
    reads_.Forget(now_ - std::min(now_, options_.timing.expire));
  }
  GiveUpWaiting();
  RunCatchUp(false);
  AskForRepair();
}

void Replica::Step(const Inbound& inbound) {
  if (forgotten_ || inbound.from == options_.self ||
      std::ranges::find(options_.nodes, inbound.from) == options_.nodes.end()) {
    return;
  }
  if (!Heeds(inbound)) {
    return;
  }
  election_.OnWord(inbound.from, inbound.incarnation, inbound.stamp.life, now_);
  Dispatch(inbound);
  // R1: whoever has promised more than its own ballot leads, or stands, no more.
  if (leader_ && leader_->ballot() != acceptor_.promised()) {
    StopLeading();
  }
  if (candidate_ && candidate_->ballot() != acceptor_.promised()) {
    candidate_.reset();
  }
}

Effects Replica::TakeEffects() {
  if (forgotten_) {
    return {};
  }
  SealBlocks();
  StartProbe();
  paxos::Acceptor::Changes changes = acceptor_.TakeChanges();
  if (changes.any || !repaired_.empty()) {
    effects_.write.needed = true;
    effects_.write.promise = changes.promise;
    effects_.write.head = {acceptor_.promised(), acceptor_.accepted(), acceptor_.log().tip(),
                           acceptor_.log().decided()};
    effects_.write.blocks = std::move(changes.blocks);
    effects_.write.repaired = std::exchange(repaired_, {});
  }
  return std::exchange(effects_, {});
}

void Replica::OnDurable(Effects* effects) {
  if (forgotten_) {
    return;
  }
  CAIRN_CHECK(!acceptor_.changed(), "a turn ends before the next one thinks");
  if (ack_to_ != 0 && !Doubted()) {
    Send(std::exchange(ack_to_, 0), paxos::Accepted{acceptor_.accepted(), acceptor_.matched()});
  }
  if (leader_) {
    leader_->OnAccepted(options_.self, options_.incarnation, acceptor_.log().tip());
    CountVotes();
  }
  if (candidate_ && !candidate_->HasPromised(options_.self)) {
    const paxos::Log& log = acceptor_.log();
    candidate_->OnPromise(
        options_.self, options_.incarnation,
        {candidate_->ballot(), acceptor_.accepted(), log.tip(), log.decided(), {}}, log);
    WeighPromises();
  }
  HandOver(effects, &effects->after_sync);
}

void Replica::Apply(Effects* effects) {
  if (forgotten_) {
    return;
  }
  ApplyDecided();
  GoOnCatchingUp();
  ServeReads();
  acceptor_.Trim(machine_->applied(), options_.recent_blocks, kRecentBytes);
  HandOver(effects, &effects->after_apply);
}

void Replica::HandOver(Effects* effects, std::vector<Outbound>* messages) {
  if (acceptor_.changed()) {
    return;  // a new leader has a log to write first: the rest goes with the next turn
  }
  MoveInto(effects_.before_sync, *messages);
  MoveInto(effects_.after_sync, *messages);
  MoveInto(effects_.serve, effects->serve);
  MoveInto(effects_.answers, effects->answers);
}

bool Replica::HasWork() const {
  if (forgotten_) {
    return false;
  }
  const bool can_seal = MaySeal() && !batch_delay_.Holds(proposals_.queue_size());
  const bool can_probe = leader_ && reads_.waiting() && !leader_->ProbeUnderWay() &&
                         leader_->Ready(acceptor_.log()) && Formed();
  const bool can_read =
      reads_.HasReady(machine_->applied(), [this](NodeId node) { return TakesAnswers(node); });
  return acceptor_.changed() || can_seal || can_probe || MustApply() || can_read ||
         !effects_.before_sync.empty() || !effects_.after_sync.empty() ||
         !effects_.answers.empty() || !effects_.serve.empty();
}

bool Replica::IsBatching() const {
  return MaySeal() && batch_delay_.Holds(proposals_.queue_size());
}

// --- roles

bool Replica::IsVoter() const {
  return !MustNotForm() && !Doubted() && acceptor_.IsVoter(options_.self, options_.incarnation);
}

NodeId Replica::LeaderHint() const {
  return leader_ ? options_.self : election_.Leader(acceptor_.promised(), now_);
}

bool Replica::IsSatisfied() const {
  if (leader_) {
    const paxos::Log& log = acceptor_.log();
    return election_.Supporters(leader_->ballot(), log.IncarnationsAt(log.decided()), now_) >=
           QuorumOf(options_.nodes.size());
  }
  return !candidate_ && (LeaderHint() != 0 || now_ < hopeful_until_);
}

void Replica::KeepLeading() {
  if (!IsVoter() || BesideACluster()) {
    StopLeading();  // R7: it led as a newcomer, and has learned that there is a chain
    return;
  }
  if (!IsSatisfied()) {
    // R8: a leader that lost its majority steps down, and its heartbeats say so.
    if (unsupported_since_ == 0) {
      unsupported_since_ = now_;
    } else if (now_ - unsupported_since_ > AtLeast(options_.timing.deference)) {
      StopLeading();
    }
    return;
  }
  unsupported_since_ = 0;
  if (!HasRoom() && MajorityHasRoom()) {
    StopLeading();  // the others can go on without this disk
    return;
  }
  if (now_ >= next_stand_ &&
      election_.SomeoneIsStuckAbove(leader_->ballot(), greatest_round_, now_)) {
    BeginElection();
    return;
  }
  if (HasRoom()) {
    ProposeForming();
    ProposeReadmission();
  }
}

void Replica::ConsiderElection() {
  // A node whose disk is full leads only where too few have room for writes: then for reads.
  const paxos::Log& log = acceptor_.log();
  const bool able =
      MayTake() || (room_ == Room::kNone && !MajorityHasRoom() &&
                    !election_.LongerNeighbour(acceptor_.accepted(), log.tip(), now_));
  const bool may_stand = IsVoter() && able && !BesideACluster() && !IsSatisfied() &&
                         !election_.NeighbourContent(now_) &&
                         LinkedVoters() >= QuorumOf(options_.nodes.size());
  if (LeaderHint() != 0 && tries_ > 0) {
    tries_ = 0;
    next_stand_ = 0;
  }
  if (!may_stand) {
    unled_since_ = 0;
    return;
  }
  if (unled_since_ == 0) {
    unled_since_ = now_;
    const bool defer = election_.BetterNeighbour(acceptor_.accepted(), log.tip(), now_);
    const Micros lead = AtLeast(options_.timing.deference);
    next_stand_ = std::max(next_stand_, now_ + (defer ? lead + Random(lead) : 0));
  }
  if (now_ >= next_stand_) {
    BeginElection();
  }
}

void Replica::SetRoom(Room room) {
  if (std::exchange(room_, room) != room) {
    next_beat_ = now_;  // the leader seals with this node in mind
  }
}

void Replica::Campaign() {
  if (IsVoter()) {
    BeginElection();
  }
}

void Replica::BeginElection() {
  const std::uint64_t round = std::max(greatest_round_, acceptor_.promised().round) + 1;
  if (round > kMaxRound) {
    return;  // everybody would refuse it
  }
  if (leader_) {
    StopLeading();
  }
  const Ballot ballot{round, options_.self, options_.incarnation};
  greatest_round_ = round;
  acceptor_.StartBallot(ballot);
  candidate_.emplace(ballot, options_.nodes.size());
  // Each try that fails leaves more time to the next one, whoever makes it: what is under way when
  // it is given up is in the way of what comes after it.
  const Micros time = ElectionTime() << std::min(tries_, kMostDoublings);
  ++tries_;
  next_stand_ = now_ + time + Random(time);
  prepare_pause_ = AtLeast(options_.timing.heartbeat);
  SendPrepares();
}

void Replica::SendPrepares() {
  // Late, like all that rests on a write: the own promise is durable before it is asked of
  // others, so that no ballot is ever used twice.
  const paxos::Log& log = acceptor_.log();
  next_prepare_ = now_ + prepare_pause_;
  prepare_pause_ *= 2;
  for (const NodeId node : election_.peers()) {
    if (!candidate_->HasPromised(node)) {
      Send(node, paxos::Prepare{candidate_->ballot(), log.decided(), acceptor_.accepted(),
                                log.tip(), log.tip_hash()});
    }
  }
}

void Replica::StopLeading() {
  leader_.reset();
  unsupported_since_ = 0;
  unled_since_ = 0;
  for (const Origin& origin : proposals_.Clear()) {
    Requeue(origin);
  }
  for (const Origin& origin : reads_.Clear()) {
    Requeue(origin);
  }
}

void Replica::SendHeartbeats() {
  const paxos::Log& log = acceptor_.log();
  was_satisfied_ = IsSatisfied();
  next_beat_ = now_ + options_.timing.heartbeat;
  paxos::Heartbeat beat{acceptor_.promised(),
                        leader_.has_value(),
                        was_satisfied_,
                        election_.HeardMask(now_),
                        acceptor_.accepted(),
                        log.tip(),
                        log.decided(),
                        !HasRoom(),
                        now_};
  for (const NodeId node : election_.peers()) {
    election_.Echo(node, now_, &beat.echo, &beat.held);
    Send(node, beat);
    if (leader_) {
      beat.behind_blocks = true;
      Send(node, beat);
      beat.behind_blocks = false;
    }
  }
}

std::uint64_t Replica::Random(std::uint64_t below) {
  // SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the seed alone decides.
  random_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = random_;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
  z = (z ^ z >> 27) * 0x94d049bb133111ebU;
  return below == 0 ? z ^ z >> 31 : (z ^ z >> 31) % below;
}

void Replica::Send(NodeId to, Message message) {
  effects_.after_sync.push_back({to, std::move(message)});
}

void Replica::SendEarly(NodeId to, Message message) {
  effects_.before_sync.push_back({to, std::move(message)});
}

}  // namespace cairn::replica
