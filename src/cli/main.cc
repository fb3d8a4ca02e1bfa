// cairn: one program, its verbs. See README.md.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <string_view>

#include "chain/block_format.h"
#include "cli/commands.h"
#include "cli/server.h"
#include "cli/usage.h"
#include "cli/verbs.h"
#include "net/wire/wire.h"
#include "offline/quorum_loss_recovery.h"
#include "offline/verify.h"
#include "start/needs.h"
#include "system/descriptors.h"
#include "system/process_id.h"

namespace {

void AddServer(CLI::App* app, cairn::cli::ServerCommand* command, int* exit_code) {
  CLI::App* server = app->add_subcommand("server", "Run node ID");
  server->add_option("ID", command->id, "Which node of the cluster file")->required();
  server->add_option("--config", command->config, "The cluster file")->envname("CAIRN_CONFIG");
  server
      ->add_option("--data", command->data,
                   "The data directory (default: nodeID beside the cluster file)")
      ->envname("CAIRN_DATA");
  server->callback([=] { *exit_code = cairn::cli::RunServer(*command); });
}

struct VerifyWords {
  std::string directory;
  bool cluster = false;
  bool full = false;
};

int RunVerify(const VerifyWords& words, const cairn::cli::GlobalOptions& global) {
  if (words.cluster == !words.directory.empty() || (words.full && !words.cluster)) {
    return cairn::cli::Refuse(
        cairn::cli::RealStreams(), global.json, "verify",
        cairn::Status::Usage("write `cairn verify DIR` for the data directory of a stopped node, "
                             "or `cairn verify --cluster [--full]` for the nodes of a running "
                             "cluster"));
  }
  return words.cluster ? cairn::cli::RunVerifyCluster(global, words.full)
                       : cairn::offline::RunVerify({words.directory, global.json});
}

void AddVerify(CLI::App* app, VerifyWords* words, cairn::cli::GlobalOptions* global,
               int* exit_code) {
  CLI::App* verify = app->add_subcommand(
      "verify", "Verify the data directory of a stopped node, or compare the nodes of a cluster");
  verify->add_option("DIR", words->directory, "The data directory");
  verify->add_flag("--cluster", words->cluster,
                   "Compare the running nodes with each other, and verify their chain");
  verify->add_flag("--full", words->full,
                   "With --cluster: verify the chain of every node, not of one alone");
  cairn::cli::AddGlobalOptions(verify, global);
  verify->callback([=] { *exit_code = RunVerify(*words, *global); });
}

void AddRecover(CLI::App* app, cairn::offline::RecoverCommand* command, int* exit_code) {
  CLI::App* recover = app->add_subcommand(
      "recover",
      "Make a cluster whose majority has lost its disks anew, from what stopped nodes still have");
  recover
      ->add_option("DIR", command->directories,
                   "The data directories that are left; the best of them is taken")
      ->required()
      ->expected(1, -1);
  recover->add_option("--out", command->out,
                      "Where the new directories go (default: `recovered` beside the first DIR)");
  recover->add_option("--cluster-name", command->cluster_name,
                      "The cluster's name, for scripts (default: it is asked for)");
  recover->add_flag("--json", command->json, "One JSON object on standard output");
  recover->callback(
      [=] { *exit_code = cairn::offline::RunRecover(*command, std::cin, std::cout, std::cerr); });
}

/// What decides whether two programs understand each other, and one the other's data.
std::string Version() {
  return "cairn: protocol version " + std::to_string(cairn::net::kWireVersion) +
         ", block format version " + std::to_string(cairn::chain::kBlockVersion);
}

/// Before anything is opened. The exit code, if something is missing that every verb needs.
int CheckNeeds(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb.empty() || verb.front() == '-') {
    return 0;
  }
  const cairn::Status status = cairn::start::CheckLimits(
      verb == "server" ? cairn::start::NeedsOfServer() : cairn::start::NeedsOfTool());
  if (!status.ok()) {
    std::cerr << "cairn: " << status.message() << std::endl;
  }
  return cairn::ExitCode(status.code());
}

}  // namespace

int main(int argc, char** argv) {
  cairn::system::HoldStandardDescriptors();
  cairn::system::RememberProcessId();
  CLI::App app{
      "cairn: a replicated key-value store that survives crashes and can prove that it kept your "
      "data"};
  app.require_subcommand(1);
  app.set_version_flag("--version", Version());
  app.footer(
      "Exit codes: 0 ok, 1 other, 2 usage, 3 not found or condition failed, 4 unavailable "
      "or full (surely not applied), 5 outcome unknown, 6 integrity, 7 denied.");
  int exit_code = 0;
  cairn::cli::ServerCommand server;
  VerifyWords verify;
  cairn::offline::RecoverCommand recover;
  cairn::cli::GlobalOptions global;
  AddServer(&app, &server, &exit_code);
  cairn::cli::AddClientCommands(&app, &global, &exit_code);
  AddVerify(&app, &verify, &global, &exit_code);
  AddRecover(&app, &recover, &exit_code);
  // A file that would become too large is an error, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  if (const int short_of = CheckNeeds(argc, argv); short_of != 0) {
    ::_exit(short_of);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code =
        cairn::cli::SayParseError(app, error, {argv + 1, argv + argc}, cairn::cli::RealStreams());
  }
  std::cout.flush();
  // A console's thread may still wait for a line: no destructor of a global waits for it.
  ::_exit(exit_code);
}
