#pragma once
// The Merkle tree over a block's requests, in the style of RFC 6962, section 2.1: a leaf is
// SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right), the left subtree of n entries
// holds the largest power of two below n, the root of no entries is SHA-256 of nothing.
//
// The entry of a request is its record (see block.h) with the SHA-256 of the value in the value's
// place: a value can be redacted later while the chain still verifies.

#include <cstddef>
#include <string_view>
#include <vector>

#include "common/types.h"

namespace cairn::chain {

/// A request's record as it stands in a block. Its last `value_bytes` are the value, before them is
/// the value's length.
struct PlacedRecord {
  std::string_view record;
  std::size_t value_bytes = 0;
};

[[nodiscard]] Hash MerkleRoot(std::vector<Hash> leaves);
/// The root over a block's requests.
[[nodiscard]] Hash RequestsRoot(const std::vector<PlacedRecord>& records);

}  // namespace cairn::chain
