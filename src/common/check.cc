#include "common/check.h"

#include <cstdio>
#include <cstdlib>

namespace cairn::internal {

void CheckFailed(const char* condition, const char* meaning, const char* file, int line) {
  std::fprintf(
      stderr,
      "cairn: a rule that must always hold was broken, so this process stops: %s\n"
      "  check   %s\n  at      %s:%d\n"
      "  next    keep the data directory as it is and report this; the other nodes go on.\n",
      meaning, condition, file, line);
  std::abort();
}

}  // namespace cairn::internal
