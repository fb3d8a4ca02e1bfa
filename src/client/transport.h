#pragma once
// The seam between the client and the world: connections, the clock and randomness. The real ones
// are net::ClientLink, the monotonic clock and getrandom; tests script their own, so that no
// test of a timeout waits for one.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/call.h"
#include "common/status.h"
#include "common/types.h"
#include "config/cluster.h"

namespace cairn::client {

/// One connection to one node, with the contract of net::ClientLink.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Not ok: surely not sent.
  virtual Status Send(const api::ClientCall& call) = 0;
  virtual std::optional<api::ClientReply> Receive(int timeout_ms) = 0;
  [[nodiscard]] virtual bool Connected() = 0;
  /// From now on calls say that they are meant for this cluster.
  virtual void MeantFor(const Hash& formed) = 0;
};

struct Environment {
  std::function<Result<std::unique_ptr<Transport>>(const config::NodeAddress& node)> connect;
  std::function<Micros()> now;  ///< Monotonic.
  std::function<void(Micros)> sleep;
  std::function<std::uint64_t()> random;
  /// Waits until a reply may have come on one of these connections, all made by `connect`, at most
  /// until that time; it may end early.
  std::function<void(const std::vector<Transport*>& transports, Micros until)> wait;

  /// Which cluster it is (acquaintance.h), if it is known from earlier; and who keeps it when it
  /// becomes known. Not set: nothing is kept.
  std::optional<Hash> formed = std::nullopt;
  std::string kept_at = {};
  std::function<void(const Hash& formed)> keep = {};
};

/// The real world, for clients of this cluster.
[[nodiscard]] Environment RealEnvironment(const config::Cluster& cluster);

}  // namespace cairn::client
