#include "door/zmq/client_door.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "common/limits.h"
#include "net/wire/tcp.h"

namespace cairn::door {
namespace {

// Messages that one call of Next looks at: garbage must not keep the loop from its work.
constexpr int kMostLooks = 64;
// Bytes of memory for all connections: what comes in, and what waits to be sent.
constexpr std::size_t kMostHeld = std::size_t{32} << 20;
constexpr std::size_t kMostUnsent = std::size_t{64} << 20;
// Bytes of calls that are not yet replied to, of all connections. What is left of them is what one
// that has some already may have a part of: few may have much, many must have little.
constexpr std::size_t kMostOpen = kMaxQueuedBytes / 4 * 3;
constexpr std::size_t kPart = 4;
// Of one connection: twice what a session may have open, and bytes that are not yet sent.
constexpr std::size_t kMostCalls = 2 * kMaxOpenRequests;
constexpr std::size_t kMostUnread = std::size_t{1} << 20;
// Beyond it, a reply to one who does not read is lost.
constexpr std::size_t kMostLeft = std::size_t{16} << 20;
// What Pay makes of one turn: it is copied twice.
constexpr std::size_t kBytesATurn = std::size_t{4} << 20;
constexpr std::uint64_t kRefusalsAtOnce = 1024;
constexpr std::size_t kMostConnections = 16 * 1024;

std::size_t BytesOf(const api::CallBody& body) {
  constexpr std::size_t kCall = 256;
  return kCall + std::visit(
                     [](const auto& call) -> std::size_t {
                       if constexpr (requires { call.request; }) {
                         return call.request.key.size() + call.request.value.size();
                       } else if constexpr (requires { call.key; }) {
                         return call.key.size();
                       } else {
                         return 0;
                       }
                     },
                     body);
}

// Each takes a descriptor, of which the disk needs some, too.
std::size_t MostConnections() {
  rlimit limit{};
  const bool known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0;
  return known ? std::min<std::size_t>(kMostConnections, limit.rlim_cur / 2) : kMostConnections;
}

}  // namespace

Result<std::unique_ptr<ClientDoor>> ClientDoor::Open(ClientDoorOptions options) {
  net::RaiseFileLimit();
  auto listener = net::Listener::Open({.max_frame_bytes = net::kMaxCallFrameBytes,
                                       .most_held = kMostHeld,
                                       .most_unsent = kMostUnsent,
                                       .most_connections = MostConnections()},
                                      options.host, options.client_port, "client_port");
  if (!listener.ok()) {
    return listener.status();
  }
  return std::unique_ptr<ClientDoor>(
      new ClientDoor(std::move(listener).value(), std::move(options)));
}

ClientDoor::ClientDoor(std::unique_ptr<net::Listener> port, ClientDoorOptions options)
    : port_(std::move(port)),
      membership_{.self = options.self,
                  .cluster = {.genesis = options.cluster, .name = options.cluster_name},
                  .peers = {}},
      limiter_(std::move(options.warn)),
      replies_({.cluster = membership_.cluster, .node = membership_.self}, port_.get(), &limiter_) {
}

void ClientDoor::Drop(const std::string& why) {
  ++dropped_;
  limiter_.Warn(why);
}

void ClientDoor::SetFormed(const Hash& block_1) {
  membership_.cluster.formed = block_1;
  replies_.SetFormed(block_1);
}

void ClientDoor::Look() {
  port_->Look();
  TakeNews();
}

void ClientDoor::TakeNews() {
  for (const std::uint64_t connection : port_->TakeNews()) {
    if (!port_->Has(connection)) {
      Close(connection);
      continue;
    }
    Weigh(connection);
  }
  if (!crowded_.empty() && Unread() < kMostUnsent) {
    for (const std::uint64_t connection : std::exchange(crowded_, {})) {
      if (const auto account = accounts_.find(connection); account != accounts_.end()) {
        TakeTurn(connection, account->second);
      }
    }
  }
}

void ClientDoor::Tend() {
  port_->Tend();
  TakeNews();
}

std::optional<InboundCall> ClientDoor::Next() {
  for (int looks = 0; looks < kMostLooks; ++looks) {
    if (decoder_.left() > 0) {
      if (std::optional<InboundCall> call = TakeCall()) {
        return call;
      }
      continue;
    }
    switch (port_->Receive()) {
      case net::Listener::Next::kNone:
        return std::nullopt;
      case net::Listener::Next::kRefused:
        Drop("dropped a message to the client port: it has the wrong number of frames");
        break;
      case net::Listener::Next::kMessage:
        OpenFrame();
        break;
    }
  }
  return std::nullopt;
}

void ClientDoor::OpenFrame() {
  remote_ = port_->remote();
  said_ = {.connection = port_->from(), .delimited = port_->delimited()};
  const Result<net::ClientHeader> opened = decoder_.Open(port_->body());
  if (!opened.ok()) {
    Drop("dropped a message from " + remote_ + " to the client port: " + opened.status().message());
    return;
  }
  Status allowed = net::ClientAllowed(opened.value(), membership_);
  if (allowed.ok() && decoder_.left() == 0) {
    allowed = Status::Usage("it holds no call");
  }
  if (!allowed.ok()) {
    Drop("dropped a message of a client at " + remote_ + ": " + allowed.message());
    while (decoder_.left() > 0) {
      Refuse(decoder_.Next().id, allowed);
    }
  }
}

std::optional<InboundCall> ClientDoor::TakeCall() {
  net::ReceivedCall call = decoder_.Next();
  if (!call.body.ok()) {
    const Status why = Status::Usage("the call is refused: " + call.body.status().message());
    Drop("dropped a call of a client at " + remote_ + ": " + why.message());
    Refuse(call.id, why);
    return std::nullopt;
  }
  ReturnAddress client = AddressOf(call.id);
  client.bytes = BytesOf(call.body.value());
  Account& account = accounts_[client.connection];
  ++account.calls;
  account.bytes += client.bytes;
  open_bytes_ += client.bytes;
  if (Overdrawn(client.connection, account)) {
    port_->Pause(client.connection, true);
  }
  std::optional<InboundCall> taken(std::in_place);
  taken->address = client;
  taken->body = std::move(call.body).value();
  return taken;
}

ReturnAddress ClientDoor::AddressOf(std::uint64_t call_id) const {
  ReturnAddress address = said_;
  address.call_id = call_id;
  return address;
}

void ClientDoor::Refuse(std::uint64_t call_id, const Status& why) {
  api::Answer answer;
  answer.code = why.code();
  answer.message = why.message();
  replies_.Add(AddressOf(call_id), answer);
  if (++refused_ % kRefusalsAtOnce == 0) {
    Flush();
    Weigh(said_.connection);
  }
}

void ClientDoor::Reply(const ReturnAddress& to, const api::ReplyBody& body) {
  if (port_->unsent(to.connection) >= kMostLeft || port_->unsent() >= kMostUnsent + kMostLeft) {
    ++lost_;  // the client asks again, if it is there
  } else {
    replies_.Add(to, body);
  }
  Settle(to);
}

// The call is replied to.
void ClientDoor::Settle(const ReturnAddress& to) {
  const auto account = accounts_.find(to.connection);
  if (account != accounts_.end()) {
    account->second.bytes -= to.bytes;
    open_bytes_ -= to.bytes;
    account->second.awaited -= to.awaited;
    awaited_ -= to.awaited;
    if (--account->second.calls == 0) {
      accounts_.erase(account);
    }
    Weigh(to.connection);
  }
}

void ClientDoor::Close(std::uint64_t connection) {
  if (const auto account = accounts_.find(connection); account != accounts_.end()) {
    for (const InboundCall& call : std::exchange(account->second.owed, {})) {
      Settle(call.address);
    }
  }
}

void ClientDoor::Owe(const ReturnAddress& to, api::CallBody question) {
  const auto account = accounts_.find(to.connection);
  if (account == accounts_.end() || !port_->Has(to.connection)) {
    ++lost_;
    Settle(to);
    return;
  }
  account->second.owed.push_back({to, std::move(question)});
  TakeTurn(to.connection, account->second);
}

void ClientDoor::TakeTurn(std::uint64_t connection, Account& account) {
  if (account.owed.empty() || account.in_turns || Unread(connection, account) >= kMostUnread) {
    return;  // it comes back when something was read
  }
  account.in_turns = true;
  turns_.push_back(connection);
}

std::size_t ClientDoor::Unread(std::uint64_t connection, const Account& account) const {
  return port_->unsent(connection) + account.awaited;
}

bool ClientDoor::HasRoom(const ReturnAddress& to) const {
  const auto account = accounts_.find(to.connection);
  return account == accounts_.end() || (account->second.owed.empty() && Unread() < kMostUnsent &&
                                        Unread(to.connection, account->second) < kMostUnread);
}

void ClientDoor::Await(ReturnAddress* to, std::size_t bytes) {
  if (const auto account = accounts_.find(to->connection); account != accounts_.end()) {
    to->awaited = bytes;
    account->second.awaited += bytes;
    awaited_ += bytes;
  }
}

void ClientDoor::Pay(const std::function<std::size_t(InboundCall&)>& serve,
                     const std::function<bool()>& time_is_up) {
  std::size_t bytes = 0;
  while (!turns_.empty() && bytes < kBytesATurn && !time_is_up()) {
    const std::uint64_t connection = turns_.front();
    turns_.pop_front();
    const auto found = accounts_.find(connection);
    if (found == accounts_.end()) {
      continue;
    }
    Account& account = found->second;
    account.in_turns = false;
    if (account.owed.empty() || Unread(connection, account) >= kMostUnread) {
      continue;  // it comes back when something was read
    }
    if (Unread() >= kMostUnsent) {
      crowded_.push_back(connection);
      continue;
    }
    InboundCall call = std::move(account.owed.front());
    account.owed.pop_front();
    TakeTurn(connection, account);  // behind the others
    bytes += serve(call);
  }
}

bool ClientDoor::Overdrawn(std::uint64_t connection, const Account& account) const {
  const std::size_t unsent = port_->unsent(connection);
  const std::size_t left = kMostOpen - std::min(open_bytes_, kMostOpen);
  return account.calls >= kMostCalls || account.bytes > left / kPart || unsent >= kMostUnread ||
         (unsent > 0 && port_->unsent() >= kMostUnsent);
}

void ClientDoor::Weigh(std::uint64_t connection) {
  const auto account = accounts_.find(connection);
  port_->Pause(connection,
               Overdrawn(connection, account == accounts_.end() ? Account() : account->second));
  if (account != accounts_.end()) {
    TakeTurn(connection, account->second);
  }
}

}  // namespace cairn::door
