#pragma once
// What all verbs share: the options that each of them has, and where it reads and writes.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "client/transport.h"

namespace cairn::cli {

/// Options that every verb has.
struct GlobalOptions {
  std::string config;             ///< --config; empty: as config::FindClusterFile looks for it.
  std::optional<double> timeout;  ///< --timeout: seconds.
  bool json = false;              ///< --json
};

/// Where a verb reads and writes, and what it talks to: the real streams unless a test says
/// otherwise.
struct Streams {
  /// Reads standard input to its end, or its first bytes, at most so many. Not ok if that fails.
  std::function<Result<std::string>(std::size_t most)> read;
  std::ostream* out;
  std::ostream* err;
  std::function<client::Environment(const config::Cluster& cluster)> environment;
};
[[nodiscard]] Streams RealStreams();

/// --timeout, else $CAIRN_TIMEOUT, else five seconds. Usage if it is no such time.
[[nodiscard]] Result<Micros> TimeoutOf(const GlobalOptions& global);

/// Adds --config, --timeout and --json to a verb. `global` must outlive the parsing.
void AddGlobalOptions(CLI::App* verb, GlobalOptions* global);

/// Prints why a verb (empty: none is known) could not even begin. Returns the exit code.
int Refuse(const Streams& streams, bool json, const std::string& op, const Status& status);

}  // namespace cairn::cli
