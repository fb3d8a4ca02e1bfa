#pragma once
// The port where clients call: frames in, calls out one by one; replies in, frames out, one for all
// that is said to a connection between two calls of Flush.
//
// What a client can have of this node's memory is bounded: of a connection that has many calls
// open, or that leaves its replies unread, no further call is taken until that is better. Nobody
// else suffers, and nothing is lost: the kernel makes it wait.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

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

  /// Replies that were lost: nobody is there or reads them, too large.
  [[nodiscard]] std::uint64_t unsent() const { return replies_.unsent() + lost_; }

 private:
  /// What a connection has of this node.
  struct Account {
    std::size_t calls = 0;
    std::size_t bytes = 0;  // of these calls
  };
  ClientPort(std::unique_ptr<Listener> port, const Membership* membership, WarnLimiter* limiter,
             std::function<void(const std::string&)> drop);
  void OpenFrame();
  std::optional<InboundCall> TakeCall();
  [[nodiscard]] ClientAddress AddressOf(std::uint64_t call_id) const;
  void Refuse(std::uint64_t call_id, const Status& why);
  [[nodiscard]] bool Overdrawn(std::uint64_t connection, const Account& account) const;
  void Weigh(std::uint64_t connection);

  std::unique_ptr<Listener> port_;
  const Membership* membership_;
  std::function<void(const std::string&)> drop_;
  ReplyQueue replies_;
  CallDecoder decoder_;
  // Of the frame whose calls the decoder hands out.
  ClientAddress said_;
  std::string remote_;
  std::unordered_map<std::uint64_t, Account> accounts_;
  std::uint64_t refused_ = 0;
  std::uint64_t lost_ = 0;
  std::size_t open_bytes_ = 0;  // of all calls that are not yet replied to
};

}  // namespace cairn::net
