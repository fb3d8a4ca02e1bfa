#pragma once
// Runs `cairn words…` against scripted nodes, with a cluster file of three nodes in a directory of
// its own.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/usage.h"
#include "client/fake_cluster.h"
#include "tests/storage/temp_directory.h"

namespace cairn::cli {

class CommandFixture : public ::testing::Test {
 protected:
  CommandFixture() {
    std::ofstream file(File());
    file << "[cluster]\nname = \"test\"\n";
    for (const config::NodeAddress& node : fake_.cluster.nodes) {
      file << "[[node]]\nid = " << node.id << "\nhost = \"" << node.host
           << "\"\nclient_port = " << node.client_port << "\npeer_port = " << node.peer_port
           << "\n";
    }
    unsetenv("CAIRN_CONFIG");
    unsetenv("CAIRN_TIMEOUT");
  }

  /// The cluster file.
  [[nodiscard]] std::string File() const { return directory_.Sub("cluster.toml"); }
  /// The exit code, which is 2 where the parser refuses the words.
  int Run(const std::vector<std::string>& words, const std::string& input = "") {
    std::ostringstream out;
    std::ostringstream err;
    CLI::App app("cairn");
    app.require_subcommand(1);
    GlobalOptions global;
    int code = 0;
    const auto read = [&](std::size_t most) {
      return input_error_.ok() ? Result<std::string>(input.substr(0, most)) : input_error_;
    };
    const Streams streams{read, &out, &err,
                          [this](const config::Cluster&) { return fake_.MakeEnvironment(); }};
    AddClientCommands(&app, &global, &code, streams);
    std::vector<std::string> last_first(words.rbegin(), words.rend());
    try {
      app.parse(last_first);
    } catch (const CLI::ParseError& error) {
      code = SayParseError(app, error, words, streams);
    }
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  client::FakeCluster fake_{3};
  storage::TempDirectory directory_;
  Status input_error_;  ///< What reading the input meets, if not ok.
  std::string out_;
  std::string err_;
};

}  // namespace cairn::cli
