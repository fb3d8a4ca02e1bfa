#pragma once
// CAIRN_CHECK(condition, "what it means"): an invariant of cairn itself. It stays on in release
// builds, because a node that has broken an invariant must not go on to answer anybody.
// Bad input from outside is never a CHECK: it is a Status, or dropped and counted.

namespace cairn::internal {
/// Writes the failed condition with its place to standard error and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* meaning, const char* file,
                              int line);
}  // namespace cairn::internal

#define CAIRN_CHECK(condition, meaning)                                          \
  do {                                                                           \
    if (!(condition)) {                                                          \
      ::cairn::internal::CheckFailed(#condition, (meaning), __FILE__, __LINE__); \
    }                                                                            \
  } while (false)
