#include "cli/shell.h"

#include <array>
#include <limits>
#include <utility>

#include "text/nearest.h"
#include "text/text.h"

namespace cairn::cli {
namespace {

/// The options of a typed line, each with a number behind it but --stale.
struct LineOptions {
  NodeId node = 0;
  std::optional<Slot> from;
  std::optional<Slot> to;
  bool stale = false;
};

/// Reads what stands from `first` on. False if that is no list of options.
bool ReadOptions(const std::vector<std::string>& arguments, std::size_t first,
                 LineOptions* options) {
  for (std::size_t i = first; i < arguments.size(); ++i) {
    if (terminal::SameWord(arguments[i], "--stale")) {
      options->stale = true;
      continue;
    }
    const std::string& name = arguments[i];
    const std::optional<std::uint64_t> number =
        ++i < arguments.size()
            ? terminal::ParseNumber(arguments[i], std::numeric_limits<Slot>::max())
            : std::nullopt;
    if (!number) {
      return false;
    }
    if (terminal::SameWord(name, "--node") && *number >= 1 && *number <= kMaxNodes) {
      options->node = static_cast<NodeId>(*number);
    } else if (terminal::SameWord(name, "--from")) {
      options->from = *number;
    } else if (terminal::SameWord(name, "--to")) {
      options->to = *number;
    } else {
      return false;
    }
  }
  return true;
}

/// What people type here that belongs to a server's console, and what does it here.
constexpr std::array<std::pair<const char*, const char*>, 8> kServerWords = {
    {{"printBlockchain", "chain prints the blocks (as `cairn chain` does)"},
     {"pb", "chain prints the blocks (as `cairn chain` does)"},
     {"printKVStore", "get KEY prints the value of a key"},
     {"pkv", "get KEY prints the value of a key"},
     {"printQueue", "an operation that waits is one that has not been answered yet"},
     {"pq", "an operation that waits is one that has not been answered yet"},
     {"state", "status says how all nodes are"},
     {"crash", "failProcess(N) kills the process of node N"}}};

std::string DecidedText(const client::OperationResult& result) {
  return "ok, decided at slot " + std::to_string(result.slot);
}

}  // namespace

const std::vector<Shell::Command>& Shell::Commands() {
  static const std::vector<Command> commands = {
      {"Operation", "Operation(put, key, value), Operation(get, key) or Operation(del, key)",
       "the same as put, get and del", &Shell::RunOperation},
      {"put", "put KEY VALUE", "writes the value", &Shell::RunPut},
      {"get", "get KEY [--stale --node N]", "reads the value (--stale: what node N has)",
       &Shell::RunGet},
      {"del", "del KEY", "deletes the key", &Shell::RunDel},
      {"status", "status", "how the nodes are, and who leads", &Shell::RunStatus},
      {"chain", "chain [--node N] [--from SLOT] [--to SLOT]", "the blocks, as a node has them",
       &Shell::RunChain},
      {"fault", "fault failLink A B, fault fixLink A B or fault failProcess N",
       "makes a fault, if the cluster file allows it", &Shell::RunFault},
      {"failLink", "failLink(A, B)", "cuts the link between two nodes", &Shell::RunFailLink},
      {"fixLink", "fixLink(A, B)", "mends it", &Shell::RunFixLink},
      {"failProcess", "failProcess(N)", "kills the process of a node", &Shell::RunFailProcess},
      {"reconnect", "reconnect N", "talks to node N first from now on", &Shell::RunReconnect},
      {"verify", "cairn verify DIR, typed outside of this console", "checks a stopped directory",
       &Shell::RunVerify},
      {"help", "help", "this list", &Shell::RunHelp},
      {"?", "?", "this list", &Shell::RunHelp},
      {"e", "e", "leaves", &Shell::RunExit},
      {"exit", "exit", "leaves", &Shell::RunExit},
      {"quit", "quit", "leaves", &Shell::RunExit},
  };
  return commands;
}

std::vector<std::string> Shell::CommandNames() {
  std::vector<std::string> names;
  for (const Command& command : Commands()) {
    const std::string name = command.name;
    const bool call = std::string(command.form).find(name + "(") == 0;
    names.push_back(call ? name + "(" : name);
  }
  return names;
}

Shell::Shell(client::Client* client, bool json, Print print)
    : client_(client), json_(json), print_(std::move(print)) {}

bool Shell::Execute(const std::string& line) {
  if (!json_ && line.find_first_not_of(" \t\r\n") == std::string::npos) {
    return true;
  }
  Reply reply = Answer(line);
  last_failure_ = reply.result.ok() ? last_failure_ : reply.result.code;
  if (json_) {
    text::Json json = OperationJson(reply.asked, reply.result, true);
    for (auto& [name, value] : reply.more.items()) {
      json[name] = value;
    }
    print_(text::Dump(json) + "\n");
  } else {
    std::string text = std::move(reply.text);
    if (text.empty() && !reply.result.ok()) {
      text = std::string(CodeName(reply.result.code)) + ": " + reply.result.message + "\n";
    }
    print_(text);
  }
  return !reply.leave;
}

Shell::Reply Shell::Answer(const std::string& line) {
  const Result<terminal::CommandLine> parsed = terminal::ParseCommandLine(line);
  if (!parsed.ok()) {
    return Wrong("", parsed.status().message());
  }
  if (parsed->word.empty()) {
    return Wrong("", "the line is empty; help lists the commands");
  }
  std::vector<std::string> names;
  for (const Command& command : Commands()) {
    if (parsed->Is(command.name)) {
      return (this->*command.run)(parsed->arguments);
    }
    names.emplace_back(command.name);
  }
  for (const auto& [word, instead] : kServerWords) {
    if (parsed->Is(word)) {
      return Wrong(parsed->word,
                   parsed->word + " is a command of a server's console; here, " + instead);
    }
  }
  const std::string nearest = text::Nearest(parsed->word, names);
  return Wrong(parsed->word, "there is no command " + text::Quote(parsed->word) + "; " +
                                 (nearest.empty() ? "" : "did you mean " + nearest + "? ") +
                                 "help lists the commands");
}

Shell::Reply Shell::Wrong(const std::string& op, std::string message) {
  Reply reply;
  reply.asked.op = op;
  reply.result = client::ResultOf(Status::Usage(std::move(message)));
  return reply;
}

Shell::Reply Shell::WrongForm(const std::string& op) {
  for (const Command& command : Commands()) {
    if (terminal::SameWord(op, command.name)) {
      return Wrong(op, std::string("write ") + command.form +
                           "; what has commas, spaces or quotes in it goes between quotes");
    }
  }
  return Wrong(op, "help lists the commands");
}

Shell::Reply Shell::RunOperation(const Arguments& arguments) {
  if (!arguments.empty()) {
    const Arguments rest(arguments.begin() + 1, arguments.end());
    if (terminal::SameWord(arguments[0], "put") && rest.size() == 2) {
      return RunPut(rest);
    }
    if (terminal::SameWord(arguments[0], "get") && rest.size() == 1) {
      return RunGet(rest);
    }
    if (terminal::SameWord(arguments[0], "del") && rest.size() == 1) {
      return RunDel(rest);
    }
  }
  return WrongForm("Operation");
}

Shell::Reply Shell::RunPut(const Arguments& arguments) {
  if (arguments.size() != 2) {
    return WrongForm("put");
  }
  Reply reply;
  reply.asked = {"put", arguments[0], arguments[1]};
  reply.result = client_->Put(arguments[0], arguments[1]);
  reply.text = reply.result.ok() ? DecidedText(reply.result) + "\n" : "";
  return reply;
}

Shell::Reply Shell::RunGet(const Arguments& arguments) {
  LineOptions options;
  if (arguments.empty() || !ReadOptions(arguments, 1, &options) || options.from || options.to ||
      options.stale != (options.node != 0)) {
    return WrongForm("get");
  }
  Reply reply;
  reply.asked = {"get", arguments[0], std::nullopt};
  reply.result =
      options.stale ? client_->GetStale(options.node, arguments[0]) : client_->Get(arguments[0]);
  if (reply.result.ok()) {
    reply.asked.value = reply.result.value;
    reply.text = reply.result.value + "\n";
  }
  return reply;
}

Shell::Reply Shell::RunDel(const Arguments& arguments) {
  if (arguments.size() != 1) {
    return WrongForm("del");
  }
  Reply reply;
  reply.asked = {"del", arguments[0], std::nullopt};
  reply.result = client_->Del(arguments[0]);
  reply.text = reply.result.ok() ? DecidedText(reply.result) + "\n" : "";
  return reply;
}

Shell::Reply Shell::RunStatus(const Arguments& arguments) {
  if (!arguments.empty()) {
    return WrongForm("status");
  }
  const std::vector<client::NodeReport> reports = client_->StatusOfAll();
  const Summary summary = Summarize(reports);
  Reply reply;
  reply.asked.op = "status";
  if (!summary.quorum) {
    reply.result = client::ResultOf(Status::Unavailable(summary.words));
  }
  reply.result.leader = summary.leader;
  reply.text = StatusText(reports, summary);
  reply.more = StatusJson(reports, summary);
  return reply;
}

Shell::Reply Shell::RunChain(const Arguments& arguments) {
  LineOptions options;
  if (!ReadOptions(arguments, 0, &options) || options.stale) {
    return WrongForm("chain");
  }
  Reply reply;
  reply.asked.op = "chain";
  text::Json blocks = text::Json::array();
  const Status status = client_->Chain(options.node, options.from.value_or(0), options.to,
                                       [&](const Block& block, Slot /*decided*/) {
                                         if (json_) {
                                           blocks.push_back(BlockJson(block));
                                         } else {
                                           print_(BlockText(block));
                                         }
                                       });
  reply.result = client::ResultOf(status);
  reply.more["blocks"] = std::move(blocks);
  return reply;
}

Shell::Reply Shell::RunFault(const Arguments& arguments) {
  if (!arguments.empty()) {
    const Arguments rest(arguments.begin() + 1, arguments.end());
    if (terminal::SameWord(arguments[0], "failLink")) {
      return RunFailLink(rest);
    }
    if (terminal::SameWord(arguments[0], "fixLink")) {
      return RunFixLink(rest);
    }
    if (terminal::SameWord(arguments[0], "failProcess")) {
      return RunFailProcess(rest);
    }
  }
  return WrongForm("fault");
}

Shell::Reply Shell::RunFailLink(const Arguments& arguments) {
  return ChangeLink("failLink", api::FaultCall::Kind::kFailLink, arguments);
}

Shell::Reply Shell::RunFixLink(const Arguments& arguments) {
  return ChangeLink("fixLink", api::FaultCall::Kind::kFixLink, arguments);
}

Shell::Reply Shell::ChangeLink(const char* op, api::FaultCall::Kind kind,
                               const Arguments& arguments) {
  const Result<std::vector<NodeId>> ids = terminal::ParseNodeIds(arguments);
  if (!ids.ok() || ids->size() != 2) {
    return WrongForm(op);
  }
  const Result<std::string> done = client_->FaultLink(kind, ids.value()[0], ids.value()[1]);
  Reply reply;
  reply.asked.op = op;
  reply.result = client::ResultOf(done.status());
  if (done.ok()) {
    reply.text = done.value() + "\n";
    reply.more["message"] = done.value();
  }
  return reply;
}

Shell::Reply Shell::RunFailProcess(const Arguments& arguments) {
  const Result<std::vector<NodeId>> ids = terminal::ParseNodeIds(arguments);
  if (!ids.ok() || ids->size() != 1) {
    return WrongForm("failProcess");
  }
  const Result<std::string> done = client_->FailProcess(ids.value()[0]);
  Reply reply;
  reply.asked.op = "failProcess";
  reply.result = client::ResultOf(done.status());
  if (done.ok()) {
    reply.text = done.value() + "\n";
    reply.more["message"] = done.value();
  }
  return reply;
}

Shell::Reply Shell::RunReconnect(const Arguments& arguments) {
  const Result<std::vector<NodeId>> ids = terminal::ParseNodeIds(arguments);
  if (!ids.ok() || ids->size() != 1) {
    return WrongForm("reconnect");
  }
  Reply reply;
  reply.asked.op = "reconnect";
  reply.result = client::ResultOf(client_->Reconnect(ids.value()[0]));
  if (reply.result.ok()) {
    reply.text = "connected to node " + std::to_string(ids.value()[0]) + "\n";
  }
  return reply;
}

Shell::Reply Shell::RunVerify(const Arguments& /*arguments*/) {
  return Wrong(
      "verify",
      "verify looks into the directory of a stopped node, or compares all nodes; leave with "
      "e and type cairn verify DIR, or cairn verify --cluster");
}

Shell::Reply Shell::RunHelp(const Arguments& /*arguments*/) {
  Reply reply;
  reply.asked.op = "help";
  for (const Command& command : Commands()) {
    reply.text += std::string(command.form) + "\n    " + command.what + "\n";
  }
  reply.text +=
      "Upper and lower case count as equal in commands. Quotes (\" or ') allow commas, "
      "spaces and \\\" \\n \\xNN.\n";
  reply.more["message"] = reply.text;
  return reply;
}

Shell::Reply Shell::RunExit(const Arguments& /*arguments*/) {
  Reply reply;
  reply.asked.op = "e";
  reply.leave = true;
  return reply;
}

bool RunShell(Shell* shell, terminal::LineEditor* editor) {
  while (const std::optional<std::string> line = editor->Next()) {
    if (!shell->Execute(*line)) {
      return true;
    }
  }
  return false;
}

}  // namespace cairn::cli
