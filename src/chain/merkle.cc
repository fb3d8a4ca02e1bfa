#include "chain/merkle.h"

#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <string_view>

#include "chain/record.h"
#include "chain/sha256.h"
#include "common/check.h"
#include "common/coding.h"

namespace cairn::chain {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kLengthBytes = 4;

std::string_view BytesOf(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()};
}

Hash RootOf(std::span<const Hash> leaves) {
  if (leaves.size() == 1) {
    return leaves.front();
  }
  const std::size_t left = std::bit_floor(leaves.size() - 1);
  const Hash left_root = RootOf(leaves.first(left));
  const Hash right_root = RootOf(leaves.subspan(left));
  // Put together here, where the compiler knows the lengths: half of all hashes are these.
  std::array<char, 1 + 2 * sizeof(Hash::bytes)> node{'\x01'};
  std::memcpy(node.data() + 1, left_root.bytes.data(), left_root.bytes.size());
  std::memcpy(node.data() + 1 + sizeof left_root.bytes, right_root.bytes.data(),
              right_root.bytes.size());
  return Sha256({node.data(), node.size()});
}

/// `entry` is lent for its memory only.
Hash LeafOf(const Request& request, Writer* entry) {
  const Hash value = Sha256(request.value);
  entry->Clear();
  entry->U8(0x00);
  AppendRecord(*entry, request, BytesOf(value));
  return Sha256(entry->bytes());
}

}  // namespace

Hash RequestLeaf(const Request& request) {
  Writer entry;
  return LeafOf(request, &entry);
}

Hash RecordLeaf(std::string_view record, std::size_t value_bytes) {
  CAIRN_CHECK(record.size() >= value_bytes + kLengthBytes, "a record holds its value");
  const std::size_t before = record.size() - value_bytes - kLengthBytes;
  const Hash value = Sha256(record.substr(record.size() - value_bytes));
  // The digest's length in the place of the value's.
  const std::string_view begin = record.substr(0, before);
  return Sha256({"\x00"sv, begin, "\x20\x00\x00\x00"sv, BytesOf(value)});
}

Hash MerkleRoot(const std::vector<Hash>& leaves) {
  return leaves.empty() ? Sha256(std::string_view{}) : RootOf(leaves);
}

Hash RequestsRoot(const std::vector<Request>& requests) {
  std::vector<Hash> leaves;
  leaves.reserve(requests.size());
  Writer entry;
  for (const Request& request : requests) {
    leaves.push_back(LeafOf(request, &entry));
  }
  return MerkleRoot(leaves);
}

}  // namespace cairn::chain
