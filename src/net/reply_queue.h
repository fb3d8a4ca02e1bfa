#pragma once
// Replies on their way to clients. What a node answers in one turn goes out together, one frame a
// connection, for it is the frame that costs; nothing waits longer than until Flush.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "net/client_address.h"
#include "net/client_codec.h"
#include "net/listener.h"
#include "net/warn_limiter.h"

namespace cairn::net {

class ReplyQueue {
 public:
  /// `port` and `limiter` are not owned and must outlive this object.
  ReplyQueue(ClientHeader header, Listener* port, WarnLimiter* limiter);

  /// Replies to one connection keep their order. If the frame has become large, it leaves at once.
  void Add(const ClientAddress& to, const ReplyBody& body);
  /// All later frames name the cluster by its block 1, too.
  void SetFormed(const Hash& block_1);
  /// Hands all that is here to the port.
  void Flush();
  /// Replies that were lost: no connection, too large.
  [[nodiscard]] std::uint64_t unsent() const { return unsent_; }

 private:
  struct Connection {
    std::uint64_t id = 0;
    bool delimited = false;
    ReplyBatch batch;
  };
  Connection& ConnectionOf(const ClientAddress& to);
  void Send(Connection& connection);

  ClientHeader header_;
  Listener* port_;
  WarnLimiter* limiter_;
  // The first `used_` have replies in this turn; the others keep their memory for later ones.
  std::vector<Connection> connections_;
  std::size_t used_ = 0;
  std::unordered_map<std::uint64_t, std::size_t> places_;
  std::uint64_t unsent_ = 0;
};

}  // namespace cairn::net
