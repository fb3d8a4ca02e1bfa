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

#include "common/block.h"

namespace cairn::chain {

[[nodiscard]] Hash RequestLeaf(const Request& request);
/// The leaf of a request that stands as `record` in a block, of which the last `value_bytes` are
/// the value: without encoding it anew.
[[nodiscard]] Hash RecordLeaf(std::string_view record, std::size_t value_bytes);
[[nodiscard]] Hash MerkleRoot(const std::vector<Hash>& leaves);
[[nodiscard]] Hash RequestsRoot(const std::vector<Request>& requests);

}  // namespace cairn::chain
