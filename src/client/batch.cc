#include "client/batch.h"

#include <algorithm>

#include "client/wait_times.h"
#include "common/limits.h"
#include "text/text.h"

namespace cairn::client {
namespace {

constexpr std::size_t kMostInFlight = 512;
constexpr std::size_t kMostBytesInFlight = std::size_t{4} << 20;

std::size_t SizeOf(const Operation& operation) {
  return operation.key.size() + operation.value.size();
}

}  // namespace

Batch::Batch(Options options, const Environment* environment, Links* links, ClusterView* view,
             Session* session)
    : options_(options),
      environment_(environment),
      links_(links),
      view_(view),
      session_(session),
      route_(options, links, view) {}

std::vector<OperationResult> Batch::Run(const std::vector<Operation>& operations) {
  items_.reserve(operations.size());
  for (const Operation& operation : operations) {
    items_.push_back({&operation, OutcomeTracker(operation.is_write())});
    if (auto wrong = Unsent(Check(operation))) {
      items_.back().result = *std::move(wrong);
    } else {
      waiting_.insert(items_.size() - 1);
    }
  }
  progress_at_ = Now();
  NodeId node = route_.First();
  while (!Over() && Now() < Deadline() && AnyToSend() && !Hopeless()) {
    Link& link = links_->at(node);
    Ask(link);
    const bool follow = route_.Usable(hint_);
    node = route_.Next(node, hint_);
    if (!follow) {
      pause_ = NextPause(pause_);
      Listen(link, std::min(Deadline(), Now() + pause_));
    }
  }
  for (auto& [id, link] : *links_) {
    Listen(link, Now());  // An answer may have come while another node was being asked.
  }
  GiveUp();
  std::vector<OperationResult> results;
  results.reserve(items_.size());
  for (Item& item : items_) {
    results.push_back(std::move(item.result));
  }
  return results;
}

/// As long as the node settles operations. What it has not answered goes to the next node.
void Batch::Ask(Link& link) {
  route_.Asked(link.node());
  hint_ = 0;
  refuses_ = false;
  if (!link.greeted()) {
    link.Greet(options_, Deadline(),
               [&](const api::ClientReply& reply) { return Take(link, reply); });
  }
  if (!Over() && !(link.greeted() && Converse(link))) {
    link.Silent();
  }
  waiting_.insert(in_flight_.begin(), in_flight_.end());
  in_flight_.clear();
  bytes_in_flight_ = 0;
}

/// False if the node has fallen silent.
bool Batch::Converse(Link& link) {
  Micros heard = Now();
  while (!Over() && Now() < Deadline()) {
    if (!refuses_ && !Transmit(link)) {
      return false;
    }
    if (in_flight_.empty()) {
      break;  // all that it had was refused
    }
    if (!link.greeted()) {
      return false;  // somebody else answers there now
    }
    if (const auto reply = link.Receive(std::min(heard + options_.try_timeout, Now() + kSlice))) {
      heard = Now();
      Take(link, *reply);
    } else if (Now() - heard >= options_.try_timeout) {
      return false;
    }
  }
  return true;
}

/// Earlier transmissions may be answered meanwhile.
void Batch::Listen(Link& link, Micros until) {
  if (!Over()) {
    link.Listen(until, [&](const api::ClientReply& reply) { return Take(link, reply); });
  }
}

/// Sends what waits, as far as the bounds allow. False: the connection takes nothing.
bool Batch::Transmit(Link& link) {
  for (auto next = waiting_.begin(); next != waiting_.end() && in_flight_.size() < kMostInFlight;) {
    const std::size_t index = *next;
    Item& item = items_[index];
    if (TooLateToSend(item)) {
      ++next;
      continue;
    }
    const std::size_t bytes = SizeOf(*item.operation);
    const bool room = in_flight_.empty() || bytes_in_flight_ + bytes <= kMostBytesInFlight;
    if (!room || !InWindow(item)) {
      return true;
    }
    const Result<std::uint64_t> id = link.Send(BodyOf(item));
    if (!id.ok()) {
      return !in_flight_.empty();  // when it is full, answers make room
    }
    item.tracker.Sent();
    bytes_in_flight_ += bytes;
    transmissions_[{link.node(), id.value()}] = index;
    in_flight_.insert(index);
    next = waiting_.erase(next);
  }
  return true;
}

bool Batch::TooLateToSend(const Item& item) const {
  return refused_ && item.operation->is_write() && !item.tracker.Doubtful() &&
         Now() + kRefusalTime > Deadline();
}

bool Batch::AnyToSend() const {
  return std::ranges::any_of(waiting_,
                             [this](std::size_t index) { return !TooLateToSend(items_[index]); });
}

bool Batch::Hopeless() const {
  return route_.Hopeless() != nullptr && std::ranges::none_of(waiting_, [this](std::size_t index) {
           return items_[index].tracker.Doubtful();
         });
}

bool Batch::InWindow(const Item& item) const {
  return !item.operation->is_write() || item.request.client != 0 || open_.empty() ||
         session_->next - *open_.begin() < kMaxOpenRequests;
}

api::CallBody Batch::BodyOf(Item& item) {
  if (!item.operation->is_write()) {
    return api::Read{item.operation->key};
  }
  if (item.request.client == 0) {
    open_.insert(session_->next);
    item.request.client = session_->id;
    item.request.sequence = session_->next++;
    item.request.first_open = *open_.begin();
    item.request.session_base = session_->BaseFor(view_->decided);
    item.request.op = OpOf(item.operation->kind);
  }
  item.request.session_base = std::min(item.request.session_base, view_->decided);
  Request request = item.request;
  request.key = item.operation->key;
  request.value = item.operation->value;
  return api::Write{std::move(request)};
}

/// True if nothing is left to be asked.
bool Batch::Take(Link& link, const api::ClientReply& reply) {
  const auto* answer = std::get_if<api::Answer>(&reply.body);
  const auto sent = transmissions_.find({link.node(), reply.id});
  if (answer == nullptr || sent == transmissions_.end() || !link.CheckSender(reply).ok()) {
    return Over();
  }
  const std::size_t index = sent->second;
  transmissions_.erase(sent);
  if (in_flight_.erase(index) > 0) {
    bytes_in_flight_ -= SizeOf(*items_[index].operation);
    waiting_.insert(index);
  }
  if (!items_[index].settled) {
    TakeAnswer(link.node(), index, *answer);
  }
  return Over();
}

/// Of an item that waits, unless this settles it.
void Batch::TakeAnswer(NodeId node, std::size_t index, const api::Answer& answer) {
  Item& item = items_[index];
  if (item.tracker.Settles(answer)) {
    view_->Learn(node, answer);
    Settle(index, answer);
    return;
  }
  view_->Unlearn(answer);
  item.said = answer.message;
  refuses_ = true;
  refused_ = true;
  hint_ = answer.leader != 0 ? answer.leader : hint_;
}

void Batch::Settle(std::size_t index, const api::Answer& answer) {
  Item& item = items_[index];
  item.settled = true;
  item.result = ResultOf(answer);
  Explain(item.operation->kind, item.operation->key, &item.result);
  waiting_.erase(index);
  if (item.request.client == session_->id) {
    open_.erase(item.request.sequence);
    if (answer.code == Code::kUnknownOutcome || answer.code == Code::kFull) {
      // The cluster has forgotten this one, or has not taken it in.
      *session_ = NewSession(*environment_);
      open_.clear();
    }
  }
  progress_at_ = Now();
  pause_ = 0;
  refused_ = false;
}

void Batch::GiveUp() {
  const Status* hopeless = route_.Hopeless();
  for (const std::size_t index : waiting_) {
    Item& item = items_[index];
    const std::string why = (item.said.empty() ? "" : item.said + "; ") + route_.Refusals() +
                            "nothing was settled for " + text::SecondsText(options_.timeout);
    item.result = hopeless != nullptr && !item.tracker.Doubtful()
                      ? ResultOf(*hopeless)
                      : item.tracker.GiveUp(NameOf(item.operation->kind), why);
  }
}

}  // namespace cairn::client
