#include "cli/streams.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "cli/render.h"
#include "client/acquaintance.h"
#include "system/read_all.h"

namespace cairn::cli {
namespace {

constexpr double kLongestTimeout = 86'400;

}  // namespace

// The variable is not left to the parser, which would let it overrule the flag of a verb when the
// other verbs, which are not called, have the same flag.
Result<Micros> TimeoutOf(const GlobalOptions& global) {
  double seconds = global.timeout.value_or(5);
  const char* variable = std::getenv("CAIRN_TIMEOUT");
  const char* name = "--timeout";
  if (!global.timeout && variable != nullptr && *variable != '\0') {
    name = "CAIRN_TIMEOUT";
    if (!CLI::detail::lexical_cast(variable, seconds)) {
      seconds = 0;
    }
  }
  if (!(seconds > 0) || seconds > kLongestTimeout) {
    return Status::Usage(std::string(name) +
                         " is no such time; write seconds, more than 0 and up to 86400");
  }
  return std::max<Micros>(1, static_cast<Micros>(seconds * 1e6));
}

Streams RealStreams() {
  return {[](std::size_t most) { return system::ReadAll(STDIN_FILENO, most); }, &std::cout,
          &std::cerr, client::RememberingEnvironment};
}

void AddGlobalOptions(CLI::App* verb, GlobalOptions* global) {
  verb->add_option("--config", global->config,
                   "the cluster file (else $CAIRN_CONFIG, else data/cluster.toml)")
      ->type_name("FILE");
  verb->add_option("--timeout", global->timeout,
                   "how long to wait for an answer (else $CAIRN_TIMEOUT, else 5)")
      ->type_name("SECONDS");
  verb->add_flag("--json", global->json, "print JSON");
}

int Refuse(const Streams& streams, bool json, const std::string& op, const Status& status) {
  if (json) {
    *streams.out << text::Dump(OperationJson({op, {}, {}}, client::ResultOf(status), false))
                 << "\n";
    streams.out->flush();
  } else {
    *streams.err << "cairn" << (op.empty() ? "" : " ") << op << ": " << status.message() << "\n";
  }
  return ExitCode(status.code());
}

}  // namespace cairn::cli
