#pragma once
// What the reports of the single nodes say together: who leads, whether there is a majority, and
// whether nodes disagree.

#include <optional>
#include <string>
#include <vector>

#include "client/client.h"

namespace cairn::cli {

struct Summary {
  NodeId leader = 0;    ///< 0: none.
  bool quorum = false;  ///< A leader with a majority behind it is there.
  std::string words;    ///< The situation, as a sentence for a person.
  /// The hash of block 1, by which clusters of the same name are told apart; nothing if no node
  /// knows it, or not all that know it agree.
  std::optional<Hash> formed;
  /// Nodes of different clusters; and nodes with different blocks at one slot: loud when both say
  /// that theirs is decided, for that must never happen (R5).
  std::vector<std::string> warnings;
};

[[nodiscard]] Summary Summarize(const std::vector<client::NodeReport>& reports);

}  // namespace cairn::cli
