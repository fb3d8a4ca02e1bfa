#pragma once
// Which links of this node are cut by failLink, and what the other ends have still to be told. Pure
// bookkeeping: no socket, no clock.
//
// A cut is known at both ends, so that it drops both directions, and so that either end can mend
// it. The latest word wins, whichever end it came from. A process that starts again knows of no
// cut, and hears of it from the other end; only if both start again is the link mended.

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/types.h"

namespace cairn::net {

class Links {
 public:
  explicit Links(const std::vector<NodeId>& peers);

  /// This end cuts or mends the link; the other end must be told. Nothing if `peer` is no peer.
  void Set(NodeId peer, bool cut);
  /// The other end has cut or mended the link; it needs not be told what this end last wanted.
  void Hear(NodeId peer, bool cut);

  /// The peer is in this life of its process: one that is new to this end must be told of a cut.
  void Met(NodeId peer, std::uint64_t life);

  /// False for whoever is no peer.
  [[nodiscard]] bool IsCut(NodeId peer) const;
  /// What the other end must still be told (true: cut), if anything.
  [[nodiscard]] std::optional<bool> Untold(NodeId peer) const;
  /// The other end was told what Untold said.
  void Told(NodeId peer);

 private:
  struct Link {
    bool cut = false;
    bool untold = false;
    std::uint64_t life = 0;  // of the peer's process; 0: not yet met
  };
  std::map<NodeId, Link> links_;
};

}  // namespace cairn::net
