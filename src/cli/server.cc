#include "cli/server.h"

#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "cli/console_channel.h"
#include "cli/log.h"
#include "cli/server_console.h"
#include "config/cluster.h"
#include "node/node.h"
#include "start/restart.h"
#include "start/start_up.h"
#include "system/clock.h"
#include "terminal/line_editor.h"
#include "text/text.h"

namespace cairn::cli {
namespace {

int Complain(const Status& status) {
  std::cerr << "cairn: " << status.message() << std::endl;
  return ExitCode(status.code());
}

/// Signals as something to read; all threads that start later have them blocked. None that is no
/// crash ends a server without a line in its log.
class Signals {
 public:
  Signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF,
                             SIGIO, SIGPWR, SIGSTKFLT}) {
      sigaddset(&set, number);
    }
    for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
      sigaddset(&set, number);
    }
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    fd_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  }

  /// Readable while a signal waits.
  [[nodiscard]] int fd() const { return fd_; }
  /// Obeys the signals that wait. True if the server is to stop.
  [[nodiscard]] bool TakeStop() const {
    signalfd_siginfo info{};
    while (::read(fd_, &info, sizeof info) == sizeof info) {
      const auto number = static_cast<int>(info.ssi_signo);
      const std::string who = info.ssi_pid == 0 ? std::string("the kernel or a terminal")
                                                : fmt::format("process {}", info.ssi_pid);
      if (number == SIGTERM || number == SIGINT) {
        spdlog::info("SIG{} came from {}", sigabbrev_np(number), who);
        return true;
      }
      if (number == SIGHUP) {
        files_.Reopen();
        continue;
      }
      const char* name = sigabbrev_np(number);
      spdlog::warn(
          "signal {}{} came from {} and means nothing to a server: this node goes on (SIGTERM "
          "stops it, SIGHUP has it open its log again)",
          number, name == nullptr ? "" : fmt::format(" (SIG{})", name), who);
    }
    return false;
  }

 private:
  int fd_;
  LogFiles files_;
};

/// A bar on a terminal once the work takes longer than a second.
class ProgressBar {
 public:
  void Show(Slot done, Slot all) {
    const Micros now = system::MonotonicNow();
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
  Micros began_ = system::MonotonicNow();
  Micros shown_ = 0;
};

/// The console's thread: it may block on its terminal for ever, so nobody waits for its end.
void StartConsole(ConsoleChannel* channel, NodeId id) {
  // Lives as long as the process: the log is drawn beside it.
  auto* const editor =
      new terminal::LineEditor("server " + std::to_string(id) + "> ", Console::CommandNames());
  DrawLogBeside(editor);
  std::thread([channel, id, editor] {
    while (const auto line = editor->Next()) {
      Page page = channel->Ask(*line);
      std::cout << page.text << std::flush;
      while (page.more) {
        page = channel->Next();
        std::cout << page.text << std::flush;
      }
    }
    if (editor->interactive()) {
      std::cout << "\nGoodbye: the console is closed, and node " << id
                << " goes on serving (Ctrl-C stops it).\n"
                << std::flush;
    }
  }).detach();
}

/// Takes the console's question, if one waits. True if it was the one to leave.
bool AnswerConsole(ConsoleChannel* channel, Console* console) {
  const auto question = channel->Take();
  if (!question) {
    return false;
  }
  Page page = question->next ? console->NextPage() : console->Execute(question->line);
  const bool leave = page.leave;
  if (!leave) {
    channel->Answer(std::move(page));
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

Result<node::DurableState> StartUpAloud(const ServerCommand& command,
                                        const config::Cluster& cluster,
                                        const TerminalKeeper& keeper, const Signals& signals) {
  const std::string directory =
      command.data.empty() ? config::DefaultDataDirectory(cluster, command.id) : command.data;
  ProgressBar bar;
  return start::StartUp(directory, cluster, command.id,
                        {[](const std::string& line) { spdlog::info(line); },
                         [&](Slot done, Slot all) { bar.Show(done, all); },
                         [&signals] { return !signals.TakeStop(); },
                         [&keeper](const std::string& why) {
                           keeper.Restore();
                           start::RestartNow(why);
                         }});
}

/// Until somebody wants the node to stop, or it must start anew.
void Serve(node::Node* node, NodeId id, const Signals& signals) {
  // Lives as long as the process: the console's thread may be waiting on it.
  auto* const channel = new ConsoleChannel;
  Console console(node);
  StartConsole(channel, id);
  for (bool leave = false; !leave && !node->must_restart();) {
    node->RunOnce({signals.fd(), channel->fd()});
    leave = signals.TakeStop() || AnswerConsole(channel, &console);
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
                                  text::JoinWords(known, "or") +
                                  ", or name another file with --config"));
  }
  BeginLog(command.id);
  const TerminalKeeper keeper;
  const Signals signals;
  auto memory = StartUpAloud(command, cluster.value(), keeper, signals);
  if (!memory.ok()) {
    return Complain(memory.status());
  }
  node::DurableState remembered = std::move(memory).value();
  auto node = node::Node::Open(cluster.value(), command.id, &remembered);
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
    start::RestartNow(*why);
  }
  spdlog::info("stops cleanly");
  if (Status flushed = remembered.state->Flush(); !flushed.ok()) {
    return Complain(flushed);
  }
  return 0;
}

}  // namespace cairn::cli
