#include "cli/console_channel.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "common/check.h"

namespace cairn::cli {

ConsoleChannel::ConsoleChannel() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CAIRN_CHECK(fd_ >= 0, "a file descriptor can be had at the start");
}

ConsoleChannel::~ConsoleChannel() { ::close(fd_); }

Page ConsoleChannel::Ask(const std::string& line) { return Exchange({line, false}); }

Page ConsoleChannel::Next() { return Exchange({{}, true}); }

Page ConsoleChannel::Exchange(Question question) {
  std::unique_lock lock(mutex_);
  question_ = std::move(question);
  const std::uint64_t one = 1;
  CAIRN_CHECK(::write(fd_, &one, sizeof one) == sizeof one, "the loop can be woken");
  answered_.wait(lock, [&] { return page_.has_value(); });
  return *std::exchange(page_, std::nullopt);
}

std::optional<ConsoleChannel::Question> ConsoleChannel::Take() {
  std::uint64_t count = 0;
  if (::read(fd_, &count, sizeof count) != sizeof count) {
    return std::nullopt;  // nobody asked
  }
  const std::lock_guard lock(mutex_);
  return std::exchange(question_, std::nullopt);
}

void ConsoleChannel::Answer(Page page) {
  {
    const std::lock_guard lock(mutex_);
    page_ = std::move(page);
  }
  answered_.notify_one();
}

}  // namespace cairn::cli
