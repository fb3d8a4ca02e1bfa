#include "net/wire/zmtp.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "common/check.h"

namespace cairn::net {
namespace {

constexpr std::uint8_t kMore = 1;
constexpr std::uint8_t kLong = 2;
constexpr std::uint8_t kCommand = 4;
constexpr std::size_t kGreetingBytes = 64;
constexpr std::size_t kVersionAt = 10;
constexpr std::size_t kMechanismAt = 12;
constexpr std::size_t kMechanismBytes = 20;
constexpr std::size_t kShortHead = 2;
constexpr std::size_t kLongHead = 9;
constexpr std::size_t kDelimiterBytes = 2;
constexpr std::size_t kShortest = 255;
// READY, with a routing id that is nobody's business.
constexpr std::uint64_t kMaxCommandBytes = 1024;
constexpr std::size_t kMaxPingContext = 16;
// Bytes that are read at once where no frame is known to be larger.
constexpr std::size_t kReadBytes = std::size_t{16} * 1024;
constexpr std::size_t kKept = 4 * kReadBytes;

std::string Command(std::string_view name, std::string_view data) {
  std::string bytes;
  bytes += static_cast<char>(kCommand);
  bytes += static_cast<char>(1 + name.size() + data.size());
  bytes += static_cast<char>(name.size());
  bytes += name;
  bytes += data;
  return bytes;
}

std::string_view AfterName(std::string_view command, std::string_view name) {
  const bool is_it = command.size() > name.size() &&
                     static_cast<std::uint8_t>(command.front()) == name.size() &&
                     command.substr(1, name.size()) == name;
  return is_it ? command.substr(1 + name.size()) : std::string_view();
}

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) {
    number = number << 8 | static_cast<std::uint8_t>(c);
  }
  return number;
}

}  // namespace

std::string ZmtpGreeting() {
  std::string bytes(kGreetingBytes, '\0');
  bytes[0] = '\xff';
  bytes[8] = '\x01';
  bytes[9] = '\x7f';
  bytes[kVersionAt] = '\x03';
  bytes[kVersionAt + 1] = '\x01';
  bytes.replace(kMechanismAt, 4, "NULL");
  constexpr std::string_view kType("\x0bSocket-Type\0\0\0\6ROUTER", 22);
  return bytes + Command("READY", kType);
}

std::string ZmtpPing() { return Command("PING", std::string_view("\0\0", 2)); }

std::string ZmtpPong(std::string_view context) { return Command("PONG", context); }

std::uint8_t* ZmtpFrame::Allocate(std::size_t bytes) {
  memory_ = std::make_unique_for_overwrite<std::uint8_t[]>(kDelimiterBytes + kLongHead + bytes);
  bytes_ = bytes;
  return memory_.get() + kDelimiterBytes + kLongHead;
}

std::string_view ZmtpFrame::Close(bool delimited) {
  CAIRN_CHECK(memory_ != nullptr, "a frame has a body");
  std::uint8_t* at = memory_.get() + kDelimiterBytes + kLongHead;
  if (bytes_ <= kShortest) {
    *--at = static_cast<std::uint8_t>(bytes_);
    *--at = 0;
  } else {
    for (std::uint64_t rest = bytes_, i = 0; i < 8; ++i, rest >>= 8) {
      *--at = static_cast<std::uint8_t>(rest);
    }
    *--at = kLong;
  }
  if (delimited) {
    *--at = 0;
    *--at = kMore;
  }
  const std::uint8_t* end = memory_.get() + kDelimiterBytes + kLongHead + bytes_;
  return {reinterpret_cast<const char*>(at), static_cast<std::size_t>(end - at)};
}

ZmtpReader::Head ZmtpReader::HeadOf() const {
  const std::string_view in = bytes();
  if (in.size() < kShortHead) {
    return {};
  }
  const auto flags = static_cast<std::uint8_t>(in[0]);
  if ((flags & kLong) == 0) {
    return {kShortHead, flags, static_cast<std::uint8_t>(in[1])};
  }
  return in.size() < kLongHead ? Head{} : Head{kLongHead, flags, BigEndian(in.substr(1, 8))};
}

