#include "node/clock.h"

#include <sys/random.h>

#include <chrono>

#include "common/check.h"

namespace cairn::node {
namespace {

template <typename Clock>
Micros Now() {
  const auto since = Clock::now().time_since_epoch();
  return static_cast<Micros>(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

}  // namespace

Micros MonotonicNow() { return Now<std::chrono::steady_clock>(); }

Micros WallNow() { return Now<std::chrono::system_clock>(); }

std::uint64_t RandomBits() {
  std::uint64_t bits = 0;
  CAIRN_CHECK(::getrandom(&bits, sizeof bits, 0) == sizeof bits, "the kernel gives random bytes");
  return bits;
}

}  // namespace cairn::node
