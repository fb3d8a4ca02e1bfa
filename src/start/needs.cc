#include "start/needs.h"

#include <fmt/core.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <vector>

#include "storage/files/files.h"

namespace cairn::start {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
/// For the new files of a start.
constexpr std::uint64_t kRoomOfStart = 16 * kMiB;

std::string Amount(std::uint64_t count, std::uint64_t unit) {
  return unit == 1 ? std::to_string(count) : fmt::format("{} MiB", count / unit);
}

Status CheckLimit(__rlimit_resource limit, const char* name, const char* option, std::uint64_t unit,
                  const std::string& who, std::uint64_t need) {
  struct rlimit limits {};
  if (::getrlimit(limit, &limits) != 0) {
    return Status::Ok();
  }
  // The soft limit of open files is raised by who opens the sockets.
  const std::uint64_t now = limit == RLIMIT_NOFILE ? limits.rlim_max : limits.rlim_cur;
  if (now == RLIM_INFINITY || now >= need) {
    return Status::Ok();
  }
  return Status::Other(
      fmt::format("the limit of {} (ulimit {}) is {}, and {} needs {}: raise it, "
                  "and start again",
                  name, option, Amount(now, unit), who, Amount(need, unit)));
}

/// Threads that wait for each other's end.
class Crowd {
 public:
  ~Crowd() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (const pthread_t thread : threads_) {
      (void)::pthread_join(thread, nullptr);
    }
  }
  /// The error of the system, or 0.
  int Add() {
    pthread_t thread{};
    const int error = ::pthread_create(&thread, nullptr, &Crowd::Run, this);
    if (error == 0) {
      threads_.push_back(thread);
    }
    return error;
  }
  [[nodiscard]] std::size_t size() const { return threads_.size(); }

 private:
  static void* Run(void* crowd) {
    auto* const self = static_cast<Crowd*>(crowd);
    std::unique_lock<std::mutex> lock(self->mutex_);
    self->changed_.wait(lock, [self] { return self->over_; });
    return nullptr;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::vector<pthread_t> threads_;
};

Status CheckThreads(const Needs& needs) {
  Crowd crowd;
  while (crowd.size() < needs.threads) {
    if (const int error = crowd.Add(); error != 0) {
      struct rlimit now {};
      const bool known = ::getrlimit(RLIMIT_NPROC, &now) == 0 && now.rlim_cur != RLIM_INFINITY;
      return Status::Other(fmt::format(
          "only {} of the {} threads that {} needs can be started ({}): raise the limit of "
          "processes (ulimit -u, which is {}) or the one of its control group (pids.max), and "
          "start again",
          crowd.size(), needs.threads, needs.who, storage::ErrnoText(error),
          known ? std::to_string(now.rlim_cur) : "unlimited"));
    }
  }
  return Status::Ok();
}

/// The directory, or the nearest one above it that is there.
std::string Nearest(std::string path) {
  for (;;) {
    const Result<bool> exists = storage::Exists(path);
    const std::string parent = std::filesystem::path(path).parent_path().string();
    if (!exists.ok() || exists.value() || parent == path || parent.empty()) {
      return path;
    }
    path = parent;
  }
}

}  // namespace

Needs NeedsOfServer() { return {"a node", 128, 24, 1024 * kMiB, 128 * kMiB}; }

Needs NeedsOfTool() { return {"this command", 64, 12, 512 * kMiB, kMiB}; }

Status CheckLimits(const Needs& needs) {
  Status status = CheckLimit(RLIMIT_NOFILE, "open files", "-n", 1, needs.who, needs.files);
  if (status.ok()) {
    status = CheckLimit(RLIMIT_AS, "address space", "-v", kMiB, needs.who, needs.address_bytes);
  }
  if (status.ok()) {
    status =
        CheckLimit(RLIMIT_FSIZE, "the size of a file", "-f", kMiB, needs.who, needs.file_bytes);
  }
  return status.ok() ? CheckThreads(needs) : status;
}

Status CheckRoom(const std::string& directory) {
  const std::string path = storage::AbsolutePath(directory);
  struct statvfs disk {};
  if (::statvfs(Nearest(path).c_str(), &disk) != 0) {
    return storage::SystemError("ask for the room of the disk of", path, errno);
  }
  const std::string ledger = path + "/ledger";
  const Result<std::vector<std::string>> logs = storage::ListFiles(ledger, ".log");
  if (!logs.ok()) {
    return logs.status();
  }
  std::uint64_t need = kRoomOfStart;
  for (const std::string& name : logs.value()) {
    const Result<std::uint64_t> bytes = storage::FileBytes(ledger + "/" + name);
    need += bytes.ok() ? bytes.value() : 0;
  }
  const std::uint64_t blocks = ::geteuid() == 0 ? disk.f_bfree : disk.f_bavail;
  const std::uint64_t free = blocks * disk.f_frsize;
  return free >= need ? Status::Ok()
                      : Status::Other(fmt::format(
                            "the disk of {} has {} bytes free, and a start needs {}: nothing was "
                            "changed there; free space on that disk, and start again",
                            path, free, need));
}

}  // namespace cairn::start