std::size_t ZmtpReader::wanted(std::size_t at_least) const {
  std::size_t bytes = held() + kReadBytes;
  if (state_ == State::kOpen) {
    if (const Head head = HeadOf(); head.size > 0 && head.body <= max_frame_bytes_) {
      bytes = std::max(bytes, head.size + static_cast<std::size_t>(head.body));
    }
  }
  return std::max(at_least, bytes);
}

std::span<char> ZmtpReader::Room() {
  const std::size_t want = wanted();
  if (want > capacity_) {
    Move(want);
  } else if (begin_ > 0) {
    std::memmove(memory_.get(), memory_.get() + begin_, held());
    end_ -= begin_;
    begin_ = 0;
  }
  return {memory_.get() + end_, capacity_ - end_};
}

void ZmtpReader::Release() {
  if (held() == 0) {
    memory_.reset();
    capacity_ = begin_ = end_ = 0;
  } else if (capacity_ > kKept && wanted(0) < capacity_ / 2) {
    Move(wanted(0));  // what a large frame has left behind
  }
}

void ZmtpReader::Move(std::size_t capacity) {
  auto memory = std::make_unique_for_overwrite<char[]>(capacity);
  std::copy_n(memory_.get() + begin_, held(), memory.get());
  memory_ = std::move(memory);
  capacity_ = capacity;
  end_ -= begin_;
  begin_ = 0;
}

ZmtpReader::Next ZmtpReader::Break() {
  state_ = State::kBroken;
  return Next::kBroken;
}

ZmtpReader::Next ZmtpReader::Take() {
  if (state_ == State::kBroken) {
    return Next::kBroken;
  }
  if (state_ == State::kGreeting) {
    if (const Next next = TakeGreeting(); state_ == State::kGreeting || next == Next::kBroken) {
      return next;
    }
  }
  while (true) {
    const Head head = HeadOf();
    if (head.size == 0) {
      return Next::kNothing;
    }
    const bool command = (head.flags & kCommand) != 0;
    const std::uint64_t most = command ? kMaxCommandBytes : max_frame_bytes_;
    if ((head.flags & ~(kMore | kLong | kCommand)) != 0 || head.body > most ||
        (command && (head.flags & kMore) != 0) || (state_ == State::kReady && !command)) {
      return Break();
    }
    if (bytes().size() - head.size < head.body) {
      return Next::kNothing;
    }
    body_ = bytes().substr(head.size, static_cast<std::size_t>(head.body));
    begin_ += head.size + body_.size();
    const Next next = command ? TakeCommand() : TakePart((head.flags & kMore) != 0);
    if (next != Next::kNothing) {
      return next;
    }
  }
}

ZmtpReader::Next ZmtpReader::TakeGreeting() {
  const std::string_view in = bytes();
  // The length between these two is for versions before 3.
  if ((!in.empty() && in[0] != '\xff') || (in.size() > 9 && (in[9] & 1) == 0) ||
      (in.size() > kVersionAt && static_cast<std::uint8_t>(in[kVersionAt]) < 3)) {
    return Break();
  }
  if (in.size() < kGreetingBytes) {
    return Next::kNothing;
  }
  std::array<char, kMechanismBytes> null{'N', 'U', 'L', 'L'};
  if (in.substr(kMechanismAt, kMechanismBytes) != std::string_view(null.data(), null.size())) {
    return Break();
  }
  begin_ += kGreetingBytes;
  state_ = State::kReady;
  return Next::kNothing;
}

ZmtpReader::Next ZmtpReader::TakeCommand() {
  if (state_ == State::kReady) {
    if (AfterName(body_, "READY").empty()) {
      return Break();
    }
    state_ = State::kOpen;
    return Next::kNothing;
  }
  const std::string_view ping = AfterName(body_, "PING");
  if (ping.size() < 2) {
    return Next::kNothing;  // another command, which asks for nothing
  }
  body_ = ping.substr(2, kMaxPingContext);  // after its time to live
  return Next::kPing;
}

ZmtpReader::Next ZmtpReader::TakePart(bool more) {
  const std::size_t part = parts_++;
  if (part == 0) {
    first_empty_ = body_.empty();
    discards_ = more && !first_empty_;
  } else {
    discards_ = discards_ || part > 1 || (part == 1 && more);
  }
  if (more) {
    return Next::kNothing;
  }
  parts_ = 0;
  delimited_ = part == 1;
  return discards_ ? Next::kRefused : Next::kMessage;
}

}  // namespace cairn::net
