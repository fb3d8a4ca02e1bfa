#pragma once
// Replies on their way to clients. What a node answers in one turn goes out together, one frame a
// connection, for it is the frame that costs; nothing waits longer than until Flush.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "door/door.h"
#include "net/wire/client_codec.h"
#include "net/wire/listener.h"
#include "net/wire/warn_limiter.h"

namespace cairn::door {

class ReplyQueue {
 public:
  /// `port` and `limiter` are not owned and must outlive this object.
  ReplyQueue(net::ClientHeader header, net::Listener* port, net::WarnLimiter* limiter);

  /// Replies to one connection keep their order. If the frame has become large, it leaves at once.
  void Add(const ReturnAddress& to, const api::ReplyBody& body);
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
    net::ReplyBatch batch;
  };
  Connection& ConnectionOf(const ReturnAddress& to);
  void Send(Connection& connection);

  net::ClientHeader header_;
  net::Listener* port_;
  net::WarnLimiter* limiter_;
  // The first `used_` have replies in this turn; the others keep their memory for later ones.
  std::vector<Connection> connections_;
  std::size_t used_ = 0;
  std::unordered_map<std::uint64_t, std::size_t> places_;
  std::uint64_t unsent_ = 0;
};

}  // namespace cairn::door
