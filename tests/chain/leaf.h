#pragma once
// A request's leaf by the letter of its description (src/chain/merkle.h), one step after the other.

#include <string>
#include <vector>

#include "chain/merkle.h"
#include "chain/record.h"
#include "chain/sha256.h"
#include "common/coding.h"

namespace cairn::chain {

inline std::string BytesOf(const Hash& hash) { return {hash.bytes.begin(), hash.bytes.end()}; }

inline Hash RequestLeaf(const Request& request) {
  Writer entry;
  entry.U8(0x00);
  AppendRecord(entry, request, BytesOf(Sha256(request.value)));
  return Sha256(entry.bytes());
}

inline Hash RootOfLeaves(const std::vector<Request>& requests) {
  std::vector<Hash> leaves;
  leaves.reserve(requests.size());
  for (const Request& request : requests) {
    leaves.push_back(RequestLeaf(request));
  }
  return MerkleRoot(std::move(leaves));
}

}  // namespace cairn::chain
