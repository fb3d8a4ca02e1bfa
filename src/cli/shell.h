#pragma once
// The client console: `cairn client ID`. One line, one answer. A line that can't be understood is
// answered with a sentence that gives the right form, and the shell goes on.
//
// With --json every line, also an empty or a wrong one, is answered with exactly one JSON object on
// one line: op key value ok error slot leader, and what the command adds (status: quorum, nodes;
// chain: blocks; others: message).

#include <functional>
#include <string>
#include <vector>

#include "cli/render.h"
#include "client/client.h"
#include "terminal/command_line.h"
#include "terminal/line_editor.h"
#include "text/json.h"

namespace cairn::cli {

class Shell {
 public:
  using Print = std::function<void(const std::string& text)>;

  /// `print` gets whole answers with their newlines, and flushes. The client is not owned.
  Shell(client::Client* client, bool json, Print print);

  /// Executes one line. False when it was the command to leave.
  bool Execute(const std::string& line);
  /// Of the last command that failed; kOk if none did.
  [[nodiscard]] Code last_failure() const { return last_failure_; }

  /// For the completion by TAB.
  [[nodiscard]] static std::vector<std::string> CommandNames();

 private:
  /// What was asked for and its result; `text` is for people, `more` for JSON.
  struct Reply {
    Asked asked;
    client::OperationResult result;
    std::string text;
    text::Json more = text::Json::object();
    bool leave = false;
  };
  using Arguments = std::vector<std::string>;
  struct Command {
    const char* name;
    const char* form;
    const char* what;
    Reply (Shell::*run)(const Arguments& arguments);
  };
  static const std::vector<Command>& Commands();

  Reply Answer(const std::string& line);
  static Reply Wrong(const std::string& op, std::string message);
  static Reply WrongForm(const std::string& op);

  Reply RunOperation(const Arguments& arguments);
  Reply RunPut(const Arguments& arguments);
  Reply RunGet(const Arguments& arguments);
  Reply RunDel(const Arguments& arguments);
  Reply RunStatus(const Arguments& arguments);
  Reply RunChain(const Arguments& arguments);
  Reply RunFault(const Arguments& arguments);
  Reply RunFailLink(const Arguments& arguments);
  Reply RunFixLink(const Arguments& arguments);
  Reply RunFailProcess(const Arguments& arguments);
  Reply RunReconnect(const Arguments& arguments);
  Reply RunVerify(const Arguments& arguments);
  Reply RunHelp(const Arguments& arguments);
  Reply RunExit(const Arguments& arguments);
  Reply ChangeLink(const char* op, api::FaultCall::Kind kind, const Arguments& arguments);

  client::Client* client_;
  bool json_;
  Print print_;
  Code last_failure_ = Code::kOk;
};

/// Reads lines until the input ends, or the user leaves: true.
bool RunShell(Shell* shell, terminal::LineEditor* editor);

}  // namespace cairn::cli
