// The replica's side of clients: requests are parked, handed to the leader, sealed into blocks,
// applied and answered.

#include <algorithm>
#include <utility>

#include "api/operation.h"
#include "chain/block_format.h"
#include "common/check.h"
#include "common/limits.h"
#include "replica/replica.h"

namespace cairn::replica {
namespace {

// Requests that are handed on, or given up, in one tick: a crowd does not make a turn long.
constexpr std::size_t kMostATick = 4096;

api::Answer AnswerOf(const Status& status) { return {status.code(), status.message(), 0, {}, 0}; }

std::string SessionsFullWords() {
  return "the cluster has no room for this client's session: it remembers the answers of as many "
         "clients and open requests as it may, and each was active within the last " +
         std::to_string(kSessionRest / 1'000'000) +
         " seconds; try again later, with fewer clients or with fewer requests under way";
}

api::Answer AnswerOf(const kv::Outcome& outcome) {
  api::Answer answer;
  answer.code = outcome.code;
  answer.slot = outcome.slot;
  switch (outcome.code) {
    case Code::kNotFound:
      answer.message = "there is no such key";
      break;
    case Code::kUnknownOutcome:
      answer.message =
          "the cluster no longer remembers this client's session: the request may or may not have "
          "been applied; read the key to see";
      break;
    case Code::kFull:
      answer.message = SessionsFullWords();
      break;
    case Code::kUsage:
      answer.message =
          "too many requests of one session are open: at most " + std::to_string(kMaxOpenRequests);
      break;
    default:
      break;
  }
  return answer;
}

}  // namespace

// --- at the node where the client is connected

void Replica::Submit(Token token, Request request) {
  const Status status = api::CheckRequest(request);
  Enqueue(token, status, {true, std::move(request), now_, now_, 0, 0});
}

void Replica::Read(Token token, std::string key) {
  const Status status = api::CheckKey(key);
  WaitingRequest read{false, {}, now_, now_, 0, 0};
  read.request.key = std::move(key);
  Enqueue(token, status, std::move(read));
}

void Replica::Enqueue(Token token, Status status, WaitingRequest request) {
  if (status.ok() &&
      (waiting_.size() >= kMaxQueuedRequests || waiting_.bytes() >= kMaxQueuedBytes)) {
    status = Crowded();
  }
  waiting_.Add(token, std::move(request));
  if (!status.ok()) {
    AnswerLocal(token, AnswerOf(status));
    return;
  }
  if (known_leader_ != 0) {
    Forward(token);
  }
}

void Replica::Follow() {
  // While the cluster forms a leader can decide nothing: what waits is refused like without one.
  const NodeId leader = Formed() ? LeaderHint() : 0;
  Ballot ballot;
  if (leader == options_.self) {
    ballot = leader_->ballot();
  } else if (leader != 0) {
    ballot = election_.Last(leader)->promised;
  }
  if (leader != known_leader_ || ballot != known_ballot_) {
    known_leader_ = leader;
    known_ballot_ = ballot;
    waiting_.ParkAll(now_);
  }
  if (leader != 0) {
    std::size_t bytes = 0;
    for (const Token token : waiting_.Parked(kMostATick)) {
      const Request& request = waiting_.Find(token)->request;
      bytes += kBesideValue + request.key.size() + request.value.size();
      Forward(token);
      if (bytes >= kBytesATurn) {
        return;
      }
    }
  }
}

void Replica::Forward(Token token) {
  waiting_.HandTo(token, known_leader_);
  const WaitingRequest& waiting = *waiting_.Find(token);
  if (known_leader_ != options_.self) {
    if (waiting.is_write) {
      SendEarly(known_leader_, ForwardWrite{token, waiting.request});
    } else {
      SendEarly(known_leader_, ForwardRead{token, waiting.request.key});
    }
  } else if (!leader_) {
    Requeue({options_.self, token});  // it stopped leading since the last tick
  } else if (waiting.is_write) {
    Propose({options_.self, token}, waiting.request);
  } else {
    reads_.Add({options_.self, token}, waiting.request.key, now_);
  }
}

void Replica::Requeue(const Origin& origin) {
  if (origin.node != options_.self) {
    Send(origin.node,
         ForwardAnswer{origin.token,
                       AnswerOf(Status::Unavailable("node " + std::to_string(options_.self) +
                                                    " does not lead"))});
    return;
  }
  if (waiting_.Find(origin.token) != nullptr) {
    waiting_.TakeBack(origin.token, now_);
  }
}

void Replica::OnForwardAnswer(NodeId /*from*/, Incarnation /*incarnation*/,
                              const ForwardAnswer& forward) {
  if (waiting_.Find(forward.token) == nullptr) {
    return;
  }
  const api::Answer& answer = forward.answer;
  if (answer.code == Code::kUnavailable && answer.leader == 0) {
    Requeue({options_.self, forward.token});  // surely not applied by that node: try again
  } else {
    Settle(forward.token, forward.answer);
  }
}

void Replica::Settle(Token token, api::Answer answer) {
  const WaitingRequest& waiting = *waiting_.Find(token);
  const bool did_nothing = answer.code == Code::kFull || answer.code == Code::kUnavailable ||
                           answer.code == Code::kUnknownOutcome;
  if (did_nothing && waiting.is_write && waiting.in_play > 1) {
    answer = Refusal(true);  // another leader may have it in a block still
  }
  AnswerLocal(token, std::move(answer));
}

void Replica::Reject(const Origin& origin, const Status& why) { Reply(origin, AnswerOf(why)); }

Status Replica::Crowded() const {
  return Status::Unavailable("node " + std::to_string(options_.self) +
                             " has too many requests waiting: try again in a moment");
}

void Replica::GiveUpWaiting() {
  for (const Token token :
       waiting_.Overdue(now_, options_.timing.park, options_.timing.expire, kMostATick)) {
    const WaitingRequest& waiting = *waiting_.Find(token);
    AnswerLocal(token, Refusal(waiting.is_write && waiting.in_play > 0));
  }
}

api::Answer Replica::Refusal(bool maybe_applied) const {
  return AnswerOf(maybe_applied ? Status::Unknown(Describe() +
                                                  "; the request was on its way and may be applied")
                                : Status::Unavailable(Describe()));
}

void Replica::AnswerLocal(Token token, api::Answer answer) {
  waiting_.Remove(token);
  answer.leader = LeaderHint();
  effects_.answers.push_back({token, std::move(answer)});
}

// --- at the leader

void Replica::OnForwardWrite(NodeId from, Incarnation /*incarnation*/,
                             const ForwardWrite& forward) {
  const Request& request = forward.request;
  if (api::CheckRequest(request).ok()) {
    Propose({from, forward.token}, request);
  }
}

void Replica::Propose(const Origin& origin, const Request& request) {
  if (!leader_) {
    Requeue(origin);
  } else if (proposals_.queue_size() >= kMaxQueuedRequests ||
             proposals_.bytes() >= kMaxQueuedBytes) {
    // Not handed back: that comes again with the next tick, all of it.
    Reject(origin, Crowded());
  } else if (request.session_base > acceptor_.log().tip()) {
    // R10: somebody told the client a slot that no chain has reached, or one that a recovery of the
    // cluster has lost; its session would not count as evicted when it is. The answer names a slot
    // with which it may try again.
    api::Answer answer = AnswerOf(Status::Unavailable(
        "the client knows slot " + std::to_string(request.session_base) +
        " as decided, and the chain of node " + std::to_string(options_.self) + " ends before it"));
    answer.slot = acceptor_.log().decided();
    Reply(origin, std::move(answer));
  } else if (const auto outcome = machine_->Recall(request.client, request.sequence)) {
    Reply(origin, AnswerOf(*outcome));  // R10: a retry gets the first answer
  } else if (!RoomForWrites()) {
    Reject(origin, Status::Full(FullWords()));
  } else if (!machine_->HasRoomFor(request, BlockTime())) {
    // As the block would, but without one.
    Reject(origin, Status::Full(SessionsFullWords()));
  } else {
    proposals_.Add(origin, request);
  }
}

Micros Replica::BlockTime() const {
  const Micros parent = acceptor_.log().tip_block().header.time;
  return wall_ >= parent ? wall_ : parent + (now_ - paced_at_) / 2;
}

BlockPtr Replica::Seal(std::vector<Request> requests) {
  const paxos::Log& log = acceptor_.log();
  BlockPtr block = chain::Seal(log.tip() + 1, log.tip_hash(), BlockTime(), std::move(requests));
  paced_at_ = now_;
  return block;
}

bool Replica::MaySeal() const {
  const paxos::Log& log = acceptor_.log();
  return leader_ && Formed() && HasRoom() && proposals_.queued() &&
         log.tip() - log.decided() < options_.max_slots_in_flight &&
         log.decided() - machine_->applied() < 2 * options_.max_slots_in_flight;
}

void Replica::SealBlocks() {
  if (!leader_ || !Formed() || acceptor_.accepted() != leader_->ballot()) {
    return;
  }
  if (proposals_.queued() && !RoomForWrites()) {
    for (const Origin& origin : proposals_.ClearQueue()) {
      Reject(origin, Status::Full(FullWords()));
    }
  }
  if (!HasRoom()) {
    return;  // another one leads in a moment
  }
  const paxos::Log& log = acceptor_.log();
  std::size_t bytes = 0;  // a turn must hash, send and write each of them
  while (MaySeal() && !batch_delay_.Holds(proposals_.queue_size()) &&
         bytes < options_.max_block_bytes) {
    batch_delay_.Seal(proposals_.queue_size());
    acceptor_.Extend(Seal(proposals_.TakeBatch(log.tip() + 1, options_.max_block_requests,
                                               options_.max_block_bytes)));
    SpreadBlocks();
    bytes += log.tip_block().encoded.size();
  }
}

void Replica::ApplyDecided() {
  if (MustApply()) {
    batch_delay_.Decided(proposals_.size());
  }
  std::size_t requests = 0;
  std::size_t bytes = 0;
  while (MustApply() && requests < kRequestsATurn && bytes < kBytesATurn) {
    const BlockPtr block = acceptor_.log().At(machine_->applied() + 1);
    CAIRN_CHECK(block != nullptr, "a block is in memory until it is applied");
    const std::vector<kv::Outcome> outcomes = machine_->Apply(*block);
    requests += outcomes.size();
    bytes += block->encoded.size();
    for (std::size_t i = 0; leader_ && i < outcomes.size(); ++i) {
      const ClientId client = block->requests[i].client;
      const Sequence sequence = block->requests[i].sequence;
      // What this block refused may be applied by a later one that holds it, too.
      for (const Origin& origin : outcomes[i].code == Code::kFull
                                      ? proposals_.Refuse(client, sequence, block->slot())
                                      : proposals_.Finish(client, sequence)) {
        Reply(origin, AnswerOf(outcomes[i]));
      }
    }
  }
}

void Replica::Reply(const Origin& origin, api::Answer answer) {
  if (origin.node != options_.self) {
    answer.leader = options_.self;
    Send(origin.node, ForwardAnswer{origin.token, std::move(answer)});
  } else if (waiting_.Find(origin.token) != nullptr) {
    Settle(origin.token, std::move(answer));
  }
}

std::vector<api::QueueEntry> Replica::Queue() const {
  std::vector<api::QueueEntry> entries = proposals_.Describe();
  for (const auto& [token, waiting] : waiting_.all()) {
    if (waiting.handed_to == options_.self && waiting.is_write) {
      continue;  // listed among the proposals
    }
    const std::string what =
        (waiting.is_write ? api::NameOf(waiting.request.op) : "get") + " " + waiting.request.key;
    const std::string waits_for =
        waiting.handed_to == 0 ? "a leader"
        : waiting.handed_to == options_.self
            ? "a majority's word that this node still leads"
            : "the answer of the leader, node " + std::to_string(waiting.handed_to);
    entries.push_back({what, waits_for});
  }
  return entries;
}

}  // namespace cairn::replica
