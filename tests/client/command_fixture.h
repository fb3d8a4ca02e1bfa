#pragma once
// Runs `cairn words…` against scripted nodes, with a cluster file of three nodes in a directory of
// its own.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "client/commands.h"
#include "client/fake_cluster.h"
#include "tests/storage/temp_directory.h"

namespace cairn::client {

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
  int Run(std::vector<std::string> words, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    CLI::App app("cairn");
    app.require_subcommand(1);
    GlobalOptions global;
    int code = 0;
    AddClientCommands(&app, &global, &code, {&in, &out, &err, [this](const config::Cluster&) {
                                               return fake_.MakeEnvironment();
                                             }});
    std::reverse(words.begin(), words.end());
    try {
      app.parse(words);
    } catch (const CLI::ParseError& error) {
      err << error.what() << "\n";
      code = error.get_exit_code() == 0 ? 0 : ExitCode(Code::kUsage);
    }
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  FakeCluster fake_{3};
  storage::TempDirectory directory_;
  std::string out_;
  std::string err_;
};

}  // namespace cairn::client
