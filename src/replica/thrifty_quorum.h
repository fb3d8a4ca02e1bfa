#pragma once
// Whom a leader asks at once. A quorum's answers are enough, and on a busy machine every further
// question delays those that count: so the followers that answered first lately are asked at once,
// and the others a moment later, with all that has come together for them. Who is asked when is no
// matter of safety: to the others it is as if the network were slower.
//
// At every tick it begins anew with all of them, so that a follower that has become slow, or is no
// more, is waited for no longer than that.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/types.h"

namespace cairn::replica {

class ThriftyQuorum {
 public:
  /// From now on all are asked, until so many have answered.
  void Begin(std::size_t enough) {
    enough_ = enough;
    first_.clear();
  }
  /// The node answered what is still open.
  void Answered(NodeId node) {
    if (first_.size() < enough_ && !AmongFirst(node)) {
      first_.push_back(node);
    }
  }
  [[nodiscard]] bool Asks(NodeId node) const { return first_.size() < enough_ || AmongFirst(node); }

 private:
  [[nodiscard]] bool AmongFirst(NodeId node) const {
    return std::ranges::find(first_, node) != first_.end();
  }

  std::size_t enough_ = 0;
  std::vector<NodeId> first_;
};

}  // namespace cairn::replica
