#include "system/clock.h"

#include <sys/random.h>
#include <time.h>

#include <cerrno>
#include <chrono>

#include "common/check.h"

namespace cairn::system {
namespace {

template <typename Clock>
Micros Now() {
  const auto since = Clock::now().time_since_epoch();
  return static_cast<Micros>(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

}  // namespace

Micros MonotonicNow() { return Now<std::chrono::steady_clock>(); }

Micros ThreadTime() {
  timespec spent{};
  CAIRN_CHECK(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent) == 0, "a thread has a clock");
  return static_cast<Micros>(spent.tv_sec) * 1'000'000 + static_cast<Micros>(spent.tv_nsec) / 1000;
}

Micros WallNow() { return Now<std::chrono::system_clock>(); }

std::uint64_t RandomBits() {
  std::uint64_t bits = 0;
  // Up to 256 bytes come whole or not at all. Who goes on without randomness could be taken for
  // somebody else.
  ssize_t got = -1;
  do {
    got = ::getrandom(&bits, sizeof bits, 0);
  } while (got < 0 && errno == EINTR);
  CAIRN_CHECK(got == static_cast<ssize_t>(sizeof bits), "the kernel gives random bytes");
  return bits;
}

}  // namespace cairn::system
