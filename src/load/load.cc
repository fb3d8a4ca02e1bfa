#include "load/load.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/wait_times.h"
#include "common/check.h"
#include "text/text.h"

namespace cairn::load {
namespace {

/// How often connections and overdue clients are looked at.
constexpr Micros kTick = 10'000;
/// An answer that took long is forgotten in some seconds.
constexpr Micros kTicksOfMemory = 256;
constexpr Micros kProgressEvery = 200'000;
/// Nodes that have not answered a Hello by then are left out, if others have.
constexpr Micros kGreetingTime = 1'000'000;
/// Replies of one connection in a row, so that none waits for another for long.
constexpr int kRepliesInARow = 256;
constexpr Micros kNever = ~Micros{0};

}  // namespace

Load::Load(config::Cluster cluster, LoadOptions options, client::Environment environment)
    : cluster_(std::move(cluster)),
      options_(std::move(options)),
      environment_(std::move(environment)),
      work_(options_.op, options_.keys, options_.value_size, environment_.random()) {
  CAIRN_CHECK(
      options_.clients > 0 && options_.clients <= kMaxLoadClients && !options_.nodes.empty(),
      "a load has clients, and nodes to go to");
}

Result<LoadResult> Load::Run(const OnProgress& on_progress) {
  on_progress_ = on_progress;
  if (Status status = Connect(); !status.ok()) {
    return status;
  }
  const std::size_t standing = connections_.size();
  AssignClients();
  start_ = environment_.now();
  const Micros begin = start_ + options_.warmup;
  recorder_.emplace(begin, options_.op == LoadOp::kFill ? kNever : begin + options_.duration);
  next_progress_ = start_ + kProgressEvery;
  next_tick_ = start_;
  Micros now = start_;
  while (!(Over(now) && idle_.size() == clients_.size())) {
    if (now >= next_tick_) {
      Tick(now);
    }
    BeginDue(now);
    if (!Receive()) {
      Wait(environment_.now());
    }
    now = environment_.now();
  }
  if (options_.op == LoadOp::kFill) {
    recorder_->EndAt(std::max(now, begin + 1));
  }
  CountLate();
  LoadResult result = recorder_->Finish();
  result.connections = standing;
  return result;
}

// --- connections

Status Load::Connect() {
  view_.formed = environment_.formed;
  view_.kept_at = environment_.kept_at;
  for (std::size_t i = 0; i < options_.connections; ++i) {
    if (Status status = Open(options_.nodes[i % options_.nodes.size()]); !status.ok()) {
      return status;
    }
  }
  const Micros began = environment_.now();
  Micros now = began;
  while (!AllAnswered() && now - began < options_.timeout &&
         (now - began < kGreetingTime || !TrustedFrom(0))) {
    for (LoadConnection& connection : connections_) {
      connection.Tick(now);
    }
    environment_.wait(transports_, now + kTick);
    (void)Receive();
    now = environment_.now();
  }
  if (!TrustedFrom(0)) {
    return NobodyToTrust();
  }
  std::erase_if(connections_, [](const LoadConnection& one) { return !one.trusted(); });
  transports_.clear();
  for (const LoadConnection& connection : connections_) {
    transports_.push_back(connection.transport());
  }
  return Status::Ok();
}

Status Load::NobodyToTrust() const {
  for (const LoadConnection& connection : connections_) {
    if (!connection.refusal().ok()) {
      return connection.refusal();
    }
  }
  return Status::Unavailable("no answer from " + text::NodesText(options_.nodes) +
                             "; `cairn status` shows the nodes");
}

Status Load::Open(NodeId node) {
  const config::NodeAddress* address = cluster_.Find(node);
  CAIRN_CHECK(address != nullptr, "a load goes to nodes of the cluster");
  Result<std::unique_ptr<client::Transport>> transport = environment_.connect(*address);
  if (!transport.ok()) {
    return transport.status();
  }
  connections_.emplace_back(*address, std::move(transport).value());
  if (view_.formed) {
    connections_.back().transport()->MeantFor(*view_.formed);
  }
  transports_.push_back(connections_.back().transport());
  return Status::Ok();
}

/// Or refuse, and not for a while only.
bool Load::AllAnswered() const {
  return std::ranges::all_of(connections_, [](const LoadConnection& connection) {
    return connection.trusted() || client::IsLasting(connection.refusal());
  });
}

std::optional<std::size_t> Load::TrustedFrom(std::size_t connection) const {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const std::size_t at = (connection + i) % connections_.size();
    if (connections_[at].trusted()) {
      return at;
    }
  }
  return std::nullopt;
}

/// Opened now if there is none; then it can't be trusted yet.
std::optional<std::size_t> Load::ConnectionTo(NodeId node) {
  const auto found = std::ranges::find(connections_, node, &LoadConnection::node);
  if (found != connections_.end()) {
    return static_cast<std::size_t>(found - connections_.begin());
  }
  if (cluster_.Find(node) == nullptr || !Open(node).ok()) {
    return std::nullopt;
  }
  return connections_.size() - 1;
}

// --- operations

void Load::AssignClients() {
  clients_.reserve(options_.clients);
  for (std::uint32_t i = 0; i < options_.clients; ++i) {
    clients_.emplace_back(i, NewId());
    clients_.back().connection = i % connections_.size();
    idle_.push_back(i);
  }
  std::ranges::reverse(idle_);
}

ClientId Load::NewId() {
  ClientId id = 0;
  while (id == 0) {
    id = environment_.random();
  }
  return id;
}

