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

#include "cli/streams.h"

namespace cairn::cli {

/// Adds the client's verbs to the program. A verb runs while the command line is parsed and sets
/// `exit_code`. What is pointed to must outlive the parsing.
void AddClientCommands(CLI::App* app, GlobalOptions* global, int* exit_code,
                       Streams streams = RealStreams());

/// `cairn verify --cluster`, whose verb belongs to the program, because without --cluster it looks
/// into a directory. Returns the exit code.
[[nodiscard]] int RunVerifyCluster(GlobalOptions global, bool full,
                                   Streams streams = RealStreams());

}  // namespace cairn::cli
