// The replica's side of the verbs of src/paxos: who is told what, and when a role changes.

#include <algorithm>
#include <utility>

#include "chain/block_format.h"
#include "common/check.h"
#include "common/limits.h"
#include "replica/replica.h"

namespace cairn::replica {
namespace {

// Where few requests are under way, a block or a round costs what each one costs: messages,
// wake-ups and a sync at every follower. Where many are, or large ones, it is dearer to wait for a
// follower that is held up for a moment, and all are asked.
constexpr std::size_t kFewRequests = 64;
constexpr std::size_t kSmallBlockBytes = 64 * 1024;
// Between two complaints of a follower that is behind.
constexpr Micros kLongestPause = 2'000'000;

/// A candidate or leader speaks for its own ballot only, and in its present life.
bool Owns(NodeId from, Incarnation incarnation, const Ballot& ballot) {
  return ballot.node == from && ballot.incarnation == incarnation && !ballot.IsNone();
}

}  // namespace

/// Whether a ballot is no further than one message may lift it. The next one may lift it again.
bool Replica::NoteRound(const Ballot& ballot) {
  const std::uint64_t most = greatest_round_ + kMaxRoundLeap;
  greatest_round_ = std::max(greatest_round_, std::min(ballot.round, most));
  return ballot.round <= most;
}

void Replica::OnHeartbeat(NodeId from, Incarnation incarnation, const paxos::Heartbeat& heartbeat) {
  if (heartbeat.decided > heartbeat.tip || heartbeat.accepted > heartbeat.promised) {
    return;  // no node is like that
  }
  const bool within = NoteRound(heartbeat.promised);
  if (!heartbeat.behind_blocks) {
    election_.OnHeartbeat(from, incarnation, heartbeat, now_);
  }
  if (!within || Doubted() || !heartbeat.leading || heartbeat.promised < acceptor_.promised() ||
      !Owns(from, incarnation, heartbeat.promised)) {
    return;
  }
  acceptor_.OnDecided(heartbeat.promised, heartbeat.decided);
  if (heartbeat.tip > acceptor_.log().tip() && !MayTake()) {
    return;  // what is missing would not fit
  }
  // What the leader counts may still be on its way, unless this came behind it.
  if (heartbeat.behind_blocks &&
      (acceptor_.accepted() != heartbeat.promised || heartbeat.tip > acceptor_.matched())) {
    SayBehind(from, heartbeat.promised);
  }
  // An Accepted may have been lost. It is said again while it matters: for what is not yet decided,
  // and for the readmission of this node.
  if (acceptor_.accepted() == heartbeat.promised &&
      (heartbeat.decided < acceptor_.matched() || !IsVoter())) {
    ack_to_ = from;
  }
}

// --- phase 1

void Replica::OnPrepare(NodeId from, Incarnation incarnation, const paxos::Prepare& prepare) {
  if (!Owns(from, incarnation, prepare.ballot) || !NoteRound(prepare.ballot) || !IsVoter()) {
    return;
  }
  auto answer = acceptor_.OnPrepare(prepare);
  if (auto* promise = std::get_if<paxos::Promise>(&answer)) {
    hopeful_until_ = now_ + ElectionTime();
    Send(from, std::move(*promise));
  } else if (auto* refuse = std::get_if<paxos::Refuse>(&answer)) {
    Send(from, *refuse);
  }
}

void Replica::OnPromise(NodeId from, Incarnation incarnation, const paxos::Promise& promise) {
  NoteRound(promise.accepted);
  if (candidate_) {
    candidate_->OnPromise(from, incarnation, promise, acceptor_.log());
    WeighPromises();
  } else if (leader_ && promise.ballot == leader_->ballot()) {
    BringUp(from, promise);  // the quorum was there without it
  }
}

void Replica::OnRefuse(NodeId /*from*/, Incarnation /*incarnation*/, const paxos::Refuse& refuse) {
  NoteRound(refuse.promised);
  if (candidate_ && refuse.promised > candidate_->ballot()) {
    candidate_.reset();  // to stand again later, above that ballot
  }
}

void Replica::WeighPromises() {
  using Kind = paxos::Candidate::Decision::Kind;
  const auto decision = candidate_->Decide(acceptor_);
  if (decision.kind == Kind::kAdopt) {
    const std::vector<BlockPtr>& blocks = candidate_->promises().at(decision.node).blocks;
    if (blocks.empty() || MayTake(blocks.back()->slot(), blocks.back()->hash)) {
      BecomeLeader(decision.node);
    } else {
      candidate_.reset();  // the log would not fit on this node's disk
    }
  } else if (decision.kind == Kind::kGiveUp) {
    candidate_.reset();
  } else if (decision.kind == Kind::kFetch) {
    FetchForCandidate(decision.node);
  }
}

void Replica::BecomeLeader(NodeId best) {
  const paxos::Candidate candidate = *std::exchange(candidate_, std::nullopt);
  if (best == options_.self) {
    acceptor_.AdoptOwn();
  } else {
    acceptor_.Adopt(candidate.promises().at(best));
  }
  leader_.emplace(candidate.ballot(), options_.nodes.size(), acceptor_.log().tip());
  leads_since_ = paced_at_ = now_;
  for (const NodeId node : election_.peers()) {
    sent_[node] = acceptor_.log().tip();  // who has less is brought up
  }
  for (const auto& [node, promise] : candidate.promises()) {
    if (node != options_.self) {
      BringUp(node, promise);
    }
  }
  tries_ = 0;
  next_stand_ = now_ + ElectionTime();
  SendHeartbeats();
}

// --- phase 2, follower

void Replica::OnAcceptSync(NodeId from, Incarnation incarnation, const paxos::AcceptSync& sync) {
  if (MustNotForm() && sync.decided == 0) {
    return;
  }
  if (Owns(from, incarnation, sync.ballot) && NoteRound(sync.ballot) && !Doubted() &&
      MayTake(sync.tip, sync.tip_hash)) {
    AnswerLeader(from, sync.ballot, acceptor_.OnAcceptSync(sync));
  }
}

void Replica::OnAccept(NodeId from, Incarnation incarnation, const paxos::Accept& accept) {
  if (MustNotForm() && accept.decided == 0) {
    return;
  }
  if (Owns(from, incarnation, accept.ballot) && NoteRound(accept.ballot) && !Doubted() &&
      MayTake(accept.block->slot(), accept.block->hash)) {
    AnswerLeader(from, accept.ballot, acceptor_.OnAccept(accept));
  }
}

void Replica::AnswerLeader(NodeId leader, const Ballot& ballot, paxos::Verdict verdict) {
  switch (verdict) {
    case paxos::Verdict::kAccepted:
      ack_to_ = leader;
      break;
    case paxos::Verdict::kRefused:
      Send(leader, paxos::Refuse{acceptor_.promised()});
      break;
    case paxos::Verdict::kBehind:
      SayBehind(leader, ballot);
      break;
    case paxos::Verdict::kNothing:
      break;
  }
}

void Replica::SayBehind(NodeId leader, const Ballot& ballot) {
  // Once a heartbeat or so: the answer is large, and on its way while more Accepts come in. Where
  // nothing comes of it, ever more rarely: what is asked for again is in its own way.
  const bool moved = acceptor_.matched() != behind_matched_ || ballot != behind_ballot_;
  const Micros least = AtLeast(options_.timing.heartbeat / 2);
  const Micros pause = moved ? least : std::max(least, behind_pause_);
  if (behind_said_at_ != 0 && now_ < behind_said_at_ + pause) {
    return;
  }
  behind_said_at_ = now_;
  behind_matched_ = acceptor_.matched();
  behind_ballot_ = ballot;
  behind_pause_ = std::min(2 * pause, kLongestPause);
  Send(leader,
       paxos::Behind{ballot, acceptor_.accepted(), acceptor_.matched(), acceptor_.log().decided()});
}

// --- phase 2, leader

void Replica::OnAccepted(NodeId from, Incarnation incarnation, const paxos::Accepted& accepted) {
  if (leader_ && accepted.ballot == leader_->ballot() && accepted.tip <= acceptor_.log().tip()) {
    if (accepted.tip > acceptor_.log().decided()) {
      block_quorum_.Answered(from);
    }
    leader_->OnAccepted(from, incarnation, accepted.tip);
    CountVotes();
  }
}

void Replica::CountVotes() { acceptor_.Decide(leader_->Tally(acceptor_.log())); }

void Replica::OnBehind(NodeId from, Incarnation /*incarnation*/, const paxos::Behind& behind) {
  if (!leader_ || behind.ballot != leader_->ballot()) {
    return;
  }
  if (behind.accepted != behind.ballot) {
    BringUp(from, behind.decided);
    return;
  }
  const paxos::Log& log = acceptor_.log();
  // At least the tip: a follower that has learned it as decided can only so come to know that it is
  // this leader's too.
  const Slot next = std::min(std::max(behind.matched, behind.decided) + 1, log.tip());
  std::size_t bytes = 0;
  for (Slot slot = std::max(next, log.first()); slot <= log.tip(); ++slot) {
    BlockPtr block = log.At(slot);
    bytes += block->encoded.size();
    if (next < log.first() || bytes > kMaxCatchUpBytes + kMaxEncodedBlockBytes) {
      break;  // older blocks it fetches, from any node
    }
    SendEarly(from, paxos::Accept{leader_->ballot(), log.decided(), std::move(block)});
  }
  sent_[from] = log.tip();
}

void Replica::BringUp(NodeId follower, const paxos::Promise& promise) {
  // Its log ends in a block of this one: equal hashes, equal logs, and only the rest is sent.
  const bool same =
      promise.tip >= promise.decided && acceptor_.log().Has(promise.tip, promise.tip_hash);
  BringUp(follower, same ? promise.tip : promise.decided);
}

void Replica::BringUp(NodeId follower, Slot known) {
  const paxos::Log& log = acceptor_.log();
  if (known + 1 < log.first() || known > log.tip()) {
    return;  // it fetches decided blocks first, from any node, and says Behind again
  }
  SendEarly(follower, paxos::AcceptSync{leader_->ballot(), log.decided(), log.tip(), log.tip_hash(),
                                        log.From(known + 1)});
  sent_[follower] = log.tip();
}

void Replica::ProposeForming() {
  if (MustNotForm() || acceptor_.log().tip() != 0 || acceptor_.accepted() != leader_->ballot()) {
    return;
  }
  Incarnations all{{options_.self, options_.incarnation}};
  for (const NodeId node : election_.peers()) {
    if (!election_.Linked(node, now_)) {
      return;
    }
    all[node] = election_.IncarnationOf(node);
  }
  ExtendForCluster(MakeFormRequest(all));
}

void Replica::ProposeReadmission() {
  const paxos::Log& log = acceptor_.log();
  if (!Formed() || acceptor_.accepted() != leader_->ballot()) {
    return;
  }
  const Incarnations decided = log.IncarnationsAt(log.decided());
  if (decided != log.IncarnationsAt(log.tip())) {
    return;  // one at a time
  }
  for (const NodeId node : election_.peers()) {
    const Incarnation now = election_.IncarnationOf(node);
    // R7: only a node that has durably accepted this leader's log, in its ballot, up to what is
    // decided: whatever its old self may have voted for is in that log or was never decided.
    const auto known = decided.find(node);
    if (election_.Linked(node, now_) && known != decided.end() && known->second != now &&
        leader_->AcceptedBy(node, now) >= log.decided()) {
      ExtendForCluster(MakeReadmitRequest(node, now));
      return;
    }
  }
}

void Replica::ExtendForCluster(Request request) {
  acceptor_.Extend(Seal({std::move(request)}));
  AskAll();
}

void Replica::AskAll() {
  // A node that is to be readmitted must have all that is decided (R7): it is never kept waiting.
  const std::size_t enough =
      Forgetful().empty() ? QuorumOf(options_.nodes.size()) - 1 : options_.nodes.size();
  block_quorum_.Begin(enough);
  probe_quorum_.Begin(enough);
  SpreadBlocks();
  if (leader_->ProbeUnderWay() && leader_->probe() == probe_at_tick_) {
    SpreadProbe();  // again: it may have been lost
  }
  probe_at_tick_ = leader_->probe();
}

void Replica::SpreadProbe() {
  const bool few = reads_.size() <= kFewRequests;
  for (const NodeId node : election_.peers()) {
    if (election_.Heard(node, now_) && (!few || probe_quorum_.Asks(node))) {
      SendEarly(node, paxos::Probe{leader_->ballot(), leader_->probe()});
    }
  }
}

void Replica::SpreadBlocks() {
  const paxos::Log& log = acceptor_.log();
  const bool few =
      proposals_.size() <= kFewRequests && log.tip_block().encoded.size() <= kSmallBlockBytes;
  for (const NodeId node : election_.peers()) {
    Slot& sent = sent_[node];
    // What is held back must still be in memory when it is sent.
    if (few && log.tip() - sent <= options_.recent_blocks / 8 && !block_quorum_.Asks(node)) {
      continue;
    }
    for (Slot slot = std::max(sent + 1, log.first());
         election_.Heard(node, now_) && slot <= log.tip(); ++slot) {
      SendEarly(node, paxos::Accept{leader_->ballot(), log.decided(), log.At(slot)});
    }
    sent = log.tip();
  }
}

// --- confirmation of reads

void Replica::OnProbe(NodeId from, Incarnation incarnation, const paxos::Probe& probe) {
  // R9: a yes says that nothing above this ballot was promised, so no newer leader has decided
  // anything with this node's vote.
  if (Owns(from, incarnation, probe.ballot) && probe.ballot == acceptor_.promised() && !Doubted()) {
    Send(from, paxos::ProbeAck{probe.ballot, probe.number});
  }
}

void Replica::OnProbeAck(NodeId from, Incarnation incarnation, const paxos::ProbeAck& ack) {
  if (!leader_ || ack.ballot != leader_->ballot() || ack.number != leader_->probe()) {
    return;
  }
  probe_quorum_.Answered(from);
  if (leader_->OnProbeAck(from, incarnation, ack.number, acceptor_.log())) {
    reads_.EndRound();
  }
}

}  // namespace cairn::replica
