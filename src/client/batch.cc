#include "client/batch.h"

#include <algorithm>
#include <cstdio>

#include "common/limits.h"

namespace cairn::client {
namespace {

constexpr std::size_t kMostInFlight = 512;
constexpr std::size_t kMostBytesInFlight = std::size_t{4} << 20;
/// A node without a leader waits for one before it refuses (paxos::Timing: silence and park).
constexpr Micros kRefusalTime = 1'000'000;
constexpr Micros kFirstPause = 20'000;
constexpr Micros kLongestPause = 200'000;
/// How often a wait looks whether the connection stands.
constexpr Micros kSlice = 10'000;

std::size_t SizeOf(const Operation& operation) {
  return operation.key.size() + operation.value.size();
}

std::string Seconds(Micros time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(time) / 1e6);
  return text;
}

}  // namespace

Batch::Batch(Options options, const Environment* environment, Links* links, Knowledge* knowledge,
             Session* session)
    : options_(options),
      environment_(environment),
      links_(links),
      knowledge_(knowledge),
      session_(session),
      route_(options.preferred, links, knowledge) {}

std::vector<OperationResult> Batch::Run(const std::vector<Operation>& operations) {
  items_.resize(operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    items_[i].operation = &operations[i];
    waiting_.insert(i);
    if (auto wrong = CheckSize(operations[i].key, operations[i].value)) {
      Settle(i, *std::move(wrong));
    }
  }
  progress_at_ = Now();
  Micros pause = kFirstPause;
  NodeId node = route_.First();
  // A last transmission for which too little time is left would probably end in doubt.
  while (!Over() && !wrong_ &&
         Now() - progress_at_ < options_.timeout - (refused_ ? kRefusalTime : 0)) {
    const Micros before = progress_at_;
    Ask(links_->at(node));
    pause = progress_at_ != before ? kFirstPause : pause;
    const bool follow = route_.Usable(hint_);
    node = route_.Next(node, hint_);
    if (!Over() && !follow && !wrong_) {
      environment_->sleep(pause);
      pause = std::min(2 * pause, kLongestPause);
    }
  }
  GiveUp();
  std::vector<OperationResult> results;
  results.reserve(items_.size());
  for (Item& item : items_) {
    results.push_back(std::move(item.result));
  }
  return results;
}

/// As long as the node settles operations.
void Batch::Ask(Link& link) {
  route_.Asked(link.node());
  hint_ = 0;
  if (!link.greeted() && !Greet(link)) {
    Leave(link, true);
    return;
  }
  refused_ = false;
  Micros heard = Now();
  while (!Over() && !TimeIsOver() && !wrong_) {
    if (!refused_ && !Transmit(link)) {
      Leave(link, true);
      return;
    }
    if (in_flight_.empty()) {
      break;  // all that it had was refused
    }
    if (const auto reply = link.Receive(std::min(heard + options_.try_timeout, Now() + kSlice))) {
      heard = Now();
      Take(link, *reply);
    } else if (Now() - heard >= options_.try_timeout) {
      Leave(link, true);
      return;
    }
  }
  Leave(link, false);
}

/// Says Hello until the node answers, the connection does not come to stand, or time is over.
bool Batch::Greet(Link& link) {
  const Micros patience = Now() + options_.patience;
  const Micros until = Now() + std::min(options_.hello_timeout, options_.timeout);
  bool sent = false;
  while (!link.greeted() && !wrong_ && Now() < until && (Now() < patience || link.Connected())) {
    sent = sent || link.Send(net::Hello{}).ok();
    if (const auto reply = link.Receive(std::min(until, Now() + kSlice))) {
      Take(link, *reply);
    }
  }
  return link.greeted();
}

/// Sends what waits, as far as the bounds allow. False: the connection takes nothing.
bool Batch::Transmit(Link& link) {
  while (!waiting_.empty() && in_flight_.size() < kMostInFlight) {
    const std::size_t index = *waiting_.begin();
    Item& item = items_[index];
    const std::size_t bytes = SizeOf(*item.operation);
    const bool room = in_flight_.empty() || bytes_in_flight_ + bytes <= kMostBytesInFlight;
    if (!room || !InWindow(item)) {
      return true;
    }
    const Result<std::uint64_t> id = link.Send(BodyOf(item));
    if (!id.ok()) {
      return !in_flight_.empty();  // when it is full, answers make room
    }
    item.open += 1;
    bytes_in_flight_ += bytes;
    transmissions_[{link.node(), id.value()}] = index;
    in_flight_.insert(index);
    waiting_.erase(index);
  }
  return true;
}

bool Batch::InWindow(const Item& item) const {
  return !item.operation->is_write() || item.request.client != 0 || open_.empty() ||
         session_->next - *open_.begin() < kMaxOpenRequests;
}

