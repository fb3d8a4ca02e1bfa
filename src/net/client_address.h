#pragma once
// Where a reply goes: what a node keeps of a client's call until it is answered.

#include <cstdint>
#include <string>

namespace cairn::net {

struct ClientAddress {
  std::string routing_id;  ///< Names the connection.
  std::uint64_t call_id = 0;
  bool delimited = false;  ///< The client's socket wants an empty frame before the reply.
};

}  // namespace cairn::net
