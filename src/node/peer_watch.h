#pragma once
// Lines for the log about the other nodes: one when a node falls silent, and one when it is heard
// again. Few lines, however often a link comes and goes.

#include <map>
#include <optional>
#include <string>

#include "common/types.h"

namespace cairn::node {

class PeerWatch {
 public:
  /// Whether this node hears `node` at `now`. To be told often. A sentence, if there is news.
  std::optional<std::string> Look(NodeId node, bool hears, Micros now);
  /// The node is not listened to, on purpose: its silence is no news.
  void Forget(NodeId node) { nodes_.erase(node); }

 private:
  struct Seen {
    bool heard_once = false;
    bool hears = false;
    bool reported = false;   // as silent
    Micros last_heard = 0;   // before that: since when it is looked for
    Micros reported_at = 0;  // 0: never
    int unreported = 0;      // silences since the last line
  };
  std::map<NodeId, Seen> nodes_;
};

}  // namespace cairn::node
