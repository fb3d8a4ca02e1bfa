#include "client/exchange.h"

#include <algorithm>
#include <cstdio>

#include "client/text.h"
#include "common/check.h"

namespace cairn::client {
namespace {

constexpr Micros kFirstPause = 20'000;
constexpr Micros kLongestPause = 200'000;
/// A node without a leader waits for one before it refuses (paxos::Timing: silence and park).
constexpr Micros kRefusalTime = 1'000'000;
/// How often a wait looks whether the connection stands.
constexpr Micros kSlice = 10'000;

std::string Seconds(Micros time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(time) / 1e6);
  return text;
}

std::string NodesText(const std::set<NodeId>& nodes) {
  return (nodes.size() == 1 ? "node " : "nodes ") + JoinWords(nodes);
}

}  // namespace

Exchange::Exchange(std::string verb, bool write, Options options, const Environment* environment,
                   Links* links, Knowledge* knowledge)
    : verb_(std::move(verb)),
      write_(write),
      options_(options),
      environment_(environment),
      links_(links),
      knowledge_(knowledge),
      route_(options.preferred, links, knowledge) {
  // A short time-out still leaves time for a second and a third node.
  options_.hello_timeout =
      std::min(options_.hello_timeout, std::max<Micros>(options_.timeout / 3, 50'000));
}

OperationResult Exchange::Run(const std::function<net::CallBody()>& body) {
  body_ = body;
  began_ = Now();
  deadline_ = began_ + options_.timeout;
  Micros pause = kFirstPause;
  NodeId node = route_.First();
  while (Now() < deadline_ && !TooLateToSend()) {
    Link& link = links_->at(node);
    const Micros began = Now();
    hint_ = 0;
    std::optional<replica::Answer> answer = Try(link);
    const bool follow = !answer && route_.Usable(hint_);
    node = route_.Next(node, hint_);
    if (!answer && !follow) {
      answer = Pause(link, std::min(deadline_, began + pause));
      pause = std::min(2 * pause, kLongestPause);
    }
    if (answer) {
      return Settled(*answer);
    }
  }
  if (const std::optional<replica::Answer> late = LateAnswer()) {
    return Settled(*late);
  }
  return GiveUp();
}

std::optional<replica::Answer> Exchange::Try(Link& link) {
  asked_.insert(link.node());
  route_.Asked(link.node());
  if (!link.greeted()) {
    std::optional<replica::Answer> answer =
        Greet(link, std::min(deadline_, Now() + options_.hello_timeout));
    if (answer || !link.greeted()) {
      return answer;
    }
  }
  const Micros until = std::min(deadline_, Now() + options_.try_timeout);
  const Result<std::uint64_t> id = link.Send(body_());
  if (!id.ok()) {
    NoAnswer(link);
    return std::nullopt;
  }
  sent_ = true;
  open_.insert({link.node(), id.value()});
  std::optional<replica::Answer> answer = Await(link, id.value(), until);
  if (!answer && open_.count({link.node(), id.value()}) > 0) {
    NoAnswer(link);
  }
  return answer;
}

/// Says Hello until the node answers, the connection does not come to stand, or time is over.
std::optional<replica::Answer> Exchange::Greet(Link& link, Micros until) {
  const Micros patience = Now() + options_.patience;
  std::optional<std::uint64_t> hello;
  while (Now() < until && (Now() < patience || link.Connected())) {
    if (!hello) {
      if (const Result<std::uint64_t> id = link.Send(net::Hello{}); id.ok()) {
        hello = id.value();
      }
    }
    const std::optional<net::ClientReply> reply = link.Receive(std::min(until, Now() + kSlice));
    if (!reply) {
      continue;
    }
    if (reply->id == hello) {
      open_.insert({link.node(), *hello});
    }
    std::optional<replica::Answer> answer = Judge(link, *reply);
    if (answer || link.greeted() || reply->id == hello) {
      return answer;
    }
  }
  NoAnswer(link);
  return std::nullopt;
}

std::optional<replica::Answer> Exchange::Await(Link& link, std::uint64_t id, Micros until) {
  while (open_.count({link.node(), id}) > 0) {
    // Also what has come already is taken when there is no time left.
    const std::optional<net::ClientReply> reply = link.Receive(until);
    if (reply) {
      if (std::optional<replica::Answer> answer = Judge(link, *reply)) {
        return answer;
      }
    } else if (Now() >= until) {
      break;
    }
  }
  return std::nullopt;
}

/// Waits on the socket: an earlier transmission may be answered meanwhile.
std::optional<replica::Answer> Exchange::Pause(Link& link, Micros until) {
  while (Now() < until) {
    if (const std::optional<net::ClientReply> reply = link.Receive(until)) {
      if (std::optional<replica::Answer> answer = Judge(link, *reply)) {
        return answer;
      }
    }
  }
  return std::nullopt;
}

/// Takes notice of a reply; returns the answer if it settles the request.
std::optional<replica::Answer> Exchange::Judge(Link& link, const net::ClientReply& reply) {
  if (const auto* welcome = std::get_if<net::Welcome>(&reply.body)) {
    open_.erase({link.node(), reply.id});
    return JudgeWelcome(link, *welcome);
  }
  const auto* answer = std::get_if<replica::Answer>(&reply.body);
  if (answer == nullptr || open_.erase({link.node(), reply.id}) == 0) {
    return std::nullopt;  // The late answer to an earlier operation.
  }
  silent_.erase(link.node());
  // Decided by the log itself (slot > 0): nobody will ever know more of it.
  const bool log_says_unknown = answer->code == Code::kUnknownOutcome && answer->slot > 0;
  const bool again = answer->code == Code::kUnavailable ||
                     (answer->code == Code::kUnknownOutcome && !(write_ && log_says_unknown)) ||
                     // Surely not applied by that node, but perhaps by one asked before.
                     (answer->code == Code::kFull && write_ && (lost_ || !open_.empty()));
  if (!again) {
    knowledge_->good = link.node();
    return *answer;
  }
  lost_ = lost_ || answer->code == Code::kUnknownOutcome;
  hint_ = answer->leader;
  if (!answer->message.empty()) {
    said_ = "node " + std::to_string(link.node()) + " says: " + answer->message;
  }
  return std::nullopt;
}

std::optional<replica::Answer> Exchange::JudgeWelcome(Link& link, const net::Welcome& welcome) {
  if (welcome.node != link.node()) {
    replica::Answer answer;
    answer.code = Code::kUsage;
    answer.message = "who answers as " + link.Name() + " is node " + std::to_string(welcome.node) +
                     " of cluster \"" + welcome.cluster_name +
                     "\"; use the same cluster file for the nodes and their clients";
    return answer;
  }
  link.Greeted();
  silent_.erase(link.node());
  knowledge_->decided = std::max(knowledge_->decided, welcome.decided);
  if (welcome.leader != 0) {
    knowledge_->leader = welcome.leader;
  }
  return std::nullopt;
}

/// All is known, and one more transmission would probably end in doubt.
bool Exchange::TooLateToSend() const {
  return write_ && sent_ && open_.empty() && !lost_ && deadline_ - Now() < kRefusalTime;
}

/// An answer that came while another node was being asked.
std::optional<replica::Answer> Exchange::LateAnswer() {
  for (auto& [node, link] : *links_) {
    const auto first = open_.lower_bound({node, 0});
    if (first == open_.end() || first->first != node) {
      continue;
    }
    while (const std::optional<net::ClientReply> reply = link.Receive(Now())) {
      if (std::optional<replica::Answer> answer = Judge(link, *reply)) {
        return answer;
      }
    }
  }
  return std::nullopt;
}

void Exchange::NoAnswer(Link& link) {
  link.Silent();
  silent_.insert(link.node());
}

OperationResult Exchange::Settled(const replica::Answer& answer) {
  if (answer.leader != 0) {
    knowledge_->leader = answer.leader;
  }
  if (answer.code == Code::kOk) {
    knowledge_->decided = std::max(knowledge_->decided, answer.slot);
  }
  return {answer.code, answer.message, answer.slot, answer.value, answer.leader};
}

OperationResult Exchange::GiveUp() const {
  std::string why = said_.empty() ? "" : said_ + "; ";
  if (!silent_.empty()) {
    why += "no answer from " + NodesText(silent_) + "; ";
  }
  why += "asked " + NodesText(asked_) + " for " + Seconds(Now() - began_);
  OperationResult result;
  if (write_ && (lost_ || !open_.empty())) {
    result.code = Code::kUnknownOutcome;
    result.message = "the outcome of this " + verb_ +
                     " is unknown, it may be applied now or later: " + why +
                     "; read the key before you decide what to do";
  } else {
    result.code = Code::kUnavailable;
    result.message =
        (write_ ? "this " + verb_ + " was not applied: " : "this " + verb_ + " got no answer: ") +
        why + "; `cairn status` shows the nodes";
  }
  return result;
}

}  // namespace cairn::client
