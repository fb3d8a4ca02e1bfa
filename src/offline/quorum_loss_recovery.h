#pragma once
// `cairn recover DIR…`: when a majority of the disks is lost, no rule can help, and an operator
// takes the decision that the cluster goes on from what a survivor holds. This says what stands
// there and what may be lost, asks for the cluster's name, and makes new directories for all nodes
// (new_cluster.h). The old ones are never touched.

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace cairn::offline {

struct RecoverCommand {
  std::vector<std::string> directories;
  std::string out;  ///< Where to; empty: `recovered` beside the first directory.
  std::optional<std::string> cluster_name;  ///< Not given: it is asked for.
  bool json = false;
};

/// What is made goes to `out`, all else to `err`. Returns the exit code: 2 if the name was not that
/// of the cluster, and then nothing has changed.
[[nodiscard]] int RunRecover(const RecoverCommand& command, std::istream& in, std::ostream& out,
                             std::ostream& err);

}  // namespace cairn::offline
