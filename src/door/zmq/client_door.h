#pragma once
// The door of cairn's own protocol (proto/README.md), over ZeroMQ's: frames in, calls out one by
// one; replies in, frames out, one for all that is said to a connection between two calls of Flush.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/status.h"
#include "door/door.h"
#include "door/zmq/reply_queue.h"
#include "net/wire/client_codec.h"
#include "net/wire/listener.h"
#include "net/wire/sender.h"
#include "net/wire/warn_limiter.h"

namespace cairn::door {

struct ClientDoorOptions {
  NodeId self = 0;
  Hash cluster;  ///< Hash of the genesis block.
  std::string cluster_name;
  std::string host;  ///< Where the port is bound.
  std::uint16_t client_port = 0;
  /// A line for the log; called at a bounded rate.
  std::function<void(const std::string&)> warn;
};

class ClientDoor final : public Door {
 public:
  /// Listens at once; errors are those of net::Listener::Open.
  static Result<std::unique_ptr<ClientDoor>> Open(ClientDoorOptions options);

  [[nodiscard]] int descriptor() const override { return port_->descriptor(); }
  [[nodiscard]] bool MayReceive() override { return decoder_.left() > 0 || port_->MayReceive(); }
  void Look() override;
  void Tend() override;
  void StayAlive() override { port_->StayAlive(); }
  void Flush() override { replies_.Flush(); }

  std::optional<InboundCall> Next() override;
  void Reply(const ReturnAddress& to, const api::ReplyBody& body) override;
  void SetFormed(const Hash& block_1) override;
  [[nodiscard]] bool HasRoom(const ReturnAddress& to) const override;
  void Await(ReturnAddress* to, std::size_t bytes) override;
  void Owe(const ReturnAddress& to, api::CallBody question) override;
  void Pay(const std::function<std::size_t(InboundCall&)>& serve,
           const std::function<bool()>& time_is_up) override;
  [[nodiscard]] bool OwesNow() const override { return !turns_.empty(); }
  [[nodiscard]] std::uint64_t dropped() const override { return dropped_; }
  [[nodiscard]] std::uint64_t unsent() const override { return replies_.unsent() + lost_; }

 private:
  /// What a connection has of this node.
  struct Account {
    std::size_t calls = 0;
    std::size_t bytes = 0;    // of these calls
    std::size_t awaited = 0;  // bytes of replies that room is kept for
    std::deque<InboundCall> owed{};
    bool in_turns = false;
  };
  ClientDoor(std::unique_ptr<net::Listener> port, ClientDoorOptions options);
  void Drop(const std::string& why);
  void OpenFrame();
  std::optional<InboundCall> TakeCall();
  [[nodiscard]] ReturnAddress AddressOf(std::uint64_t call_id) const;
  void Refuse(std::uint64_t call_id, const Status& why);
  [[nodiscard]] bool Overdrawn(std::uint64_t connection, const Account& account) const;
  void Weigh(std::uint64_t connection);
  void TakeNews();
  void Close(std::uint64_t connection);
  void Settle(const ReturnAddress& to);
  /// Bytes that it has, or will have, to read.
  [[nodiscard]] std::size_t Unread(std::uint64_t connection, const Account& account) const;
  [[nodiscard]] std::size_t Unread() const { return port_->unsent() + awaited_; }
  void TakeTurn(std::uint64_t connection, Account& account);

  std::unique_ptr<net::Listener> port_;
  net::Membership membership_;
  net::WarnLimiter limiter_;
  ReplyQueue replies_;
  net::CallDecoder decoder_;
  // Of the frame whose calls the decoder hands out.
  ReturnAddress said_;
  std::string remote_;
  std::unordered_map<std::uint64_t, Account> accounts_;
  std::deque<std::uint64_t> turns_;     // owed to, and there is room
  std::vector<std::uint64_t> crowded_;  // owed to, and all have too much
  std::uint64_t refused_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t lost_ = 0;
  std::size_t awaited_ = 0;     // of all connections
  std::size_t open_bytes_ = 0;  // of all calls that are not yet replied to
};

}  // namespace cairn::door
