#include "system/process_id.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "common/check.h"

namespace {

std::atomic<pid_t> remembered = 0;

pid_t Ask() { return static_cast<pid_t>(::syscall(SYS_getpid)); }

void Remember() { remembered.store(Ask(), std::memory_order_relaxed); }

}  // namespace

// Takes the place of libc's for all shared libraries too: the program's own names come first.
extern "C" pid_t getpid() noexcept {
  const pid_t known = remembered.load(std::memory_order_relaxed);
  return known != 0 ? known : Ask();
}

namespace cairn::system {

void RememberProcessId() {
  CAIRN_CHECK(::pthread_atfork(nullptr, nullptr, Remember) == 0, "there is memory at the start");
  Remember();
}

}  // namespace cairn::system
