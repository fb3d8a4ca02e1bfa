#pragma once
// Sockets of the kernel: one that listens, and what every accepted one is told.

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "common/status.h"

namespace cairn::net {

/// A socket that listens and never waits. Other, with the address and what to do, if it can't be.
/// `setting` names what to change in the cluster file ("peer_port").
[[nodiscard]] Result<int> ListenAt(const std::string& host, std::uint16_t port,
                                   const std::string& setting);
/// Small messages leave at once, the kernel keeps little that is unsent, and a peer that is gone
/// without a word is noticed.
void TuneConnection(int fd);
/// For people: an IP address.
[[nodiscard]] std::string AddressText(const sockaddr_storage& address, socklen_t size);
/// The same with the port: "address:port".
[[nodiscard]] std::string EndpointText(const sockaddr_storage& address, socklen_t size);

/// Raises this process's limit on open files as far as the system lets it: each connection takes
/// one. Not an error if that fails.
void RaiseFileLimit();

}  // namespace cairn::net
