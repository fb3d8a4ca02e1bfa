#pragma once
// Addresses: what the cluster file says, as ZeroMQ wants it, and the sentences for what goes
// wrong with one.

#include <cstdint>
#include <string>

#include "common/status.h"
#include "common/types.h"

namespace cairn::net {

/// Where another node listens for nodes.
struct PeerAddress {
  NodeId id = 0;
  std::string host;
  std::uint16_t peer_port = 0;
};

/// The IP address of a host name (or address), IPv4 where there is one: ZeroMQ binds to nothing
/// else. Other, with what to do, if the name is unknown.
[[nodiscard]] Result<std::string> ResolveAddress(const std::string& host);

/// "tcp://127.0.0.1:5101", "tcp://[::1]:5101".
[[nodiscard]] std::string Endpoint(const std::string& host, std::uint16_t port);

/// The sentence for a bind that failed with `error` (an errno). `setting` names what to change
/// in the cluster file.
[[nodiscard]] std::string BindFailure(const std::string& endpoint, int error,
                                      const std::string& setting);

}  // namespace cairn::net
