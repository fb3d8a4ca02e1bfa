#include "cli/server_console.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "cli/render.h"
#include "common/limits.h"
#include "text/text.h"

namespace cairn::cli {
namespace {

// A page is small, so that the loop is soon back at its messages.
constexpr std::size_t kBlocksAPage = 64;
constexpr std::size_t kPageBytes = std::size_t{256} << 10;
constexpr std::size_t kEntriesAPage = 512;

/// What a command is called in the list, if it has other names beside that.
std::string Known(const terminal::CommandLine& line) {
  constexpr std::array<std::pair<const char*, const char*>, 8> kOthers = {
      {{"quit", "e"},
       {"exit", "e"},
       {"?", "help"},
       {"pb", "printBlockchain"},
       {"pkv", "printKVStore"},
       {"pq", "printQueue"},
       {"state", "status"},
       {"crash", "failProcess"}}};
  const auto* const other =
      std::ranges::find_if(kOthers, [&](const auto& pair) { return line.Is(pair.first); });
  return other != kOthers.end() ? other->second : line.word;
}

/// Words of the client's console and of the command line, which people type here, too.
bool IsForClients(const terminal::CommandLine& line) {
  constexpr std::array kWords = {"Operation", "put", "get", "del", "chain", "verify", "bench"};
  return std::ranges::any_of(kWords, [&](const char* word) { return line.Is(word); });
}

Page Sentence(std::string text) { return {std::move(text) + "\n", false, false}; }

}  // namespace

const std::vector<Console::Command>& Console::Commands() {
  static const std::vector<Command> commands = {
      {"printBlockchain", "printBlockchain [N | FROM TO]",
       "the blocks (pb): slot, hash, previous hash, nonce, time, operations; the last N alone",
       &Console::PrintBlockchain},
      {"printKVStore", "printKVStore", "the keys and their values, in order (pkv)",
       &Console::PrintKvStore},
      {"printQueue", "printQueue", "the requests that wait, and for what (pq)",
       &Console::PrintQueue},
      {"status", "status", "role, ballots, slots and links of this node (state)",
       &Console::PrintStatus},
      {"failLink", "failLink(A,B)", "cuts the link between two nodes; failLink(B): this one and B",
       &Console::FailLink},
      {"fixLink", "fixLink(A,B)", "mends it", &Console::FixLink},
      {"failProcess", "failProcess", "this process dies at once, as by kill -9 (crash)",
       &Console::FailProcess},
      {"reconnect", "reconnect [IDS]", "connects anew to all nodes but those named",
       &Console::Reconnect},
      {"c", "c", "says how this node is connected (nodes connect by themselves)",
       &Console::Connect},
      {"e", "e", "ends this server cleanly (quit and exit do the same)", &Console::Leave},
      {"help", "help", "this list (? shows it, too)", &Console::Help},
  };
  return commands;
}

std::vector<std::string> Console::CommandNames() {
  std::vector<std::string> names;
  for (const Command& command : Commands()) {
    const std::string form = command.form;
    names.push_back(form.find('(') == std::string::npos ? command.name
                                                        : std::string(command.name) + "(");
  }
  return names;
}

Page Console::Execute(const std::string& line) {
  const auto parsed = terminal::ParseCommandLine(line);
  if (!parsed.ok()) {
    return Sentence(parsed.status().message());
  }
  terminal::CommandLine command_line = parsed.value();
  if (command_line.word.empty()) {
    return {};
  }
  command_line.word = Known(command_line);
  if (IsForClients(command_line)) {
    return ForClients(command_line.word);
  }
  for (const Command& command : Commands()) {
    if (command_line.Is(command.name)) {
      // failProcess(3) at another node than 3 must not kill that one.
      if (std::string_view(command.form) == command.name && !command_line.arguments.empty()) {
        return Sentence(
            fmt::format("{} takes no arguments: it is about this node, node {}, or what it has",
                        command.name, node_->self()));
      }
      return (this->*command.run)(command_line.arguments);
    }
  }
  return Sentence(
      fmt::format("there is no command \"{}\" here: type help for the list", command_line.word));
}

Page Console::ForClients(const std::string& word) const {
  return Sentence(
      fmt::format("{0} is a command for clients, and this is the console of a server: type it in "
                  "`cairn client {1}` in another terminal, or run for example `cairn put KEY "
                  "VALUE`",
                  word, node_->self()));
}

Page Console::NextPage() { return next_page_(); }

Page Console::PrintBlockchain(const Arguments& arguments) {
  const Slot tip = node_->ledger().head().tip;
  std::vector<Slot> numbers;
  for (const std::string& argument : arguments) {
    if (const auto number = terminal::ParseNumber(argument, std::numeric_limits<Slot>::max())) {
      numbers.push_back(*number);
    }
  }
  if (numbers.size() != arguments.size() || numbers.size() > 2 ||
      (numbers.size() == 2 && numbers[0] > numbers[1])) {
    return Sentence(
        "printBlockchain prints all blocks, printBlockchain 5 the last five, printBlockchain 3 7 "
        "those of slots 3 to 7");
  }
  const bool last_ones = numbers.size() == 1;
  next_slot_ = numbers.size() == 2 ? numbers[0]
               : last_ones         ? tip + 1 - std::min(numbers[0], tip + 1)
                                   : 0;
  last_slot_ = numbers.size() == 2 ? std::min(numbers[1], tip) : tip;
  if (next_slot_ > tip) {
    return Sentence(
        fmt::format("the newest block of node {} is that of slot {}", node_->self(), tip));
  }
  next_page_ = [this] { return BlocksPage(); };
  return BlocksPage();
}

Page Console::BlocksPage() {
  // Between two pages a newer leader may have cut what was not decided.
  last_slot_ = std::min(last_slot_, node_->ledger().head().tip);
  if (next_slot_ > last_slot_) {
    return BlocksEnd();
  }
  const auto blocks = node_->ledger().ReadRange(next_slot_, last_slot_, kBlocksAPage, kPageBytes);
  if (!blocks.ok()) {
    return Sentence(blocks.status().message());
  }
  Page page;
  for (const BlockPtr& block : blocks.value()) {
    page.text += BlockText(*block);
    next_slot_ = block->slot() + 1;
  }
  page.more = next_slot_ <= last_slot_;
  if (!page.more) {
    page.text += BlocksEnd().text;
  }
  return page;
}

Page Console::BlocksEnd() const {
  const Slot decided = node_->Report().replica.decided;
  const Slot tip = node_->ledger().head().tip;
  return Sentence(decided < tip
                      ? fmt::format("{} blocks, of which the last {} are not yet known as decided",
                                    tip + 1, tip - decided)
                      : fmt::format("{} blocks, all decided", tip + 1));
}

Page Console::PrintKvStore(const Arguments& /*arguments*/) {
  next_key_.clear();
  entries_ = 0;
  next_page_ = [this] { return EntriesPage(); };
  return EntriesPage();
}

Page Console::EntriesPage() {
  Page page;
  std::size_t count = 0;
  node_->machine().Scan(next_key_, "", [&](std::string_view key, const kv::Entry& entry) {
    if (count == kEntriesAPage || page.text.size() > kPageBytes) {
      next_key_ = key;
      page.more = true;
      return false;
    }
    page.text += text::Quote(key) + " = " + text::Quote(entry.value) + "\n";
    ++count;
    return true;
  });
  entries_ += count;
  if (!page.more) {
    page.text += fmt::format("{} {} at slot {}\n", entries_, entries_ == 1 ? "key" : "keys",
                             node_->machine().applied());
  }
  return page;
}

Page Console::PrintQueue(const Arguments& /*arguments*/) {
  const std::vector<api::QueueEntry> queue = node_->Queue();
  Page page;
  for (const api::QueueEntry& entry : queue) {
    page.text += text::Quote(entry.what) + " waits for " + entry.waits_for + "\n";
    if (page.text.size() > kPageBytes) {
      page.text += "…\n";
      break;
    }
  }
  page.text += fmt::format("{} waiting\n", queue.size());
  return page;
}

Page Console::PrintStatus(const Arguments& /*arguments*/) {
  const api::StatusReport report = node_->Report();
  const api::ReplicaStatus& status = report.replica;
  std::string text =
      fmt::format("node {} is {}{}; ballot {}, promised {}; decided {}, applied {}, tip {} {}\n",
                  status.node, status.role == "forming" ? "" : "a ", status.role,
                  status.ballot.ToString(), status.promised.ToString(), status.decided,
                  status.applied, status.tip, status.tip_hash.Hex());
  for (const api::LinkStatus& link : report.links) {
    text += fmt::format("link to node {}: {}\n", link.peer, link.state);
  }
  return Sentence(text + status.words);
}

Page Console::FailLink(const Arguments& arguments) { return ChangeLink(true, arguments); }

Page Console::FixLink(const Arguments& arguments) { return ChangeLink(false, arguments); }

Page Console::ChangeLink(bool cut, const Arguments& arguments) {
  Result<std::vector<NodeId>> ends = terminal::ParseNodeIds(arguments);
  if (ends.ok() && ends->size() == 1) {
    ends = std::vector<NodeId>{node_->self(), ends->front()};
  }
  if (!ends.ok() || ends.value().size() != 2) {
    return Sentence(fmt::format("{0} wants the two ends of a link, for example {0}({1},{2})",
                                cut ? "failLink" : "fixLink", node_->self(),
                                node_->self() == 1 ? 2 : 1));
  }
  const auto done = node_->ChangeLink(cut, ends.value()[0], ends.value()[1]);
  return Sentence(done.ok() ? done.value() : done.status().message());
}

Page Console::FailProcess(const Arguments& /*arguments*/) {
  return Sentence(node_->FailProcess().message());
}

Page Console::Reconnect(const Arguments& arguments) {
  const auto leave_out = terminal::ParseNodeIds(arguments);
  if (!leave_out.ok()) {
    return Sentence(leave_out.status().message());
  }
  for (const NodeId node : leave_out.value()) {
    if (node == node_->self() || node_->cluster().Find(node) == nullptr) {
      return Sentence(fmt::format("there is no other node {} in {}", node, node_->cluster().path));
    }
  }
  return Sentence(node_->Reconnect(leave_out.value()));
}

Page Console::Connect(const Arguments& /*arguments*/) {
  const api::ReplicaStatus status = node_->Report().replica;
  return Sentence(fmt::format(
      "connected: nodes connect by themselves; node {} is connected with {} of {} nodes "
      "(itself included); {}",
      status.node, status.heard, node_->cluster().nodes.size(), status.words));
}

Page Console::Leave(const Arguments& /*arguments*/) { return {"", false, true}; }

Page Console::Help(const Arguments& /*arguments*/) {
  Page page;
  for (const Command& command : Commands()) {
    page.text += fmt::format("  {:<29} {}\n", command.form, command.what);
  }
  return page;
}

}  // namespace cairn::cli
