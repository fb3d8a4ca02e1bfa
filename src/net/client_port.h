#pragma once
// The port where clients call: frames in, calls out one by one; replies in, frames out, one for all
// that is said to a connection between two calls of Flush.
//
// What a client can have of this node's memory is bounded: of a connection that has many calls
// open, or that leaves its replies unread, no further call is taken until that is better. Nobody
// else suffers, and nothing is lost: the kernel makes it wait.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/status.h"
#include "net/client_address.h"
#include "net/client_codec.h"
#include "net/client_message.h"
#include "net/listener.h"
#include "net/reply_queue.h"
#include "net/sender.h"
#include "net/warn_limiter.h"

namespace cairn::net {

struct InboundCall {
  ClientAddress address;
  CallBody body;
};

class ClientPort {
 public:
  /// Listens at once; errors are those of Listener::Open. `membership` and `limiter` are not owned
  /// and must outlive this object. `drop` is told why something was not understood.
  static Result<std::unique_ptr<ClientPort>> Open(const std::string& host, std::uint16_t port,
                                                  const Membership* membership,
                                                  WarnLimiter* limiter,
                                                  std::function<void(const std::string&)> drop);

  [[nodiscard]] int descriptor() const { return port_->descriptor(); }
  /// As Listener's.
  void Look();
  void Tend();
  void StayAlive() { port_->StayAlive(); }

  /// Whether Next may find something.
  [[nodiscard]] bool MayReceive() const { return decoder_.left() > 0 || port_->MayReceive(); }
  /// The next call; nothing if none waits, or if too much was refused on the way. Each one that is
  /// returned is to be replied to once.
  std::optional<InboundCall> Next();
  /// The reply leaves with the next Flush.
  void Reply(const ClientAddress& to, const ReplyBody& body);
  void Flush() { replies_.Flush(); }
  /// All later frames name the cluster by its block 1, too.
  void SetFormed(const Hash& block_1) { replies_.SetFormed(block_1); }

  /// Whether there is room for a further reply now: who leaves its replies unread has none, and
  /// nobody has while all together have too much. Nor has one to whom replies are owed.
  [[nodiscard]] bool HasRoom(const ClientAddress& to) const;
  /// Keeps room for a reply of so many bytes.
  void Await(ClientAddress* to, std::size_t bytes);
  /// Instead of Reply: the question is served once there is room for a reply.
  void Owe(const ClientAddress& to, CallBody question);
  /// Has the owed questions served, one of each connection after the other, as long as replies are
  /// read, memory lasts and the time is not up. `serve` replies, or see to it that somebody will;
  /// it returns the bytes that it made.
  void Pay(const std::function<std::size_t(InboundCall)>& serve,
           const std::function<bool()>& time_is_up);
  /// Whether Pay has something to do.
  [[nodiscard]] bool OwesNow() const { return !turns_.empty(); }

  /// Replies that were lost: nobody is there or reads them, too large.
  [[nodiscard]] std::uint64_t unsent() const { return replies_.unsent() + lost_; }

 private:
  /// What a connection has of this node.
  struct Account {
    std::size_t calls = 0;
    std::size_t bytes = 0;    // of these calls
    std::size_t awaited = 0;  // bytes of replies that room is kept for
    std::deque<InboundCall> owed{};
    bool in_turns = false;
  };
  ClientPort(std::unique_ptr<Listener> port, const Membership* membership, WarnLimiter* limiter,
             std::function<void(const std::string&)> drop);
  void OpenFrame();
  std::optional<InboundCall> TakeCall();
  [[nodiscard]] ClientAddress AddressOf(std::uint64_t call_id) const;
  void Refuse(std::uint64_t call_id, const Status& why);
  [[nodiscard]] bool Overdrawn(std::uint64_t connection, const Account& account) const;
  void Weigh(std::uint64_t connection);
  void TakeNews();
  void Close(std::uint64_t connection);
  void Settle(const ClientAddress& to);
  /// Bytes that it has, or will have, to read.
  [[nodiscard]] std::size_t Unread(std::uint64_t connection, const Account& account) const;
  [[nodiscard]] std::size_t Unread() const { return port_->unsent() + awaited_; }
  void TakeTurn(std::uint64_t connection, Account& account);

  std::unique_ptr<Listener> port_;
  const Membership* membership_;
  std::function<void(const std::string&)> drop_;
  ReplyQueue replies_;
  CallDecoder decoder_;
  // Of the frame whose calls the decoder hands out.
  ClientAddress said_;
  std::string remote_;
  std::unordered_map<std::uint64_t, Account> accounts_;
  std::deque<std::uint64_t> turns_;     // owed to, and there is room
  std::vector<std::uint64_t> crowded_;  // owed to, and all have too much
  std::uint64_t refused_ = 0;
  std::uint64_t lost_ = 0;
  std::size_t awaited_ = 0;     // of all connections
  std::size_t open_bytes_ = 0;  // of all calls that are not yet replied to
};

}  // namespace cairn::net
