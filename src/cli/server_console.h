#pragma once
// What a person types at a server: the commands, as they run inside the node's loop. The thread
// that reads the lines is in server.cc.

#include <functional>
#include <string>
#include <vector>

#include "cli/console_channel.h"
#include "node/node.h"
#include "terminal/command_line.h"

namespace cairn::cli {

class Console {
 public:
  /// Not owned.
  explicit Console(node::Node* node) : node_(node) {}

  /// Executes a line and returns the first page of its answer.
  Page Execute(const std::string& line);
  /// The next page of a long answer.
  Page NextPage();

  /// For the completion by TAB.
  [[nodiscard]] static std::vector<std::string> CommandNames();

 private:
  using Arguments = std::vector<std::string>;
  struct Command {
    const char* name;
    const char* form;
    const char* what;
    Page (Console::*run)(const Arguments& arguments);
  };
  static const std::vector<Command>& Commands();

  Page PrintBlockchain(const Arguments& arguments);
  Page PrintKvStore(const Arguments& arguments);
  Page PrintQueue(const Arguments& arguments);
  Page PrintStatus(const Arguments& arguments);
  Page FailLink(const Arguments& arguments);
  Page FixLink(const Arguments& arguments);
  Page FailProcess(const Arguments& arguments);
  Page Reconnect(const Arguments& arguments);
  Page Connect(const Arguments& arguments);
  Page Leave(const Arguments& arguments);
  Page Help(const Arguments& arguments);
  [[nodiscard]] Page ForClients(const std::string& word) const;
  Page ChangeLink(bool cut, const Arguments& arguments);
  Page BlocksPage();
  [[nodiscard]] Page BlocksEnd() const;
  Page EntriesPage();

  node::Node* node_;
  std::function<Page()> next_page_;
  Slot next_slot_ = 0;
  Slot last_slot_ = 0;
  std::string next_key_;
  std::size_t entries_ = 0;
};

}  // namespace cairn::cli
