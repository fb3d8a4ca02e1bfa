#include "node/node.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "chain/block.h"
#include "client/text.h"
#include "common/check.h"
#include "common/fatal.h"
#include "common/limits.h"
#include "node/clock.h"
#include "node/shares.h"
#include "replica/lane.h"

namespace cairn::node {
namespace {

constexpr Micros kTickEvery = 10'000;
constexpr int kWaitMs = 10;
constexpr int kShortWaitMs = 1;
// However long this process was held up (a slow sync, a busy machine, SIGSTOP), the replica's clock
// goes on by no more than this in a turn: a node's own sleep is not the silence of the others. No
// rule of safety rests on the clock.
constexpr Micros kLongestStep = 50'000;
// All that waits is taken before one commit; this bounds a turn under a flood.
constexpr int kMessagesATurn = 4096;
constexpr int kTurnsInARow = 16;
// Bytes that an answer takes beside its value, or a little more.
constexpr std::size_t kAnswerBytes = 256;

std::vector<NodeId> IdsOf(const config::Cluster& cluster) {
  std::vector<NodeId> ids;
  for (const config::NodeAddress& node : cluster.nodes) {
    ids.push_back(node.id);
  }
  return ids;
}

replica::Options ReplicaOptions(const config::Cluster& cluster, const storage::Identity& identity) {
  replica::Options options =
      replica::DefaultOptions(identity.node, identity.incarnation, IdsOf(cluster), RandomBits());
  options.was_member = identity.formed.has_value();
  return options;
}

replica::Answer ErrorAnswer(const Status& status) {
  return {status.code(), status.message(), 0, {}, 0};
}

}  // namespace

net::ServerOptions SocketOptions(const config::Cluster& cluster,
                                 const storage::Identity& identity) {
  const config::NodeAddress& address = *cluster.Find(identity.node);
  net::ServerOptions options;
  options.self = identity.node;
  options.incarnation = identity.incarnation;
  options.cluster = identity.cluster;
  options.cluster_name = cluster.name;
  options.host = address.host;
  options.client_port = address.client_port;
  options.peer_port = address.peer_port;
  for (const config::NodeAddress& node : cluster.nodes) {
    if (node.id != identity.node) {
      options.peers.push_back({node.id, node.host, node.peer_port});
    }
  }
  options.allow_faults = cluster.allow_faults;
  options.warn = [](const std::string& line) { spdlog::warn(line); };
  return options;
}

Result<std::unique_ptr<Node>> Node::Open(const config::Cluster& cluster, NodeId self,
                                         Memory* memory) {
  auto sockets = net::ServerSockets::Open(SocketOptions(cluster, memory->directory.identity()));
  if (!sockets.ok()) {
    return sockets.status();
  }
  if (const std::string words = WordsOfALostMember(*memory); !words.empty()) {
    spdlog::error(words);
  }
  return std::unique_ptr<Node>(new Node(cluster, self, memory, std::move(sockets).value()));
}

Node::Node(const config::Cluster& cluster, NodeId self, Memory* memory,
           std::unique_ptr<net::ServerSockets> sockets)
    : cluster_(cluster),
      self_(self),
      memory_(memory),
      genesis_hash_(memory->directory.identity().cluster),
      sockets_(std::move(sockets)),
      last_turn_(MonotonicNow()),
      replica_now_(last_turn_),
      replica_(ReplicaOptions(cluster, memory->directory.identity()), memory->recovered,
               memory->machine.get(), last_turn_),
      disk_(memory->directory.path()),
      scrub_(memory->ledger.get(), memory->state.get(), replica_.acceptor().log()),
      driver_(&replica_, memory->ledger.get(), sockets_.get(),
              {.on_answer = [this](const replica::LocalAnswer& answer) { Answer(answer); },
               .on_commit = [this](Micros took) { disk_.Note(took); },
               .on_damage = [this](const Status& problem) { OnBadRead(problem); }}),
      next_token_(RandomBits()) {
  memory->recovered.blocks.clear();
  LearnIdentity();
}

void Node::RunOnce(const std::vector<int>& fds) {
  if (must_restart_) {
    return;
  }
  const Micros began = ThreadTime();  // which does not go on while the loop waits
  const bool has_work = driver_.Restless() || sockets_->OwesNow();
  sockets_->Wait(has_work ? 0 : replica_.Gathering() ? kShortWaitMs : kWaitMs, fds);
  const Micros now = MonotonicNow();
  replica_now_ += std::min(now - last_turn_, kLongestStep);
  last_turn_ = now;
  replica_.Advance(replica_now_, WallNow());
  TakeMessages();
  if (replica_now_ - last_tick_ >= kTickEvery) {
    last_tick_ = replica_now_;
    replica_.Tick(replica_now_, WallNow());
    SayWhatChanged();
    SayWhoIsSilent();
    LearnIdentity();
    LookAfterMemory();
    if (must_restart_) {
      return;  // nothing is written or said on behalf of a memory that was given up
    }
  }
  int turns = 0;
  do {
    driver_.Turn();
    AnswerQuestions();
  } while (driver_.Restless() && ++turns < kTurnsInARow && ThreadTime() - began < kTurnTime);
  longest_turn_ = std::max(longest_turn_, ThreadTime() - began);
}

void Node::TakeMessages() {
  const Micros began = ThreadTime();
  const Micros since = MonotonicNow();
  // A message may have some megabytes, so each is followed by a look at the clock: first at the one
  // that costs no system call and is never behind the other.
  const auto time_is_up = [&](Micros share) {
    return MonotonicNow() - since > share && ThreadTime() - began > share;
  };
  std::size_t bytes = 0;  // which may be blocks, to be written and applied in this turn
  for (int i = 0; i < kMessagesATurn && bytes < kMaxBlockBytes && !time_is_up(kPeersTime); ++i) {
    const auto message = sockets_->NextFromPeer();
    if (!message) {
      break;
    }
    bytes += replica::SizeOf(message->message);
    replica_.Step(*message);
  }
  for (int i = 0; i < kMessagesATurn && !time_is_up(kPeersTime + kClientsTime); ++i) {
    auto call = sockets_->NextFromClient();
    if (!call) {
      break;
    }
    Handle(*std::move(call));
  }
}

void Node::Handle(net::InboundCall call) {
  if (auto* write = std::get_if<net::Write>(&call.body)) {
    const replica::Token token = next_token_++;
    calls_.emplace(token, call.address);
    replica_.Submit(token, std::move(write->request));
  } else if (auto* read = std::get_if<net::Read>(&call.body);
             read != nullptr && sockets_->HasRoom(call.address)) {
    BeginRead(call.address, std::move(*read));
  } else {
    // Served when the turn is over, from what is durable, once there is room for a reply.
    sockets_->Owe(call.address, std::move(call.body));
  }
}

void Node::BeginRead(net::ClientAddress from, net::Read read) {
  // The value that is there now says how much room its answer will take.
  const auto entry = machine().Get(read.key);
  sockets_->Await(&from, kAnswerBytes + (entry ? entry->value.size() : 0));
  const replica::Token token = next_token_++;
  calls_.emplace(token, from);
  replica_.Read(token, std::move(read.key));
}

void Node::AnswerQuestions() {
  if (!sockets_->OwesNow()) {
    sockets_->FlushReplies();
    return;
  }
  const Micros until = ThreadTime() + kQuestionsTime;
  sockets_->Pay([&](net::InboundCall call) { return ServeOwed(call); },
                [&] { return ThreadTime() >= until; });
  sockets_->FlushReplies();
}

std::size_t Node::ServeOwed(net::InboundCall& call) {
  return std::visit(
      [&](auto& body) -> std::size_t {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, net::Write>) {
          CAIRN_CHECK(false, "a write is the replica's to answer");
          return 0;
        } else if constexpr (std::is_same_v<Body, net::Read>) {
          BeginRead(call.address, std::move(body));
          return kAnswerBytes;
        } else {
          const net::ReplyBody reply = Serve(body);
          sockets_->Reply(call.address, reply);
          const auto* answer = std::get_if<replica::Answer>(&reply);
          return answer == nullptr ? kMaxCatchUpBytes : kAnswerBytes + answer->value.size();
        }
      },
      call.body);
}

