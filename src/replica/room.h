#pragma once
// What the disk of a node has room for. A node refuses new blocks long before the end of its disk,
// so that what is left, the reserve, can hold what must still be written: where the disks of a
// majority are full, no leader seals anything new, but what is in flight is finished out of the
// reserve, because no read can be answered before (R9).

#include <cstdint>

namespace cairn::replica {

enum class Room : std::uint8_t {
  kFree,     ///< For anything.
  kReserve,  ///< For the blocks that a majority of full disks needs to finish what is in flight.
  kNone,     ///< Not even that: promises and what else does not grow, but no block.
};

}  // namespace cairn::replica
