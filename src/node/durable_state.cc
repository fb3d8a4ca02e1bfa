#include "node/durable_state.h"

#include <fmt/core.h>

namespace cairn::node {

std::string WordsOfALostMember(const DurableState& durable) {
  if (!durable.directory.identity().formed || durable.ledger->head().tip > 0) {
    return {};
  }
  const std::string& path = durable.directory.path();
  return fmt::format(
      "node {0} was a member of a cluster that had formed ({1}/identity says so), and has no chain "
      "any more. It learns the chain from a node that has it, and never takes part in forming a "
      "new "
      "cluster. If no node has the chain: put back what was moved away ({1}/quarantine), or run "
      "`cairn recover` on the directories that are left. Who gives up all data and wants a new, "
      "empty cluster stops every node and moves its directory away, here with `mv -T {1} "
      "{1}.given-up`",
      durable.directory.identity().node, path);
}

}  // namespace cairn::node