net::CallBody Batch::BodyOf(Item& item) {
  if (!item.operation->is_write()) {
    return net::Read{item.operation->key};
  }
  if (item.request.client == 0) {
    session_->base = session_->base.value_or(knowledge_->decided);
    open_.insert(session_->next);
    item.request.client = session_->id;
    item.request.sequence = session_->next++;
    item.request.first_open = *open_.begin();
    item.request.session_base = *session_->base;
    item.request.op = item.operation->kind == Operation::Kind::kPut ? Op::kPut : Op::kDel;
  }
  Request request = item.request;
  request.key = item.operation->key;
  request.value = item.operation->value;
  return net::Write{std::move(request)};
}

void Batch::Take(Link& link, const net::ClientReply& reply) {
  if (const auto* welcome = std::get_if<net::Welcome>(&reply.body)) {
    TakeWelcome(link, *welcome);
    return;
  }
  const auto* answer = std::get_if<replica::Answer>(&reply.body);
  const auto sent = transmissions_.find({link.node(), reply.id});
  if (answer == nullptr || sent == transmissions_.end()) {
    if (answer != nullptr && answer->code == Code::kUsage && !link.greeted()) {
      wrong_ = Failed(answer->code, answer->message);  // a node of another cluster says so
    }
    return;
  }
  const std::size_t index = sent->second;
  transmissions_.erase(sent);
  items_[index].open -= 1;
  if (in_flight_.erase(index) > 0) {
    bytes_in_flight_ -= SizeOf(*items_[index].operation);
  }
  if (!items_[index].settled) {
    waiting_.insert(index);
    TakeAnswer(index, *answer);
  }
}

void Batch::TakeWelcome(Link& link, const net::Welcome& welcome) {
  if (welcome.node != link.node()) {
    wrong_ = Failed(Code::kUsage, "who answers as " + link.Name() + " is node " +
                                      std::to_string(welcome.node) + " of cluster \"" +
                                      welcome.cluster_name +
                                      "\"; use the same cluster file for the nodes and their "
                                      "clients");
    return;
  }
  link.Greeted();
  knowledge_->decided = std::max(knowledge_->decided, welcome.decided);
  if (welcome.leader != 0) {
    knowledge_->leader = welcome.leader;
  }
}

/// Of an item that waits again, unless this settles it.
void Batch::TakeAnswer(std::size_t index, const replica::Answer& answer) {
  Item& item = items_[index];
  const bool write = item.operation->is_write();
  // Decided by the log itself (slot > 0): nobody will ever know more of it.
  const bool forgotten = write && answer.code == Code::kUnknownOutcome && answer.slot > 0;
  const bool again = answer.code == Code::kUnavailable ||
                     (answer.code == Code::kUnknownOutcome && !forgotten) ||
                     // Surely not applied by that node, but perhaps by one asked before.
                     (answer.code == Code::kFull && write && (item.lost || item.open > 0));
  if (again) {
    item.lost = item.lost || answer.code == Code::kUnknownOutcome;
    item.said = answer.message;
    refused_ = true;
    hint_ = answer.leader != 0 ? answer.leader : hint_;
    return;
  }
  if (answer.leader != 0) {
    knowledge_->leader = answer.leader;
  }
  if (answer.code == Code::kOk) {
    knowledge_->decided = std::max(knowledge_->decided, answer.slot);
  }
  if (forgotten && item.request.client == session_->id) {
    *session_ = NewSession(*environment_);
    open_.clear();
  }
  OperationResult result{answer.code, answer.message, answer.slot, answer.value, answer.leader};
  Explain(item.operation->kind, item.operation->key, &result);
  Settle(index, std::move(result));
}

void Batch::Settle(std::size_t index, OperationResult result) {
  Item& item = items_[index];
  item.settled = true;
  item.result = std::move(result);
  waiting_.erase(index);
  if (item.request.client == session_->id) {
    open_.erase(item.request.sequence);
  }
  progress_at_ = Now();
}

/// What it has not answered goes to the next node.
void Batch::Leave(Link& link, bool silent) {
  if (silent) {
    link.Silent();
  } else {
    knowledge_->good = link.node();
  }
  waiting_.insert(in_flight_.begin(), in_flight_.end());
  in_flight_.clear();
  bytes_in_flight_ = 0;
}

void Batch::GiveUp() {
  for (const std::size_t index : std::set<std::size_t>(std::move(waiting_))) {
    Item& item = items_[index];
    if (wrong_) {
      Settle(index, *wrong_);
      continue;
    }
    const std::string verb = NameOf(item.operation->kind);
    const std::string why = (item.said.empty() ? "" : item.said + "; ") +
                            "nothing was settled for " + Seconds(options_.timeout);
    const bool doubtful = item.operation->is_write() && (item.lost || item.open > 0);
    Settle(index, doubtful ? Failed(Code::kUnknownOutcome,
                                    "the outcome of this " + verb +
                                        " is unknown, it may be applied now or later: " + why +
                                        "; read the key before you decide what to do")
                           : Failed(Code::kUnavailable,
                                    "this " + verb +
                                        (item.operation->is_write() ? " was not applied: "
                                                                    : " got no answer: ") +
                                        why + "; `cairn status` shows the nodes"));
  }
}

}  // namespace cairn::client
