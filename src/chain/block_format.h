#pragma once
// Blocks: sealed by a leader, decoded and verified by everybody else.
//
//   block    header (100 bytes), then each request: u32 length, record
//   header   u32 version | u64 slot | 32 parent | 32 requests root | u64 time | u32 request
//            count | u64 nonce | u32 zero (room for flags; must be 0 in version 1)
//   record   see record.h
//   hash     SHA-256 of the 100 header bytes
//
// The nonce keeps the tradition of the project that cairn follows: the smallest one for which
// the hash's last hexadecimal digit is below kNonceDigits. It is no security: a block whose slot,
// parent or time was changed has another hash, and in about one case of five its nonce still
// fits. That it is the right block is what the hash says that somebody else holds: the next
// block's parent, a peer's tip, the ledger's head.

#include <memory>
#include <string_view>
#include <vector>

#include "common/block.h"
#include "common/status.h"

namespace cairn::chain {

inline constexpr std::uint32_t kBlockVersion = 1;
/// Bytes of an encoded header.
inline constexpr std::size_t kHeaderBytes = 100;
/// The last hexadecimal digit of a block's hash is one of this many smallest: 0, 1 or 2.
inline constexpr std::uint32_t kNonceDigits = 3;

/// What the cluster file fixes for ever: same parameters, same genesis block, same cluster.
struct GenesisParameters {
  std::string name;
  std::vector<NodeId> nodes;  ///< Ascending.
  std::uint64_t max_sessions = 0;

  friend bool operator==(const GenesisParameters&, const GenesisParameters&) = default;
};

/// The block at slot 0: time 0, parent zero, one kGenesis request that holds the parameters.
/// Requires: nodes ascending, from 1 on; max_sessions above 0.
[[nodiscard]] BlockPtr MakeGenesis(const GenesisParameters& parameters);
/// What MakeGenesis put there. Integrity if the block is no genesis block.
[[nodiscard]] Result<GenesisParameters> ReadGenesis(const Block& genesis);

/// Seals a block: computes root, nonce, hash and encoding. Requires: the requests are within the
/// limits, so that everybody else can decode what it makes.
[[nodiscard]] BlockPtr Seal(Slot slot, const Hash& parent, Micros time,
                            std::vector<Request> requests);

/// Decodes and verifies all that a block says of itself: version, lengths, limits, request
/// count, operations, requests root, nonce. Integrity with a sentence if anything is wrong; an
/// unknown newer version is refused with a message that names both versions. Never throws, whatever
/// the bytes.
/// `spare`, if there is one, is a block that nobody needs any more: its memory is used again, which
/// saves two allocations for each request.
[[nodiscard]] Result<BlockPtr> DecodeBlock(std::string_view bytes,
                                           std::shared_ptr<Block> spare = nullptr);

/// Bytes that the request takes in an encoded block.
[[nodiscard]] std::size_t EncodedSize(const Request& request);

/// `child` stands directly on `parent`: slot, parent hash, time not before the parent's.
[[nodiscard]] Status VerifyLink(const Block& parent, const Block& child);

}  // namespace cairn::chain
