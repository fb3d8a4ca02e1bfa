#include "chain/sha256.h"

// The plain functions of OpenSSL, without the machinery that chooses an algorithm at run time: for
// the hundred bytes of a leaf that is a quarter of the time. Version 3 calls them old.
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "chain/sha256_lanes.h"
#include "chain/sha256_padding.h"
#include "common/check.h"

namespace cairn::chain {
namespace {

// Whole words: what is written byte by byte is not yet there when it is loaded.
std::uint32_t BigEndian(std::uint32_t value) {
  return std::endian::native == std::endian::big ? value : __builtin_bswap32(value);
}

/// A message of whole blocks passes OpenSSL in one call, where a short one would be copied piece by
/// piece, and again at its end.
Hash HashPadded(const PaddedMessage& message) {
  SHA256_CTX context;
  CAIRN_CHECK(SHA256_Init(&context) == 1, "SHA-256 begins");
  CAIRN_CHECK(SHA256_Update(&context, message.bytes(), message.blocks() * kSha256BlockBytes) == 1,
              "SHA-256 takes bytes");
  Hash hash;
  for (std::size_t i = 0; i < std::size(context.h); ++i) {
    const std::uint32_t word = BigEndian(std::uint32_t{context.h[i]});
    std::memcpy(hash.bytes.data() + i * sizeof word, &word, sizeof word);
  }
  return hash;
}

Hash HashLong(std::span<const std::string_view> parts) {
  SHA256_CTX context;
  CAIRN_CHECK(SHA256_Init(&context) == 1, "SHA-256 begins");
  for (const std::string_view part : parts) {
    CAIRN_CHECK(SHA256_Update(&context, part.data(), part.size()) == 1, "SHA-256 takes bytes");
  }
  Hash hash;
  static_assert(sizeof hash.bytes == SHA256_DIGEST_LENGTH);
  CAIRN_CHECK(SHA256_Final(hash.bytes.data(), &context) == 1, "SHA-256 ends");
  return hash;
}

/// Messages that wait to be hashed side by side.
class Group {
 public:
  /// Null: they are hashed one by one.
  explicit Group(HashSideBySide side_by_side) : side_by_side_(side_by_side) {}

  /// `digest` is set at the latest by Finish.
  void Add(std::span<const std::string_view> parts, Hash* digest) {
    if (!messages_[size_].Take(parts)) {
      *digest = HashLong(parts);
      return;
    }
    digests_[size_] = digest;
    if (++size_ == kSha256Lanes) {
      Finish();
    }
  }

  void Finish() {
    std::size_t blocks = 0;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      blocks += messages_[i].blocks();
      longest = std::max(longest, messages_[i].blocks());
    }
    if (side_by_side_ != nullptr && blocks > kBreakEven * longest) {
      side_by_side_(std::span(messages_).first(size_), std::span(digests_).first(size_));
    } else {
      for (std::size_t i = 0; i < size_; ++i) {
        *digests_[i] = HashPadded(messages_[i]);
      }
    }
    size_ = 0;
  }

 private:
  /// Side by side takes as long as so many messages one by one.
  static constexpr std::size_t kBreakEven = 3;

  const HashSideBySide side_by_side_;
  std::array<PaddedMessage, kSha256Lanes> messages_;
  std::array<Hash*, kSha256Lanes> digests_{};
  std::size_t size_ = 0;
};

}  // namespace

Hash Sha256(std::initializer_list<std::string_view> parts) {
  PaddedMessage message;
  const std::span<const std::string_view> all(parts.begin(), parts.size());
  return message.Take(all) ? HashPadded(message) : HashLong(all);
}

Hash Sha256(std::string_view bytes) { return Sha256({bytes}); }

std::vector<Hash> Sha256Each(std::span<const MessageParts> messages) {
  static const HashSideBySide fastest = FastestSideBySide();
  std::vector<Hash> digests(messages.size());
  Group group(fastest);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    group.Add(messages[i], &digests[i]);
  }
  group.Finish();
  return digests;
}

}  // namespace cairn::chain
