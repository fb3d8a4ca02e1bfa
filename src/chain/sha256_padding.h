#pragma once
// A message of SHA-256 in whole blocks, with its padding (FIPS 180-4, section 5.1.1).

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cairn::chain {

inline constexpr std::size_t kSha256BlockBytes = 64;

class PaddedMessage {
 public:
  /// Takes the parts, one behind the other. False if they are too long; then it holds nothing.
  [[nodiscard]] bool Take(std::span<const std::string_view> parts);

  [[nodiscard]] const std::uint8_t* bytes() const { return bytes_.data(); }
  [[nodiscard]] std::size_t blocks() const { return blocks_; }

 private:
  /// Enough for a value of a kibibyte, and for all leaves and inner nodes but those of long keys.
  static constexpr std::size_t kMostBlocks = 17;

  std::array<std::uint8_t, kMostBlocks * kSha256BlockBytes> bytes_;  // the blocks; no more is set
  std::size_t blocks_ = 0;
};

}  // namespace cairn::chain
