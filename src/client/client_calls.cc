// Questions to single nodes: status, chain, faults. Nobody else can answer them.

#include <algorithm>
#include <set>
#include <utility>

#include "chain/block_format.h"
#include "client/client.h"
#include "client/wait_times.h"
#include "text/text.h"

namespace cairn::client {
namespace {

/// For a single node's connection to stand; a node that does not run is not waited for longer.
constexpr Micros kConnectTime = 1'000'000;
/// For all nodes to say how they are.
constexpr Micros kStatusTime = 1'000'000;
/// Nodes to which no connection stands by then are not waited for if all others have answered.
constexpr Micros kStatusConnectTime = 400'000;
/// How long each node is waited for in turn.
constexpr Micros kStatusSlice = 2'000;

template <typename Reply>
Result<Reply> Expect(Result<api::ReplyBody> reply) {
  if (!reply.ok()) {
    return reply.status();
  }
  api::ReplyBody body = std::move(reply).value();
  if (auto* expected = std::get_if<Reply>(&body)) {
    return std::move(*expected);
  }
  const auto* answer = std::get_if<api::Answer>(&body);
  return answer != nullptr ? RefusalOf(*answer)
                           : Status::Other(
                                 "the node gave an answer of another kind; is it of "
                                 "another version?");
}

void TakeReport(const api::ClientReply& reply, const Status& sender, NodeReport* report) {
  if (!sender.ok()) {
    report->reason = sender.message();
    report->refused = sender.code();
  } else if (const auto* status = std::get_if<api::StatusReport>(&reply.body)) {
    report->report = *status;
  } else if (const auto* answer = std::get_if<api::Answer>(&reply.body)) {
    report->reason = answer->message;
    report->refused = IsLasting(RefusalOf(*answer)) ? answer->code : Code::kOk;
  }
}

/// The part continues the chain after `previous`, from slot `next` on.
Status CheckPart(const api::ChainPart& part, const BlockPtr& previous, Slot next) {
  BlockPtr before = previous;
  for (const BlockPtr& block : part.blocks) {
    if (block->slot() != next) {
      return Status::Integrity("the node sent block " + std::to_string(block->slot()) +
                               " where block " + std::to_string(next) +
                               " belongs; run `cairn verify` on its directory");
    }
    if (before != nullptr) {
      if (Status status = chain::VerifyLink(*before, *block); !status.ok()) {
        return status;
      }
    }
    before = block;
    ++next;
  }
  return Status::Ok();
}

}  // namespace

Result<api::ReplyBody> Client::Ask(NodeId node, const api::CallBody& body, bool repeat) {
  if (Status status = CheckNode(node); !status.ok()) {
    return status;
  }
  Link& link = links_.at(node);
  const Micros began = environment_.now();
  const Micros deadline = began + options_.timeout;
  const Micros connect_timeout = began + std::min(kConnectTime, options_.timeout);
  Micros next_send = began;
  std::set<std::uint64_t> sent;
  for (Micros now = began; now < deadline; now = environment_.now()) {
    if (sent.empty() || (repeat && now >= next_send)) {
      if (const Result<std::uint64_t> id = link.Send(body); id.ok()) {
        sent.insert(id.value());
        next_send = now + options_.try_timeout;
      }
    }
    const std::optional<api::ClientReply> reply = link.Receive(std::min(deadline, now + kSlice));
    if (reply && (reply->id == 0 || sent.count(reply->id) > 0)) {
      Status sender = link.CheckSender(*reply);
      return sender.ok() ? Result<api::ReplyBody>(reply->body) : std::move(sender);
    }
    if (!reply && !link.Connected() &&
        (environment_.now() >= connect_timeout || (!repeat && !sent.empty()))) {
      break;
    }
  }
  const bool connected = link.Connected();
  if (!repeat && !connected) {
    link.Close();  // What waits there must not reach the node's next life.
  }
  return Status::Unavailable(config::NodeText(link.address()) +
                             (connected ? " is connected and does not answer"
                                        : " does not answer; is `cairn server " +
                                              std::to_string(node) + "` running there?"));
}

std::vector<NodeReport> Client::StatusOfAll() {
  std::vector<NodeReport> reports;
  reports.reserve(links_.size());
  for (const auto& [node, link] : links_) {
    reports.push_back({node, std::nullopt, "no answer"});
  }
  CollectStatus(&reports, environment_.now() + std::min(options_.timeout, kStatusTime));
  return reports;
}

void Client::CollectStatus(std::vector<NodeReport>* reports, Micros until) {
  const Micros connect_until = environment_.now() + kStatusConnectTime;
  std::map<NodeId, std::uint64_t> sent;
  std::set<NodeId> answered;
  bool worth_waiting = true;
  while (worth_waiting && environment_.now() < until) {
    worth_waiting = false;
    for (NodeReport& report : *reports) {
      Link& link = links_.at(report.node);
      if (answered.count(report.node) > 0) {
        continue;
      }
      if (sent.count(report.node) == 0) {
        if (const Result<std::uint64_t> id = link.Send(api::StatusCall{}); id.ok()) {
          sent[report.node] = id.value();
        }
      }
      const std::optional<api::ClientReply> reply =
          link.Receive(std::min(until, environment_.now() + kStatusSlice));
      const auto id = sent.find(report.node);
      if (reply && id != sent.end() && (id->second == reply->id || reply->id == 0)) {
        TakeReport(*reply, link.CheckSender(*reply), &report);
        answered.insert(report.node);
      } else {
        worth_waiting = worth_waiting || link.Connected() || environment_.now() < connect_until;
      }
    }
  }
}

Result<NodeId> Client::FirstThatAnswers() {
  const std::vector<NodeReport> reports = StatusOfAll();
  const auto answers = [&reports](NodeId node) {
    return std::any_of(reports.begin(), reports.end(), [node](const NodeReport& report) {
      return report.node == node && report.report;
    });
  };
  if (answers(options_.preferred)) {
    return options_.preferred;
  }
  for (const NodeReport& report : reports) {
    if (report.report) {
      return report.node;
    }
  }
  return Status::Unavailable("no node of " + cluster_.path +
                             " answers; start them with `cairn server ID`");
}

Status Client::Chain(NodeId node, Slot from, std::optional<Slot> to,
                     const std::function<void(const Block&, Slot)>& visit) {
  if (node == 0) {
    const Result<NodeId> first = FirstThatAnswers();
    if (!first.ok()) {
      return first.status();
    }
    node = first.value();
  }
  if (to && *to < from) {
    return Status::Usage("--from " + std::to_string(from) + " is after --to " +
                         std::to_string(*to) + "; write the smaller slot first");
  }
  Slot next = from;
  Slot last = from;  // The first part says how far the chain reaches.
  BlockPtr previous;
  while (next <= last) {
    const Result<api::ChainPart> part =
        Expect<api::ChainPart>(Ask(node, api::ChainCall{next, last}, true));
    if (!part.ok()) {
      return part.status();
    }
    if (next == from && previous == nullptr) {
      last = std::min(to.value_or(part->tip), part->tip);
      if (part->tip < from) {
        return Status::NotFound("node " + std::to_string(node) + " has no block " +
                                std::to_string(from) + "; its newest one is " +
                                std::to_string(part->tip));
      }
    }
    if (Status status = CheckPart(part.value(), previous, next); !status.ok()) {
      return status;
    }
    if (part->blocks.empty()) {
      return Status::Other("node " + std::to_string(node) + " gave no block at slot " +
                           std::to_string(next) + "; its chain may have changed meanwhile");
    }
    for (const BlockPtr& block : part->blocks) {
      visit(*block, part->decided);
    }
    previous = part->blocks.back();
    next = previous->slot() + 1;
  }
  return Status::Ok();
}

Status Client::Hello(NodeId node) {
  const Result<api::Welcome> welcome = Expect<api::Welcome>(Ask(node, api::Hello{}, true));
  return welcome.ok() ? CheckWelcome(links_.at(node).address(), welcome.value()) : welcome.status();
}

Result<std::string> Client::Fault(NodeId node, const api::FaultCall& call) {
  // A fault is sent once, and only to a node that answers: one that waits in a queue would hit the
  // node's next life.
  if (Status status = Hello(node); !status.ok()) {
    return status;
  }
  const Result<api::FaultDone> done = Expect<api::FaultDone>(Ask(node, call, false));
  if (!done.ok()) {
    return done.status();
  }
  return done->words;
}

Result<std::string> Client::FaultLink(api::FaultCall::Kind kind, NodeId a, NodeId b) {
  for (const NodeId node : {a, b}) {
    if (Status status = CheckNode(node); !status.ok()) {
      return status;
    }
  }
  if (a == b) {
    return Status::Usage("a link has two ends; name two different nodes");
  }
  Result<std::string> done = Fault(a, {kind, a, b});
  if (done.status().code() == Code::kUnavailable) {
    done = Fault(b, {kind, b, a});
  }
  return done;
}

Result<std::string> Client::FailProcess(NodeId node) {
  if (Status status = Hello(node); !status.ok()) {
    return status;
  }
  const Result<api::FaultDone> done = Expect<api::FaultDone>(
      Ask(node, api::FaultCall{api::FaultCall::Kind::kFailProcess, 0, 0}, false));
  Link& link = links_.at(node);
  if (done.ok()) {
    return done->words;
  }
  if (done.status().code() != Code::kUnavailable) {
    return done.status();
  }
  if (link.Connected()) {
    return Status::Unknown(config::NodeText(link.address()) +
                           " was told to fail, still stands and did not answer");
  }
  return "node " + std::to_string(node) + " was told to fail, and its connection is gone";
}

Status Client::Reconnect(NodeId node) {
  if (Status status = CheckNode(node); !status.ok()) {
    return status;
  }
  options_.preferred = node;
  links_.at(node).Close();
  return Hello(node);
}

}  // namespace cairn::client
