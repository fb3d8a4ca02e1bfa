#include "common/coding.h"

#include <algorithm>

#include "common/check.h"

namespace cairn {
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

Hash Reader::Digest() {
  Hash hash;
  const std::string_view field = Raw(hash.bytes.size());
  std::copy(field.begin(), field.end(), hash.bytes.begin());
  return hash;
}

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
