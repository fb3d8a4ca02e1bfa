#pragma once
// What a person is told whose words the parser of the command line does not take.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/streams.h"

namespace cairn::cli {

/// Answers `error`, which parsing `words` (without the program's name) threw: prints the help or
/// the version where that was asked for, else what is wrong; as JSON if --json is among the words.
/// Returns the exit code.
[[nodiscard]] int SayParseError(const CLI::App& app, const CLI::ParseError& error,
                                const std::vector<std::string>& words, const Streams& streams);

}  // namespace cairn::cli
