#include "common/coding.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/check.h"

namespace cairn {
namespace {

// Byte by byte these were a tenth of a replay.
template <typename T>
T SwapUnlessLittle(T value) {
  if constexpr (std::endian::native == std::endian::little) {
    return value;
  }
  T swapped = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    swapped = static_cast<T>(swapped << 8 | (value >> (8 * i) & 0xff));
  }
  return swapped;
}

template <typename T>
void AppendLittleEndian(std::string& bytes, T value) {
  const T little = SwapUnlessLittle(value);
  bytes.append(reinterpret_cast<const char*>(&little), sizeof(T));
}

/// Zero if the bytes are not there.
template <typename T>
T ParseLittleEndian(std::string_view bytes) {
  T little = 0;
  if (bytes.size() == sizeof(T)) {
    std::memcpy(&little, bytes.data(), sizeof(T));
  }
  return SwapUnlessLittle(little);
}

}  // namespace

Writer& Writer::U8(std::uint8_t value) {
  bytes_.push_back(static_cast<char>(value));
  return *this;
}

Writer& Writer::U32(std::uint32_t value) {
  AppendLittleEndian(bytes_, value);
  return *this;
}

Writer& Writer::U64(std::uint64_t value) {
  AppendLittleEndian(bytes_, value);
  return *this;
}

Writer& Writer::Digest(const Hash& hash) {
  bytes_.append(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size());
  return *this;
}

Writer& Writer::String(std::string_view bytes) {
  CAIRN_CHECK(bytes.size() <= UINT32_MAX, "a length-prefixed field is below 4 GiB");
  return U32(static_cast<std::uint32_t>(bytes.size())).Raw(bytes);
}

Writer& Writer::Raw(std::string_view bytes) {
  bytes_.append(bytes);
  return *this;
}

std::string_view Reader::Raw(std::size_t length) {
  if (!ok_ || length > rest_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view field = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return field;
}

std::uint8_t Reader::U8() { return ParseLittleEndian<std::uint8_t>(Raw(1)); }

std::uint32_t Reader::U32() { return ParseLittleEndian<std::uint32_t>(Raw(4)); }

std::uint64_t Reader::U64() { return ParseLittleEndian<std::uint64_t>(Raw(8)); }

Hash Reader::Digest() {
  Hash hash;
  const std::string_view field = Raw(hash.bytes.size());
  std::copy(field.begin(), field.end(), hash.bytes.begin());
  return hash;
}

std::string_view Reader::String() { return Raw(U32()); }

std::string OrderedU64(std::uint64_t value) {
  std::string bytes(8, '\0');
  for (int i = 7; i >= 0; --i, value >>= 8) {
    bytes[static_cast<std::size_t>(i)] = static_cast<char>(value & 0xff);
  }
  return bytes;
}

std::uint64_t ParseOrderedU64(std::string_view bytes) {
  CAIRN_CHECK(bytes.size() == 8, "an ordered number has eight bytes");
  std::uint64_t value = 0;
  for (const char byte : bytes) {
    value = value << 8 | static_cast<std::uint8_t>(byte);
  }
  return value;
}

}  // namespace cairn
