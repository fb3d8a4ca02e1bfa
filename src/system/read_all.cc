#include "system/read_all.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cairn::system {

Result<std::string> ReadAll(int descriptor, std::size_t most) {
  constexpr std::size_t kPiece = std::size_t{64} * 1024;
  std::string text;
  std::size_t length = 0;
  while (length < most) {
    text.resize(std::min(most, length + kPiece));
    const ssize_t got = ::read(descriptor, text.data() + length, text.size() - length);
    if (got < 0 && errno != EINTR) {
      return Status::Other(std::strerror(errno));
    }
    if (got == 0) {
      break;
    }
    length += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  text.resize(length);
  return text;
}

}  // namespace cairn::system
