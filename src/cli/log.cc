#include "cli/log.h"

#include <fcntl.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace cairn::cli {
namespace {

constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%eZ %n %^%l%$ %v";

std::atomic<terminal::LineEditor*> beside = nullptr;

using StandardError = spdlog::sinks::ansicolor_stderr_sink<spdlog::details::console_mutex>;

class Sink : public StandardError {
 public:
  Sink() : StandardError(spdlog::color_mode::automatic) {}

  void log(const spdlog::details::log_msg& message) override {
    const auto write = [&] { StandardError::log(message); };
    if (terminal::LineEditor* editor = beside.load()) {
      editor->Beside(write);
    } else {
      write();
    }
  }
};

/// The path of a descriptor's file; empty if it is none, or one that has no path any more.
std::string PathOf(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0 || !S_ISREG(file.st_mode) || file.st_nlink == 0) {
    return {};
  }
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error);
  return error ? std::string() : path.string();
}

/// The descriptor writes to the end of the file at the path, which is made if there is none. False
/// with errno.
bool OpenAgain(int fd, const std::string& path) {
  struct stat before {};
  const mode_t mode = ::fstat(fd, &before) == 0 ? before.st_mode & 0777 : 0644;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode);
  if (file < 0) {
    return false;
  }
  const bool done = ::dup2(file, fd) >= 0;
  const int error = errno;
  ::close(file);
  errno = error;
  return done;
}

}  // namespace

void BeginLog(NodeId id) {
  auto logger =
      std::make_shared<spdlog::logger>("node " + std::to_string(id), std::make_shared<Sink>());
  logger->set_pattern(kPattern, spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(std::move(logger));
}

void DrawLogBeside(terminal::LineEditor* editor) {
  // Where only the console is on the terminal, the log does not touch it.
  if (editor->interactive() && ::isatty(STDERR_FILENO) == 1) {
    beside = editor;
  }
}

LogFiles::LogFiles()
    : files_{{{STDOUT_FILENO, PathOf(STDOUT_FILENO)}, {STDERR_FILENO, PathOf(STDERR_FILENO)}}} {}

void LogFiles::Reopen() const {
  if (std::ranges::all_of(files_, [](const File& file) { return file.path.empty(); })) {
    spdlog::info(
        "SIGHUP: the log goes to no file that could be opened again; this node goes on (SIGTERM "
        "stops it)");
    return;
  }
  for (const File& file : files_) {
    if (file.path.empty()) {
      continue;
    }
    const bool log = file.fd == STDERR_FILENO;
    if (log) {
      spdlog::info("SIGHUP: the log is opened again, and what follows is in {}", file.path);
    }
    if (!OpenAgain(file.fd, file.path)) {
      spdlog::error(
          "SIGHUP: could not open {} again: {}. What was open stays open. Check that this user may "
          "write there",
          file.path, std::strerror(errno));
    } else if (log) {
      spdlog::info(
          "SIGHUP: the log was opened again; what came before is in the file that was "
          "here");
    }
  }
}

}  // namespace cairn::cli
