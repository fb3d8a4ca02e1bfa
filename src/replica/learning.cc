// Decided blocks from peers: those that this node missed, and those that its disk has lost.

#include <algorithm>

#include "common/limits.h"
#include "replica/replica.h"

namespace cairn::replica {

void Replica::RunCatchUp(bool goes_on) {
  catch_up_.OnIdle(now_);
  LearnInOrder();  // what waited for a block that has come another way
  const Slot decided = acceptor_.log().decided();
  if (decided != last_decided_) {
    last_decided_ = decided;
    decided_at_ = now_;
  }
  catch_up_waits_ = false;
  if (leader_ || !MayTake()) {
    catch_up_.Stop();
    return;
  }
  if (decided - machine_->applied() > options_.recent_blocks) {
    catch_up_waits_ = true;  // what is here already is applied first
    return;
  }
  AskForMore(goes_on);
}

void Replica::GoOnCatchingUp() {
  const Slot applied = machine_->applied();
  if (catch_up_waits_ && !leader_ &&
      acceptor_.log().decided() - applied <= options_.recent_blocks) {
    catch_up_waits_ = false;
    AskForMore(true);
  }
}

void Replica::AskForMore(bool goes_on) {
  const Slot decided = acceptor_.log().decided();
  std::vector<CatchUp::Source> sources;
  bool far = false;
  for (const NodeId node : election_.peers()) {
    if (!election_.Linked(node, now_) || election_.Last(node)->decided <= decided) {
      continue;
    }
    const paxos::Heartbeat& last = *election_.Last(node);
    sources.push_back({node, last.decided, last.leading});
    far = far || last.decided > decided + options_.recent_blocks / 2;
  }
  const bool stalled = now_ - decided_at_ > AtLeast(2 * options_.timing.heartbeat);
  if (!sources.empty() && (goes_on || far || stalled || catch_up_.busy())) {
    catch_up_.BePatient(ElectionTime());
    for (const CatchUp::Question& question : catch_up_.Ask(decided, sources, now_)) {
      Send(question.to, question.fetch);
    }
  }
}

void Replica::FetchForCandidate(NodeId node) {
  if (now_ >= fetch_until_) {
    fetch_until_ = now_ + AtLeast(options_.timing.heartbeat);
    const Slot decided = acceptor_.log().decided();
    Send(node, paxos::Fetch{decided + 1, decided + options_.catch_up_blocks});
  }
}

void Replica::AskForRepair() {
  if (repair_.whole() || now_ < repair_until_ || room_ == Room::kNone) {
    return;
  }
  const Repair::Range range = repair_.Next();
  // The one after the node asked last: one that did not help is not asked twice in a row.
  NodeId chosen = 0;
  for (const NodeId node : election_.peers()) {
    const bool able = election_.Linked(node, now_) && election_.Last(node)->tip >= range.last;
    if (able && (chosen == 0 || (chosen <= repair_asked_ && node > repair_asked_))) {
      chosen = node;
    }
  }
  if (chosen != 0) {
    repair_asked_ = chosen;
    repair_until_ = now_ + ElectionTime();
    Send(chosen, paxos::Fetch{range.first, range.last, true});
  }
}

void Replica::OnFetch(NodeId from, Incarnation /*incarnation*/, const paxos::Fetch& fetch) {
  const paxos::Log& log = acceptor_.log();
  const Slot last = std::min(fetch.last, fetch.by_hash ? log.tip() : log.decided());
  if (fetch.from == 0 || fetch.from > last) {
    return;
  }
  if (fetch.from >= log.first()) {
    const std::size_t most = options_.catch_up_blocks;
    Send(from, paxos::Blocks{fetch.by_hash ? log.Part(fetch.from, last, most, kMaxCatchUpBytes)
                                           : log.DecidedFrom(fetch.from,
                                                             std::min(most, last - fetch.from + 1),
                                                             kMaxCatchUpBytes),
                             log.decided(), fetch.by_hash});
  } else {
    effects_.serve.push_back(
        {from, fetch.from, std::min(last, log.decided()), log.decided(), fetch.by_hash});
  }
}

void Replica::OnBlocks(NodeId from, Incarnation /*incarnation*/, const paxos::Blocks& blocks) {
  if (room_ == Room::kNone) {
    return;  // asked for while there was room
  }
  if (const std::vector<BlockPtr> fitting = repair_.Take(blocks.blocks); !fitting.empty()) {
    repaired_.insert(repaired_.end(), fitting.begin(), fitting.end());
    repair_until_ = now_;
    AskForRepair();
  }
  if (blocks.by_hash || !MayTake()) {
    return;
  }
  const Slot before = acceptor_.log().decided();
  if (!catch_up_.Take(from, blocks.blocks, now_)) {
    Learn(blocks.blocks);
  }
  LearnInOrder();
  if (acceptor_.log().decided() > before) {
    RunCatchUp(true);
    fetch_until_ = now_;
    if (candidate_) {
      WeighPromises();
    }
  }
}

void Replica::LearnInOrder() {
  while (room_ != Room::kNone) {  // they were asked for while there was room
    const std::vector<BlockPtr> next = catch_up_.Next(acceptor_.log().decided());
    if (next.empty()) {
      return;
    }
    Learn(next);
  }
}

void Replica::Learn(const std::vector<BlockPtr>& blocks) {
  if (acceptor_.Learn(blocks)) {
    if (leader_) {
      StopLeading();  // R5: others decided something else
    }
    candidate_.reset();
  }
}

}  // namespace cairn::replica
