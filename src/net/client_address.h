#pragma once
// Where a reply goes: what a node keeps of a client's call until it is answered.

#include <cstddef>
#include <cstdint>

namespace cairn::net {

struct ClientAddress {
  std::uint64_t connection = 0;
  std::uint64_t call_id = 0;
  bool delimited = false;   ///< The client's socket wants an empty frame before the reply.
  std::size_t bytes = 0;    ///< Of the call, as its connection's account has them.
  std::size_t awaited = 0;  ///< Of the reply, for which that account has kept room.
};

}  // namespace cairn::net