void Node::Answer(const replica::LocalAnswer& answer) {
  const auto call = calls_.find(answer.token);
  if (call != calls_.end()) {
    sockets_->Reply(call->second, answer.answer);
    calls_.erase(call);
  }
}

net::ReplyBody Node::Serve(const net::Hello& /*call*/) const {
  const replica::ReplicaStatus status = replica_.Status();
  return net::Welcome{self_, cluster_.name, genesis_hash_, status.decided, status.leader};
}

net::ReplyBody Node::Serve(const net::StaleRead& call) const {
  replica::Answer answer;
  if (auto entry = machine().Get(call.key)) {
    answer.value = std::move(entry->value);
  } else {
    answer = ErrorAnswer(Status::NotFound("there is no such key at node " + std::to_string(self_)));
  }
  answer.slot = machine().applied();
  answer.leader = replica_.LeaderHint();
  return answer;
}

net::ReplyBody Node::Serve(const net::StatusCall& /*call*/) const { return Report(); }

net::ReplyBody Node::Serve(const net::ChainCall& call) const {
  // What is on the disk: the replica may be a turn ahead of it, and then knows another block as
  // decided than the disk has at that slot.
  const Slot tip = ledger().head().tip;
  const Slot decided =
      replica_.acceptor().changed() ? ledger().head().decided : replica_.acceptor().log().decided();
  net::ChainPart part{{}, tip, std::min(decided, tip)};
  if (call.first <= std::min(call.last, tip)) {
    auto blocks = ledger().ReadRange(call.first, call.last, kMaxCatchUpBlocks, kMaxCatchUpBytes);
    if (!blocks.ok()) {
      return ErrorAnswer(blocks.status());  // the scrub finds it, if it is not known yet
    }
    part.blocks = std::move(blocks).value();
  }
  return part;
}

