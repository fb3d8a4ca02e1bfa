#include "common/fatal.h"

#include <unistd.h>

#include <cstdio>

namespace cairn {

void StopNow(const Status& why) {
  std::fprintf(stderr, "cairn: %s\n", why.message().c_str());
  std::fflush(nullptr);
  ::_exit(ExitCode(why.code()));
}

}  // namespace cairn
