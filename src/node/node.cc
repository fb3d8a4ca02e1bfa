#include "node/node.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "chain/block_format.h"
#include "common/fatal.h"
#include "common/limits.h"
#include "node/shares.h"
#include "replica/lane.h"
#include "system/clock.h"
#include "text/text.h"

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

std::vector<NodeId> IdsOf(const config::Cluster& cluster) {
  std::vector<NodeId> ids;
  for (const config::NodeAddress& node : cluster.nodes) {
    ids.push_back(node.id);
  }
  return ids;
}

replica::Options ReplicaOptions(const config::Cluster& cluster, const storage::Identity& identity) {
  replica::Options options = replica::DefaultOptions(identity.node, identity.incarnation,
                                                     IdsOf(cluster), system::RandomBits());
  options.was_member = identity.formed.has_value();
  return options;
}

}  // namespace

net::PeerNetworkOptions PeerOptions(const config::Cluster& cluster,
                                    const storage::Identity& identity) {
  const config::NodeAddress& address = *cluster.Find(identity.node);
  net::PeerNetworkOptions options;
  options.self = identity.node;
  options.incarnation = identity.incarnation;
  options.cluster = identity.cluster;
  options.cluster_name = cluster.name;
  options.host = address.host;
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

door::ClientDoorOptions DoorOptions(const config::Cluster& cluster,
                                    const storage::Identity& identity) {
  const config::NodeAddress& address = *cluster.Find(identity.node);
  return {.self = identity.node,
          .cluster = identity.cluster,
          .cluster_name = cluster.name,
          .host = address.host,
          .client_port = address.client_port,
          .warn = [](const std::string& line) { spdlog::warn(line); }};
}

Result<std::unique_ptr<Node>> Node::Open(const config::Cluster& cluster, NodeId self,
                                         DurableState* memory) {
  auto peers = net::PeerNetwork::Open(PeerOptions(cluster, memory->directory.identity()));
  if (!peers.ok()) {
    return peers.status();
  }
  auto door = door::ClientDoor::Open(DoorOptions(cluster, memory->directory.identity()));
  if (!door.ok()) {
    return door.status();
  }
  if (const std::string words = WordsOfALostMember(*memory); !words.empty()) {
    spdlog::error(words);
  }
  return std::unique_ptr<Node>(
      new Node(cluster, self, memory, std::move(peers).value(), std::move(door).value()));
}

Node::Node(const config::Cluster& cluster, NodeId self, DurableState* memory,
           std::unique_ptr<net::PeerNetwork> peers, std::unique_ptr<door::Door> door)
    : cluster_(cluster),
      self_(self),
      memory_(memory),
      peers_(std::move(peers)),
      door_(std::move(door)),
      last_turn_(system::MonotonicNow()),
      replica_now_(last_turn_),
      replica_(ReplicaOptions(cluster, memory->directory.identity()), memory->recovered,
               memory->machine.get(), last_turn_),
      disk_(memory->directory.path()),
      scrub_(memory->ledger.get(), memory->state.get(), replica_.acceptor().log()),
      service_(door_.get(), &replica_, memory, cluster.name,
               {.report = [this] { return Report(); },
                .fault = [this](const api::FaultCall& call) { return DoFault(call); }}),
      driver_(&replica_, memory->ledger.get(), peers_.get(), door_.get(),
              {.on_answer = [this](const replica::LocalAnswer& answer) { service_.Answer(answer); },
               .on_commit = [this](Micros took) { disk_.Note(took); },
               .on_damage = [this](const Status& problem) { OnBadRead(problem); }}) {
  memory->recovered.blocks.clear();
  LearnIdentity();
}

void Node::RunOnce(const std::vector<int>& fds) {
  if (must_restart_) {
    return;
  }
  const Micros began = system::ThreadTime();  // which does not go on while the loop waits
  const bool has_work = driver_.HasWork() || door_->OwesNow();
  const std::array<net::Port*, 2> ports = {peers_.get(), door_.get()};
  net::WaitFor(ports, has_work ? 0 : replica_.IsBatching() ? kShortWaitMs : kWaitMs, fds);
  const Micros now = system::MonotonicNow();
  replica_now_ += std::min(now - last_turn_, kLongestStep);
  last_turn_ = now;
  replica_.Advance(replica_now_, system::WallNow());
  TakeMessages();
  if (replica_now_ - last_tick_ >= kTickEvery) {
    last_tick_ = replica_now_;
    replica_.Tick(replica_now_, system::WallNow());
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
    service_.AnswerQuestions();
  } while (driver_.HasWork() && ++turns < kTurnsInARow && system::ThreadTime() - began < kTurnTime);
  longest_turn_ = std::max(longest_turn_, system::ThreadTime() - began);
}

void Node::TakeMessages() {
  const Micros began = system::ThreadTime();
  const Micros since = system::MonotonicNow();
  // A message may have some megabytes, so each is followed by a look at the clock: first at the one
  // that costs no system call and is never behind the other.
  const auto time_is_up = [&](Micros share) {
    return system::MonotonicNow() - since > share && system::ThreadTime() - began > share;
  };
  std::size_t bytes = 0;  // which may be blocks, to be written and applied in this turn
  for (int i = 0; i < kMessagesATurn && bytes < kMaxBlockBytes && !time_is_up(kPeersTime); ++i) {
    const auto message = peers_->Next();
    if (!message) {
      break;
    }
    bytes += replica::SizeOf(message->message);
    replica_.Step(*message);
  }
  service_.TakeCalls(kMessagesATurn, [&] { return time_is_up(kPeersTime + kClientsTime); });
}

Result<std::string> Node::DoFault(const api::FaultCall& call) {
  using Kind = api::FaultCall::Kind;
  if (call.kind != Kind::kFailProcess) {
    return ChangeLink(call.kind == Kind::kFailLink, call.a, call.b);
  }
  const Status failed = FailProcess();
  return failed.ok() ? Result<std::string>("") : failed;
}

api::StatusReport Node::Report() const {
  api::StatusReport report;
  report.replica = replica_.Report();
  report.incarnation = memory_->directory.identity().incarnation;
  report.formed = formed_;
  for (const config::NodeAddress& node : cluster_.nodes) {
    if (node.id != self_) {
      report.links.push_back({node.id, peers_->IsCut(node.id)    ? "cut"
                                       : replica_.Hears(node.id) ? "up"
                                                                 : "silent"});
    }
  }
  report.dropped = peers_->dropped() + door_->dropped();
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
    peers_->FailLink(peer);
    spdlog::warn("{} is cut, in both directions", link);
    return link + " is cut, in both directions";
  }
  peers_->FixLink(peer);
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
  peers_->Reconnect(leave_out);
  left_out_ = leave_out;
  std::vector<NodeId> reached;
  std::vector<NodeId> cut;
  for (const config::NodeAddress& node : cluster_.nodes) {
    if (node.id == self_ || std::ranges::find(leave_out, node.id) != leave_out.end()) {
      continue;
    }
    reached.push_back(node.id);
    if (peers_->IsCut(node.id)) {
      cut.push_back(node.id);
    }
  }
  std::string done = reached.empty() ? "all connections are closed"
                                     : "the connections to " + text::NodesText(reached) +
                                           " were closed and are being opened again";
  if (!leave_out.empty()) {
    done += "; " + text::NodesText(leave_out) + (leave_out.size() == 1 ? " is" : " are") +
            " left out: nothing is sent there and nothing is taken from there until the next "
            "reconnect";
  }
  if (!cut.empty()) {
    done += "; the " + std::string(cut.size() == 1 ? "link to " : "links to ") +
            text::NodesText(cut) + (cut.size() == 1 ? " stays" : " stay") +
            " cut until fixLink mends " + (cut.size() == 1 ? "it" : "them");
  }
  spdlog::info(done);
  return done;
}

void Node::SayWhoIsSilent() {
  for (const config::NodeAddress& node : cluster_.nodes) {
    const bool expected = node.id != self_ && formed_ && !peers_->IsCut(node.id) &&
                          std::ranges::find(left_out_, node.id) == left_out_.end();
    if (!expected) {
      watch_.Forget(node.id);
    } else if (const auto news = watch_.Look(node.id, replica_.Hears(node.id), replica_now_)) {
      spdlog::warn(*news);
    }
  }
}

void Node::SayWhatChanged() {
  api::ReplicaStatus status = replica_.Report();
  if (status.words != last_words_) {
    spdlog::info(status.words);
    last_words_ = std::move(status.words);
  }
  if (const auto complaint = clock_.Complaint(status.ahead, last_turn_)) {
    spdlog::warn(*complaint);
  }
}

}  // namespace cairn::node
