#include "node/server.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "client/line_editor.h"
#include "client/text.h"
#include "config/cluster.h"
#include "node/clock.h"
#include "node/console.h"
#include "node/mailbox.h"
#include "node/node.h"
#include "node/restart.h"

namespace cairn::node {
namespace {

int Complain(const Status& status) {
  std::cerr << "cairn: " << status.message() << std::endl;
  return ExitCode(status.code());
}

/// Signals as something to read; all threads that start later have them blocked.
int SignalDescriptor() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

bool SignalCame(int fd) {
  signalfd_siginfo info{};
  return ::read(fd, &info, sizeof info) == sizeof info;
}

/// A bar on a terminal once the work takes longer than a second.
class ProgressBar {
 public:
  void Show(Slot done, Slot all) {
    const Micros now = MonotonicNow();
    if (::isatty(STDERR_FILENO) == 0 || now - began_ < 1'000'000 || now - shown_ < 100'000) {
      return;
    }
    shown_ = now;
    const auto width = static_cast<int>(40 * done / all);
    std::fprintf(stderr, "\rverifying the chain [%.*s%*s] %llu of %llu blocks", width,
                 "########################################", 40 - width, "",
                 static_cast<unsigned long long>(done), static_cast<unsigned long long>(all));
  }
  ~ProgressBar() {
    if (shown_ != 0) {
      std::fprintf(stderr, "\n");
    }
  }

 private:
  Micros began_ = MonotonicNow();
  Micros shown_ = 0;
};

/// The console's thread: it may block on its terminal for ever, so nobody waits for its end.
void StartConsole(Mailbox* mailbox, NodeId id) {
  std::thread([mailbox, id] {
    client::LineEditor editor("server " + std::to_string(id) + "> ", Console::CommandNames());
    while (const auto line = editor.Next()) {
      Page page = mailbox->Ask(*line);
      std::cout << page.text << std::flush;
      while (page.more) {
        page = mailbox->Next();
        std::cout << page.text << std::flush;
      }
    }
  }).detach();
}

/// Takes the console's question, if one waits. True if it was the one to leave.
bool AnswerConsole(Mailbox* mailbox, Console* console) {
  const auto question = mailbox->Take();
  if (!question) {
    return false;
  }
  Page page = question->next ? console->NextPage() : console->Execute(question->line);
  const bool leave = page.leave;
  if (!leave) {
    mailbox->Answer(std::move(page));
  }
  return leave;
}

/// The terminal as it was, however the console leaves it.
class TerminalKeeper {
 public:
  TerminalKeeper() : kept_(::tcgetattr(STDIN_FILENO, &before_) == 0) {}
  ~TerminalKeeper() { Restore(); }
  void Restore() const {
    if (kept_) {
      ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
  }

 private:
  termios before_{};
  bool kept_;
};

Result<Memory> StartUpAloud(const ServerCommand& command, const config::Cluster& cluster,
                            const TerminalKeeper& keeper, int signals) {
  const std::string directory =
      command.data.empty() ? config::DefaultDataDirectory(cluster, command.id) : command.data;
  ProgressBar bar;
  return StartUp(directory, cluster, command.id,
                 {[](const std::string& line) { spdlog::info(line); },
                  [&](Slot done, Slot all) { bar.Show(done, all); },
                  [signals] { return !SignalCame(signals); },
                  [&keeper](const std::string& why) {
                    keeper.Restore();
                    RestartNow(why);
                  }});
}

/// Until somebody wants the node to stop, or it must start anew.
void Serve(Node* node, NodeId id, int signals) {
  // Lives as long as the process: the console's thread may be waiting on it.
  auto* const mailbox = new Mailbox;
  Console console(node);
  StartConsole(mailbox, id);
  for (bool leave = false; !leave && !node->must_restart();) {
    node->RunOnce({signals, mailbox->fd()});
    leave = SignalCame(signals) || AnswerConsole(mailbox, &console);
  }
}

}  // namespace

int RunServer(const ServerCommand& command) {
  const auto file = config::FindClusterFile(command.config);
  if (!file.ok()) {
    return Complain(file.status());
  }
  const auto cluster = config::LoadCluster(file.value());
  if (!cluster.ok()) {
    return Complain(cluster.status());
  }
  if (cluster->Find(command.id) == nullptr) {
    std::vector<NodeId> known;
    for (const config::NodeAddress& node : cluster->nodes) {
      known.push_back(node.id);
    }
    return Complain(Status::Usage("there is no node " + std::to_string(command.id) + " in " +
                                  cluster->path + ": start one of its own, " +
                                  client::JoinWords(known, "or") +
                                  ", or name another file with --config"));
  }
  auto log = spdlog::stderr_color_mt("node " + std::to_string(command.id));
  log->set_pattern("%H:%M:%S.%e %n %^%l%$ %v");
  spdlog::set_default_logger(log);
  const TerminalKeeper keeper;
  const int signals = SignalDescriptor();
  auto memory = StartUpAloud(command, cluster.value(), keeper, signals);
  if (!memory.ok()) {
    return Complain(memory.status());
  }
  Memory remembered = std::move(memory).value();
  auto node = Node::Open(cluster.value(), command.id, &remembered);
  if (!node.ok()) {
    return Complain(node.status());
  }
  const config::NodeAddress& address = *cluster->Find(command.id);
  spdlog::info(
      "listens on {}:{} for clients and {}:{} for nodes{}", address.host, address.client_port,
      address.host, address.peer_port,
      cluster->allow_faults ? "; faults are allowed (allow_faults in the cluster file)" : "");
  Serve(node->get(), command.id, signals);
  if (const auto& why = node.value()->must_restart()) {
    keeper.Restore();
    RestartNow(*why);
  }
  spdlog::info("stops cleanly");
  if (Status flushed = remembered.state->Flush(); !flushed.ok()) {
    return Complain(flushed);
  }
  return 0;
}

}  // namespace cairn::node
