#pragma once
// The time of its processor that a node's turn takes, by what it does in it. Meanwhile the node
// hears nothing: what comes waits, and is taken in the shares that node/shares.h gives.

#include <cstddef>
#include <cstdint>
#include <functional>

#include "common/types.h"
#include "replica/replica.h"

namespace cairn::sim {

/// Orders of magnitude, of the machine that README.md tells of.
struct Labour {
  /// How many times slower a node is than that machine; 0: nothing takes any time.
  std::uint64_t slowness = 0;

  [[nodiscard]] bool none() const { return slowness == 0; }
  /// A message that comes: decoding, and thinking about it.
  [[nodiscard]] Micros Take(std::size_t bytes) const { return slowness * (20 + bytes / 1'000); }
  [[nodiscard]] Micros Say(std::size_t bytes) const { return slowness * (5 + bytes / 1'000); }
  [[nodiscard]] Micros Apply(std::size_t requests) const { return slowness * 10 * requests; }
  /// Blocks that are read from the disk and verified.
  [[nodiscard]] Micros Read(std::size_t blocks, std::size_t bytes) const {
    return slowness * (10 * blocks + bytes / 500);
  }
};

/// Who wants what has come. The node's own is always done.
enum class Share : std::uint8_t { kPeers, kClients, kOwn };

/// Something that has come to a node.
struct Waiting {
  std::function<void(replica::Replica&)> event;
  Share share = Share::kOwn;
  Micros cost = 0;
};

}  // namespace cairn::sim
