#pragma once
// What the reports of the single nodes say together: who leads, whether there is a majority, and
// whether nodes disagree.

#include <string>
#include <vector>

#include "client/client.h"

namespace cairn::client {

struct Summary {
  NodeId leader = 0;    ///< 0: none.
  bool quorum = false;  ///< A leader with a majority behind it is there.
  std::string words;    ///< The situation, as a sentence for a person.
  /// Nodes with different blocks at one slot; loud when both say that theirs is decided, for that
  /// must never happen (R5).
  std::vector<std::string> warnings;
};

[[nodiscard]] Summary Summarize(const std::vector<NodeReport>& reports);

}  // namespace cairn::client
