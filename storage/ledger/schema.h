#pragma once
// The bytes of the ledger, and the only place that knows them: its keys, its head record and its
// block records. Integers are little-endian but for the slot in a key, which is big-endian, so
// that byte order is chain order.
//
//   key      "b" u64 slot                         value   u8 version=1 | encoded block
//                                                         (chain/block_format.h)
//   key      "f"                     value   the holes, if there are any
//   key      "h"                     value   the head
//
//   head     u8 version=2 | 32 genesis hash | u32 node | u64 incarnation | u64 commits |
//            registers | 32 hash of the tip | 8 checksum
//   holes    u8 version=1 | u32 count | count times: u64 first | u64 last | 32 hash of the last
//            | 8 checksum
//   registers  promised | accepted | u64 tip | u64 decided
//   ballot   u64 round | u32 node | u64 incarnation
//   checksum the first 8 bytes of SHA-256 over all that stands before; in every version, so that
//            a version is believed only if it is not a flipped bit
//
// The head's key sorts behind every block. So a file of newly written blocks, which spans from its
// first block to the head, overlaps only the very last of the older files; compaction never
// rewrites old blocks.
//
// The head names the tip by its hash and the node whose memory this is. So all that is not yet
// decided is verified from the head down, and a ledger that was copied in is noticed.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/block.h"
#include "common/coding.h"
#include "common/status.h"
#include "replica/effects.h"

namespace cairn::storage {

inline constexpr std::uint8_t kBlockRecordVersion = 1;
inline constexpr std::uint8_t kHeadVersion = 2;
inline constexpr std::uint8_t kHolesVersion = 1;
inline constexpr std::size_t kChecksumBytes = 8;

/// All that the ledger remembers beside the blocks; in every batch.
struct HeadRecord {
  Hash genesis;
  NodeId node = 0;  ///< Whose memory this is, in which life of its directory.
  Incarnation incarnation = 0;
  std::uint64_t commits = 0;  ///< Batches so far, that of the creation included.
  replica::LedgerHead head;
  Hash tip_hash;

  friend bool operator==(const HeadRecord&, const HeadRecord&) = default;
};

[[nodiscard]] std::string BlockKey(Slot slot);
/// The slot of a block's key; nothing if it is another key.
[[nodiscard]] std::optional<Slot> SlotOfKey(std::string_view key);
[[nodiscard]] std::string_view HolesKey();
[[nodiscard]] std::string_view HeadKey();

[[nodiscard]] std::string EncodeHead(const HeadRecord& record);
/// Without a path: Integrity, "its checksum does not fit"; Usage, naming both, if the checksum fits
/// and the version is another one than this program's.
[[nodiscard]] Result<HeadRecord> DecodeHead(std::string_view bytes);

[[nodiscard]] std::string EncodeHoles(const std::vector<replica::Hole>& holes);
/// As DecodeHead. Ascending and apart from each other, or Integrity.
[[nodiscard]] Result<std::vector<replica::Hole>> DecodeHoles(std::string_view bytes);

/// The verified block of that slot in a block record. Integrity, without a path. `spare`: see
/// chain::DecodeBlock.
[[nodiscard]] Result<BlockPtr> DecodeBlockRecord(std::string_view bytes, Slot slot,
                                                 std::shared_ptr<Block> spare = nullptr);

/// Shared with the guard, which keeps the same registers.
void WriteRegisters(Writer& writer, const replica::LedgerHead& head);
[[nodiscard]] replica::LedgerHead ReadRegisters(Reader& reader);
[[nodiscard]] std::string Checksum(std::string_view bytes);

/// "commit 12, promised 3.1, accepted 3.1, tip 7, decided 6".
[[nodiscard]] std::string Describe(std::uint64_t commits, const replica::LedgerHead& head);

}  // namespace cairn::storage
