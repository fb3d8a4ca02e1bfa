#pragma once
// `cairn bench`: how fast a running cluster is. Each run is a Load of its own; what it found is
// printed on standard output as soon as it is over, a table for people or one JSON object a run,
// and its progress on standard error, if that is a terminal.

#include <cstdint>
#include <string>
#include <vector>

#include "cli/streams.h"

namespace cairn::cli {

/// The words of the verb.
struct BenchCommand {
  std::string op = "put";
  std::vector<std::uint32_t> clients = {16};
  std::size_t connections = 0;                  ///< 0: ten, or as many as clients.
  std::vector<std::string> nodes = {"leader"};  ///< Ids, "leader" or "all".
  double rate = 0;
  std::uint64_t keys = 100'000;
  std::size_t value_size = 100;
  double warmup = 2;
  double seconds = 10;
  int runs = 1;
  bool fill = false;
};

/// Runs it. The exit code is 0 if not a single operation failed, else that of the most frequent
/// error.
int RunBench(const BenchCommand& command, const GlobalOptions& global, const Streams& streams);

/// Adds the verb to the program, as AddClientCommands does with the others.
void AddBench(CLI::App* app, GlobalOptions* global, int* exit_code, const Streams& streams);

}  // namespace cairn::cli
