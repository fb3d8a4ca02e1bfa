#pragma once
// Who speaks in a node's name and is not heeded (R7), for the node's log: an incarnation that the
// chain has replaced, a life whose memory is older than that of the lives before it, or a second
// life beside the one that is heard. Each is told once, and again after a while.

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/types.h"

namespace cairn::replica {

struct Stranger {
  enum class Kind {
    kReplaced,     ///< Of an incarnation that the chain has replaced.
    kOlderMemory,  ///< It began with less than an earlier life had, and none of these is heard.
    kSecondLife,   ///< Another life of the same node is heard, in `heard`.
  };
  Kind kind = Kind::kReplaced;
  NodeId node = 0;
  Incarnation incarnation = 0;
  std::uint64_t life = 0;
  std::uint64_t heard = 0;  ///< The life that is heeded; 0: none.
};

class Strangers {
 public:
  /// What speaks for so long is told; a restart looks like a second life for a moment.
  explicit Strangers(Micros lasting) : lasting_(lasting) {}

  void Note(const Stranger& stranger, Micros now);
  /// What is to be told since the last call.
  std::vector<Stranger> Take() { return std::exchange(told_, {}); }

 private:
  struct Known {
    Micros since = 0;
    Micros last = 0;
    Micros told_at = 0;  // 0: not yet
  };

  Micros lasting_;
  std::map<std::pair<NodeId, std::uint64_t>, Known> known_;
  std::vector<Stranger> told_;
};

}  // namespace cairn::replica