Micros Load::DueAt(std::uint64_t number) const {
  return start_ + static_cast<Micros>(static_cast<double>(number) * 1e6 / options_.rate);
}

bool Load::Over(Micros now) const { return exhausted_ || now >= recorder_->end(); }

void Load::CountLate() {
  for (std::uint64_t i = begun_; options_.rate > 0 && DueAt(i) < recorder_->end(); ++i) {
    recorder_->NotBegun(DueAt(i));
  }
}

void Load::BeginDue(Micros now) {
  while (!idle_.empty() && !Over(now)) {
    const Micros due = options_.rate > 0 ? DueAt(begun_) : now;
    if (due > now || due >= recorder_->end()) {
      return;
    }
    LoadClient& client = clients_[idle_.back()];
    idle_.pop_back();
    Begin(client, due, now);
  }
}

void Load::Begin(LoadClient& client, Micros due, Micros now) {
  const std::optional<LoadOperation> operation = work_.Next();
  if (!operation) {
    exhausted_ = true;
    idle_.push_back(client.index());
    return;
  }
  ++begun_;
  if (client.SessionIsOld(now)) {
    client.Renew(NewId());
  }
  client.Begin(*operation, &work_, due, now);
  Transmit(client, now);
}

void Load::Finish(LoadClient& client, Code code, Micros now) {
  if (code == Code::kOk || code == Code::kNotFound) {
    recorder_->Succeeded(client.due(), now);
    if (code == Code::kNotFound) {
      recorder_->NotFound(now);
    }
  } else {
    recorder_->Failed(code, client.due(), now);
    if (client.session_lost()) {
      client.Renew(NewId());
    }
  }
  Leave(client);
  client.End(now);
  idle_.push_back(client.index());
}

// --- events

bool Load::Receive() {
  bool any = false;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    for (int row = 0; row < kRepliesInARow; ++row) {
      const std::optional<api::ClientReply> reply = connections_[i].transport()->Receive(0);
      if (!reply) {
        break;
      }
      any = true;
      Take(connections_[i], *reply);  // It may open a connection: no reference to one is kept.
    }
  }
  return any;
}

void Load::Take(LoadConnection& from, const api::ClientReply& reply) {
  const auto* answer = std::get_if<api::Answer>(&reply.body);
  if (Status sender = client::CheckSender(from.address(), view_, reply); !sender.ok()) {
    from.Refused(std::move(sender));
    return;
  }
  if (view_.Learn(reply.formed) && environment_.keep) {
    environment_.keep(*reply.formed);
  }
  if (reply.id == kHelloId) {
    if (const auto* welcome = std::get_if<api::Welcome>(&reply.body)) {
      from.Greeted(*welcome);
      view_.Learn(*welcome);
    } else if (answer != nullptr) {
      from.Refused(client::RefusalOf(*answer));
    }
    return;
  }
  const std::optional<std::uint32_t> index = LoadClient::IndexOf(reply.id);
  if (!index || *index >= clients_.size()) {
    return;
  }
  LoadClient& client = clients_[*index];
  const LoadClient::Verdict verdict = client.Take(reply);
  const Micros now = environment_.now();
  const std::size_t at = client.connection;
  if (verdict != LoadClient::Verdict::kStray) {
    connections_[at].Heard(now);
    NoteAnswer(client, now);
  }
  if (verdict == LoadClient::Verdict::kAgain) {
    view_.Unlearn(*answer);
    TryAgain(client, now);
  } else if (verdict == LoadClient::Verdict::kSettled) {
    if (answer != nullptr) {
      view_.Learn(from.node(), *answer);
    }
    Finish(client, client.outcome(), now);
    LetIn(at, now);
    BeginDue(now);
  }
}

void Load::Tick(Micros now) {
  next_tick_ = now + kTick;
  for (LoadConnection& connection : connections_) {
    connection.Tick(now);
  }
  for (LoadClient& client : clients_) {
    if (client.busy()) {
      Check(client, now);
    }
  }
  LetAllIn(now);
  slow_ -= slow_ / kTicksOfMemory;
  if (now >= next_progress_) {
    SayProgress(now);
  }
}

void Load::Check(LoadClient& client, Micros now) {
  if (now - client.began() >= options_.timeout) {
    Finish(client, client.GiveUp(), now);
    return;
  }
  if (client.pausing) {
    if (now >= client.wait_until) {
      Transmit(client, now);
    }
    return;
  }
  LoadConnection& connection = connections_[client.connection];
  if (client.queued ? connection.standing() : !Silent(client, now)) {
    return;
  }
  connection.Silent();
  Leave(client);
  client.connection = (client.connection + 1) % connections_.size();
  Transmit(client, now);
}

void Load::Wait(Micros now) {
  Micros until = next_tick_;
  if (options_.rate > 0 && !idle_.empty() && !Over(now)) {
    until = std::min(until, DueAt(begun_));
  }
  if (until > now) {
    environment_.wait(transports_, until);
  }
}

void Load::SayProgress(Micros now) {
  if (on_progress_) {
    const Micros elapsed = now - start_;
    const double seconds = static_cast<double>(elapsed - said_.elapsed) / 1e6;
    const std::uint64_t before = said_.operations;
    said_ = {elapsed, options_.op == LoadOp::kFill ? 0 : options_.warmup + options_.duration,
             recorder_->successes(), recorder_->failures(), 0};
    said_.rate = static_cast<double>(said_.operations - before) / seconds;
    on_progress_(said_);
  }
  next_progress_ = now + kProgressEvery;
}

}  // namespace cairn::load
