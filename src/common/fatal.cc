#include "common/fatal.h"

#include <unistd.h>

#include <string>

namespace cairn {

void StopNow(const Status& why) {
  // Past the streams: a console that is blocked on its input holds the lock of stdin, and to flush
  // all streams would be to wait for it.
  const std::string line = "cairn: " + why.message() + "\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(ExitCode(why.code()));
}

}  // namespace cairn
