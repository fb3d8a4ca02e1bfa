#include "chain/sha256_padding.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cairn::chain {
namespace {

/// A one bit, and the length.
constexpr std::size_t kLeastPadding = 1 + sizeof(std::uint64_t);

std::uint64_t BigEndian(std::uint64_t value) {
  return std::endian::native == std::endian::big ? value : __builtin_bswap64(value);
}

}  // namespace

bool PaddedMessage::Take(std::span<const std::string_view> parts) {
  blocks_ = 0;
  std::size_t size = 0;
  for (const std::string_view part : parts) {
    if (part.size() + kLeastPadding > bytes_.size() - size) {
      return false;
    }
    if (!part.empty()) {
      std::memcpy(bytes_.data() + size, part.data(), part.size());
      size += part.size();
    }
  }
  blocks_ = (size + kLeastPadding + kSha256BlockBytes - 1) / kSha256BlockBytes;
  const std::size_t end = blocks_ * kSha256BlockBytes;
  std::memset(bytes_.data() + size, 0, end - size);
  bytes_[size] = 0x80;
  // As a whole word: what is written byte by byte is not yet there when it is loaded.
  const std::uint64_t bits = BigEndian(std::uint64_t{8} * size);
  std::memcpy(bytes_.data() + end - sizeof bits, &bits, sizeof bits);
  return true;
}

}  // namespace cairn::chain
