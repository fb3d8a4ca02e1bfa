#include "client/exchange.h"

#include <algorithm>

#include "client/wait_times.h"
#include "text/text.h"

namespace cairn::client {

Exchange::Exchange(std::string verb, bool write, Options options, const Environment* environment,
                   Links* links, ClusterView* view)
    : verb_(std::move(verb)),
      options_(options),
      environment_(environment),
      links_(links),
      view_(view),
      tracker_(write),
      route_(options, links, view) {}

OperationResult Exchange::Run(const std::function<api::CallBody()>& body) {
  began_ = Now();
  deadline_ = began_ + options_.timeout;
  Micros pause = 0;
  NodeId node = route_.First();
  while (!settled_ && Now() < deadline_ && !TooLateToSend() && Hopeless() == nullptr) {
    Link& link = links_->at(node);
    const Micros began = Now();
    hint_ = 0;
    Try(link, body);
    const bool follow = route_.Usable(hint_);
    node = route_.Next(node, hint_);
    if (!follow) {
      pause = NextPause(pause);
      Listen(link, std::min(deadline_, began + pause));
    }
  }
  for (auto& [id, link] : *links_) {
    Listen(link, Now());  // An answer may have come while another node was being asked.
  }
  if (settled_) {
    return *std::move(settled_);
  }
  const Status* reason = Hopeless();
  return reason != nullptr ? ResultOf(*reason) : GiveUp();
}

void Exchange::Try(Link& link, const std::function<api::CallBody()>& body) {
  route_.Asked(link.node());
  if (!link.greeted()) {
    link.Greet(options_, deadline_,
               [&](const api::ClientReply& reply) { return Take(link, reply); });
  }
  if (!settled_ && !(link.greeted() && Ask(link, body()))) {
    link.Silent();
    if (link.refusal().ok()) {
      silent_.insert(link.node());
    }
  }
}

/// False if there is no answer.
bool Exchange::Ask(Link& link, const api::CallBody& body) {
  const Micros until = std::min(deadline_, Now() + options_.try_timeout);
  const Result<std::uint64_t> id = link.Send(body);
  if (!id.ok()) {
    return false;
  }
  const Transmission sent{link.node(), id.value()};
  tracker_.Sent();
  open_.insert(sent);
  link.Listen(until, [&](const api::ClientReply& reply) {
    return Take(link, reply) || open_.count(sent) == 0 || !link.greeted();
  });
  return settled_ || open_.count(sent) == 0;
}

/// An earlier transmission may be answered meanwhile.
void Exchange::Listen(Link& link, Micros until) {
  if (!settled_) {
    link.Listen(until, [&](const api::ClientReply& reply) { return Take(link, reply); });
  }
}

/// True if the request is settled.
bool Exchange::Take(Link& link, const api::ClientReply& reply) {
  silent_.erase(link.node());
  const auto* answer = std::get_if<api::Answer>(&reply.body);
  if (answer != nullptr && link.CheckSender(reply).ok() &&
      open_.erase({link.node(), reply.id}) > 0) {
    TakeAnswer(link.node(), *answer);
  }
  return settled_.has_value();
}

void Exchange::TakeAnswer(NodeId node, const api::Answer& answer) {
  if (tracker_.Settles(answer)) {
    view_->Learn(node, answer);
    settled_ = ResultOf(answer);
    return;
  }
  view_->Unlearn(answer);
  hint_ = answer.leader;
  if (!answer.message.empty()) {
    said_ = "node " + std::to_string(node) + " says: " + answer.message;
  }
}

bool Exchange::TooLateToSend() const {
  return tracker_.SurelyRefused() && Now() + kRefusalTime > deadline_;
}

const Status* Exchange::Hopeless() const {
  return tracker_.Doubtful() ? nullptr : route_.Hopeless();
}

OperationResult Exchange::GiveUp() const {
  std::string why = (said_.empty() ? "" : said_ + "; ") + route_.Refusals();
  if (!silent_.empty()) {
    why += "no answer from " + text::NodesText(silent_) + "; ";
  }
  why += "asked " + text::NodesText(route_.asked()) + " for " + text::SecondsText(Now() - began_);
  return tracker_.GiveUp(verb_, why);
}

}  // namespace cairn::client
