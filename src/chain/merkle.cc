#include "chain/merkle.h"

#include <string_view>
#include <utility>

#include "chain/sha256.h"
#include "common/check.h"

namespace cairn::chain {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kLengthBytes = 4;

std::string_view BytesOf(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()};
}

std::vector<Hash> LeavesOf(const std::vector<PlacedRecord>& records) {
  std::vector<MessageParts> messages;
  messages.reserve(records.size());
  for (const auto& [record, value_bytes] : records) {
    CAIRN_CHECK(record.size() >= value_bytes + kLengthBytes, "a record holds its value");
    messages.push_back({record.substr(record.size() - value_bytes)});
  }
  const std::vector<Hash> values = Sha256Each(messages);
  messages.clear();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& [record, value_bytes] = records[i];
    const std::string_view begin = record.substr(0, record.size() - value_bytes - kLengthBytes);
    // The digest's length in the place of the value's.
    messages.push_back({"\x00"sv, begin, "\x20\x00\x00\x00"sv, BytesOf(values[i])});
  }
  return Sha256Each(messages);
}

}  // namespace

Hash MerkleRoot(std::vector<Hash> leaves) {
  if (leaves.empty()) {
    return Sha256(std::string_view{});
  }
  // Level by level. What has no neighbour on its right goes up as it is, which gives the tree of
  // the largest powers of two.
  std::vector<MessageParts> nodes;
  for (std::vector<Hash>& level = leaves; level.size() > 1;) {
    nodes.clear();
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
      nodes.push_back({"\x01"sv, BytesOf(level[i]), BytesOf(level[i + 1])});
    }
    std::vector<Hash> above = Sha256Each(nodes);
    if (level.size() % 2 == 1) {
      above.push_back(level.back());
    }
    level = std::move(above);
  }
  return leaves.front();
}

Hash RequestsRoot(const std::vector<PlacedRecord>& records) {
  return MerkleRoot(LeavesOf(records));
}

}  // namespace cairn::chain
