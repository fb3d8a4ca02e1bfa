#pragma once
// A door: where clients of one protocol come in. It turns what they say into calls (api/call.h) and
// replies into what they understand, and decides nothing. The node serves all its doors alike.
//
// What clients can have of a node's memory is bounded at the door: of a connection that has many
// calls open, or that leaves its replies unread, no further call is taken until that is better.
// Nobody else suffers, and nothing is lost: the kernel makes it wait.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "api/call.h"
#include "net/wire/port.h"

namespace cairn::door {

/// Where a reply goes: what a node keeps of a call until it is answered. Only the door looks into
/// it.
struct ReturnAddress {
  std::uint64_t connection = 0;
  std::uint64_t call_id = 0;
  bool delimited = false;   ///< The client's socket wants an empty frame before the reply.
  std::size_t bytes = 0;    ///< Of the call, as its connection's account has them.
  std::size_t awaited = 0;  ///< Of the reply, for which that account has kept room.
};

struct InboundCall {
  ReturnAddress address;
  api::CallBody body;
};

class Door : public net::Port {
 public:
  /// The next call; nothing if none waits, or if too much was refused on the way. Each one that is
  /// returned is to be replied to once.
  virtual std::optional<InboundCall> Next() = 0;
  /// The reply leaves with the next Flush.
  virtual void Reply(const ReturnAddress& to, const api::ReplyBody& body) = 0;
  /// From now on what is said names the cluster by the hash of its block 1, too.
  virtual void SetFormed(const Hash& block_1) = 0;

  /// Whether there is room for a further reply now: who leaves its replies unread has none, and
  /// nobody has while all together have too much. Nor has one to whom replies are owed.
  [[nodiscard]] virtual bool HasRoom(const ReturnAddress& to) const = 0;
  /// Keeps room for a reply of so many bytes.
  virtual void Await(ReturnAddress* to, std::size_t bytes) = 0;
  /// Instead of Reply: the question is served once there is room for a reply.
  virtual void Owe(const ReturnAddress& to, api::CallBody question) = 0;
  /// Has the owed questions served, one of each connection after the other, as long as replies are
  /// read, memory lasts and the time is not up. `serve` replies, or see to it that somebody will;
  /// it returns the bytes that it made.
  virtual void Pay(const std::function<std::size_t(InboundCall&)>& serve,
                   const std::function<bool()>& time_is_up) = 0;
  /// Whether Pay has something to do.
  [[nodiscard]] virtual bool OwesNow() const = 0;

  /// Calls that were not understood, or not for this node or its cluster.
  [[nodiscard]] virtual std::uint64_t dropped() const = 0;
  /// Replies that were lost: nobody is there or reads them, too large.
  [[nodiscard]] virtual std::uint64_t unsent() const = 0;
};

}  // namespace cairn::door