net::ReplyBody Node::Serve(const net::FaultCall& call) {
  using Kind = net::FaultCall::Kind;
  if (call.kind == Kind::kFailProcess) {
    return ErrorAnswer(FailProcess());
  }
  const auto done = ChangeLink(call.kind == Kind::kFailLink, call.a, call.b);
  if (!done.ok()) {
    return ErrorAnswer(done.status());
  }
  return net::FaultDone{done.value()};
}

net::StatusReport Node::Report() const {
  net::StatusReport report;
  report.replica = replica_.Status();
  report.incarnation = memory_->directory.identity().incarnation;
  report.formed = formed_;
  for (const config::NodeAddress& node : cluster_.nodes) {
    if (node.id != self_) {
      report.links.push_back({node.id, sockets_->IsCut(node.id)  ? "cut"
                                       : replica_.Hears(node.id) ? "up"
                                                                 : "silent"});
    }
  }
  report.dropped = sockets_->dropped();
  report.verified = scrub_.verified();
  report.sessions = machine().session_count();
  report.longest_turn = longest_turn_;
  report.notes = Notes();
  return report;
}

Status Node::FaultsAllowed() const {
  return cluster_.allow_faults
             ? Status::Ok()
             : Status::Denied(
                   "faults are not allowed in this cluster: set allow_faults = true in " +
                   cluster_.path + " and start the nodes again");
}

Result<std::string> Node::ChangeLink(bool cut, NodeId a, NodeId b) {
  if (Status allowed = FaultsAllowed(); !allowed.ok()) {
    return allowed;
  }
  const NodeId peer = a == self_ ? b : a;
  if ((a != self_ && b != self_) || a == b || cluster_.Find(peer) == nullptr) {
    return Status::Usage(
        "a link has two different nodes of the cluster for its ends and this is node " +
        std::to_string(self_) + ": say it at one of the ends, for example " +
        (cut ? "failLink(" : "fixLink(") + std::to_string(self_) + "," +
        std::to_string(self_ == 1 ? 2 : 1) + ")");
  }
  const std::string link =
      "the link between node " + std::to_string(self_) + " and node " + std::to_string(peer);
  if (cut) {
    sockets_->FailLink(peer);
    spdlog::warn("{} is cut, in both directions", link);
    return link + " is cut, in both directions";
  }
  sockets_->FixLink(peer);
  spdlog::warn("{} is mended", link);
  return link + " is mended";
}

Status Node::FailProcess() {
  if (Status allowed = FaultsAllowed(); !allowed.ok()) {
    return allowed;
  }
  ::kill(::getpid(), SIGKILL);
  return Status::Ok();
}

std::string Node::Reconnect(const std::vector<NodeId>& leave_out) {
  sockets_->Reconnect(leave_out);
  left_out_ = leave_out;
  std::vector<NodeId> reached;
  std::vector<NodeId> cut;
  for (const config::NodeAddress& node : cluster_.nodes) {
    if (node.id == self_ || std::ranges::find(leave_out, node.id) != leave_out.end()) {
      continue;
    }
    reached.push_back(node.id);
    if (sockets_->IsCut(node.id)) {
      cut.push_back(node.id);
    }
  }
  std::string done = reached.empty() ? "all connections are closed"
                                     : "the connections to " + client::NodesText(reached) +
                                           " were closed and are being opened again";
  if (!leave_out.empty()) {
    done += "; " + client::NodesText(leave_out) + (leave_out.size() == 1 ? " is" : " are") +
            " left out: nothing is sent there and nothing is taken from there until the next "
            "reconnect";
  }
  if (!cut.empty()) {
    done += "; the " + std::string(cut.size() == 1 ? "link to " : "links to ") +
            client::NodesText(cut) + (cut.size() == 1 ? " stays" : " stay") +
            " cut until fixLink mends " + (cut.size() == 1 ? "it" : "them");
  }
  spdlog::info(done);
  return done;
}

void Node::SayWhoIsSilent() {
  for (const config::NodeAddress& node : cluster_.nodes) {
    const bool expected = node.id != self_ && formed_ && !sockets_->IsCut(node.id) &&
                          std::ranges::find(left_out_, node.id) == left_out_.end();
    if (!expected) {
      watch_.Forget(node.id);
    } else if (const auto news = watch_.Look(node.id, replica_.Hears(node.id), replica_now_)) {
      spdlog::warn(*news);
    }
  }
}

void Node::SayWhatChanged() {
  replica::ReplicaStatus status = replica_.Status();
  if (status.words != last_words_) {
    spdlog::info(status.words);
    last_words_ = std::move(status.words);
  }
  if (const auto complaint = clock_.Complaint(status.ahead, last_turn_)) {
    spdlog::warn(*complaint);
  }
}

}  // namespace cairn::node
