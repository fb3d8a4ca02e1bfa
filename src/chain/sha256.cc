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

#include "common/check.h"

namespace cairn::chain {
namespace {

constexpr std::size_t kBlockBytes = SHA256_CBLOCK;
/// What leaves and inner nodes of a block's tree take, and most values.
constexpr std::size_t kShortBytes = 4 * kBlockBytes;
/// A one bit, and the length.
constexpr std::size_t kPaddingBytes = 1 + 8;

// Whole words: what is written byte by byte is not yet there when OpenSSL loads it.
std::uint64_t BigEndian(std::uint64_t value) {
  return std::endian::native == std::endian::big ? value : __builtin_bswap64(value);
}
std::uint32_t BigEndian(std::uint32_t value) {
  return std::endian::native == std::endian::big ? value : __builtin_bswap32(value);
}

/// The padding of FIPS 180-4, section 5.1.1, made here: a message of whole blocks passes OpenSSL in
/// one call, where a short one would be copied piece by piece, and again at its end.
Hash HashShort(std::initializer_list<std::string_view> parts) {
  std::array<char, kShortBytes> bytes;
  std::size_t size = 0;
  for (const std::string_view part : parts) {
    std::copy(part.begin(), part.end(), bytes.begin() + size);
    size += part.size();
  }
  const std::size_t padded = (size + kPaddingBytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
  std::fill(bytes.begin() + size, bytes.begin() + padded, '\0');
  bytes[size] = '\x80';
  const std::uint64_t bits = BigEndian(std::uint64_t{8} * size);
  std::memcpy(bytes.data() + padded - sizeof bits, &bits, sizeof bits);
  SHA256_CTX context;
  CAIRN_CHECK(SHA256_Init(&context) == 1, "SHA-256 begins");
  CAIRN_CHECK(SHA256_Update(&context, bytes.data(), padded) == 1, "SHA-256 takes bytes");
  Hash hash;
  for (std::size_t i = 0; i < std::size(context.h); ++i) {
    const std::uint32_t word = BigEndian(std::uint32_t{context.h[i]});
    std::memcpy(hash.bytes.data() + i * sizeof word, &word, sizeof word);
  }
  return hash;
}

}  // namespace

Hash Sha256(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) {
    size += part.size();
  }
  if (size + kPaddingBytes <= kShortBytes) {
    return HashShort(parts);
  }
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

Hash Sha256(std::string_view bytes) { return Sha256({bytes}); }

}  // namespace cairn::chain
