#pragma once
// What may stand as the host of a node in a cluster file.

#include <string>

namespace cairn::config {

[[nodiscard]] bool IsLoopback(const std::string& host);
/// A name or an address by which others can reach the node.
[[nodiscard]] bool IsHostName(const std::string& host);
/// What a person probably meant by a host that has a port or brackets in it; empty if it has none.
[[nodiscard]] std::string PlainHost(const std::string& host);

}  // namespace cairn::config
