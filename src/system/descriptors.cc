#include "system/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "common/check.h"

namespace cairn::system {

void HoldStandardDescriptors() {
  for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; ++standard) {
    if (::fcntl(standard, F_GETFD) < 0 && errno == EBADF) {
      // The lowest free number is given out: this one, for those below are taken.
      const int opened = ::open("/dev/null", standard == STDIN_FILENO ? O_WRONLY : O_RDONLY);
      CAIRN_CHECK(opened == standard, "a closed standard descriptor can be opened to /dev/null");
    }
  }
}

}  // namespace cairn::system
