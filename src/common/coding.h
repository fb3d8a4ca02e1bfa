#pragma once
// Byte encodings that outlive the code: fixed-width little-endian integers and length-prefixed
// strings. Everything that is hashed or stored goes through here, never through Protobuf,
// whose bytes are not canonical.
//
//   Writer w;  w.U32(1).U64(slot).String(key);     Reader r(w.bytes());  r.U32(); …  r.AtEnd()

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/types.h"

namespace cairn {
namespace internal {

template <typename T>
constexpr T SwapUnlessLittle(T value) {
  if constexpr (std::endian::native == std::endian::little) {
    return value;
  }
  T swapped = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    swapped = static_cast<T>(swapped << 8 | (value >> (8 * i) & 0xff));
  }
  return swapped;
}

}  // namespace internal

/// Appends fields to a string.
class Writer {
 public:
  Writer& U8(std::uint8_t value) { return Number(value); }
  Writer& U32(std::uint32_t value) { return Number(value); }
  Writer& U64(std::uint64_t value) { return Number(value); }
  Writer& Digest(const Hash& hash);
  /// A 32-bit length, then the bytes.
  Writer& String(std::string_view bytes);
  /// The bytes alone.
  Writer& Raw(std::string_view bytes);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  /// Nothing is written any more; the memory is kept for what comes.
  void Clear() { bytes_.clear(); }
  [[nodiscard]] std::string Take() { return std::move(bytes_); }

 private:
  template <typename T>
  Writer& Number(T value) {
    const T little = internal::SwapUnlessLittle(value);
    bytes_.append(reinterpret_cast<const char*>(&little), sizeof(T));
    return *this;
  }

  std::string bytes_;
};

/// Fills a string with fields whose lengths are known: for records that are made all day. To append
/// them one by one takes several times as long.
class FixedWriter {
 public:
  /// What the string held is gone; its memory is used again. Requires: it outlives this object, and
  /// just so many bytes are written.
  FixedWriter(std::string* bytes, std::size_t length) : left_(length) {
    bytes->resize(length);
    at_ = bytes->data();
  }
  FixedWriter& U8(std::uint8_t value) { return Number(value); }
  FixedWriter& U32(std::uint32_t value) { return Number(value); }
  FixedWriter& U64(std::uint64_t value) { return Number(value); }
  FixedWriter& Raw(std::string_view bytes) {
    char* const to = Take(bytes.size());
    std::copy(bytes.begin(), bytes.end(), to);
    return *this;
  }
  [[nodiscard]] bool full() const { return left_ == 0; }

 private:
  template <typename T>
  FixedWriter& Number(T value) {
    const T little = internal::SwapUnlessLittle(value);
    std::memcpy(Take(sizeof(T)), &little, sizeof(T));
    return *this;
  }
  char* Take(std::size_t length) {
    CAIRN_CHECK(length <= left_, "no more is filled in than there is room for");
    left_ -= length;
    return std::exchange(at_, at_ + length);
  }

  char* at_;
  std::size_t left_;
};

/// Takes fields off the front of a byte string that it does not own. A read past the end sets
/// ok() to false for good and yields zeros, so that a decoder checks once, at its end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t U8() { return Number<std::uint8_t>(); }
  std::uint32_t U32() { return Number<std::uint32_t>(); }
  std::uint64_t U64() { return Number<std::uint64_t>(); }
  Hash Digest();
  /// A view into the bytes given at construction.
  std::string_view String() { return Raw(U32()); }
  std::string_view Raw(std::size_t length) {
    if (!ok_ || length > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view field = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return field;
  }

  [[nodiscard]] bool ok() const { return ok_; }
  /// All fields were there, and nothing is left over.
  [[nodiscard]] bool AtEnd() const { return ok_ && rest_.empty(); }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

 private:
  template <typename T>
  T Number() {
    const std::string_view field = Raw(sizeof(T));
    T little = 0;
    if (field.size() == sizeof(T)) {
      std::memcpy(&little, field.data(), sizeof(T));
    }
    return internal::SwapUnlessLittle(little);
  }

  std::string_view rest_;
  bool ok_ = true;
};

/// Big-endian, so that byte order is number order: for keys of a sorted table.
[[nodiscard]] std::string OrderedU64(std::uint64_t value);
/// Requires: eight bytes.
[[nodiscard]] std::uint64_t ParseOrderedU64(std::string_view bytes);

}  // namespace cairn
