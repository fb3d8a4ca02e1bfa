#pragma once
// `cairn server ID`: from the command line to a running node, and its clean end.

#include <string>

#include "common/types.h"

namespace cairn::cli {

struct ServerCommand {
  NodeId id = 0;
  std::string config;  ///< Empty: as config::FindClusterFile looks for it.
  std::string data;    ///< Empty: nodeID beside the cluster file.
};

/// Serves until SIGTERM, SIGINT or the console's `e`; the end of standard input ends the console
/// only. Returns the exit code; what went wrong is one sentence on standard error.
[[nodiscard]] int RunServer(const ServerCommand& command);

}  // namespace cairn::cli
