#pragma once
// The one-shot verbs of a client, `cairn put get del status chain fault bench`, and `cairn client`.
// Data goes to standard output, everything else to standard error; with --json, what went wrong is
// data too. Exit codes are those of common/status.h.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "client/transport.h"

namespace cairn::client {

/// Options that every verb has.
struct GlobalOptions {
  std::string config;             ///< --config; empty: as config::FindClusterFile looks for it.
  std::optional<double> timeout;  ///< --timeout: seconds.
  bool json = false;              ///< --json
};

/// Where a verb reads and writes, and what it talks to: the real world unless a test says
/// otherwise.
struct World {
  /// Reads standard input to its end, or its first bytes, at most so many. Not ok if that fails.
  std::function<Result<std::string>(std::size_t most)> read;
  std::ostream* out;
  std::ostream* err;
  std::function<Environment(const config::Cluster& cluster)> environment;
};
[[nodiscard]] World RealWorld();

/// --timeout, else $CAIRN_TIMEOUT, else five seconds. Usage if it is no such time.
[[nodiscard]] Result<Micros> TimeoutOf(const GlobalOptions& global);

/// Adds --config, --timeout and --json to a verb. `global` must outlive the parsing.
void AddGlobalOptions(CLI::App* verb, GlobalOptions* global);

/// Adds the client's verbs to the program. A verb runs while the command line is parsed and sets
/// `exit_code`. What is pointed to must outlive the parsing.
void AddClientCommands(CLI::App* app, GlobalOptions* global, int* exit_code,
                       World world = RealWorld());

/// `cairn verify --cluster`, whose verb belongs to the program, because without --cluster it looks
/// into a directory. Returns the exit code.
[[nodiscard]] int RunVerifyCluster(GlobalOptions global, bool full, World world = RealWorld());

}  // namespace cairn::client
