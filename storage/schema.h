#pragma once
// The bytes of the ledger, and the only place that knows them: its keys, its head record and its
// block records. Integers are little-endian but for the slot in a key, which is big-endian, so
// that byte order is chain order.
//
//   key      "b" u64 slot                         value   u8 version=1 | encoded block
//   (chain/block.h) key      "h"                                  value   head record
//
//   head     u8 version=1 | 32 genesis hash | u64 commits | registers | 8 checksum
//   registers  promised | accepted | u64 tip | u64 decided
//   ballot   u64 round | u32 node | u64 incarnation
//   checksum the first 8 bytes of SHA-256 over all that stands before
//
// The head's key sorts behind every block. So a file of newly written blocks, which spans from its
// first block to the head, overlaps only the very last of the older files; compaction never
// rewrites old blocks.

#include <string>
#include <string_view>

#include "common/block.h"
#include "common/coding.h"
#include "common/status.h"
#include "replica/effects.h"

namespace cairn::storage {

inline constexpr std::uint8_t kBlockRecordVersion = 1;
inline constexpr std::uint8_t kHeadVersion = 1;
inline constexpr std::size_t kChecksumBytes = 8;

/// All that the ledger remembers beside the blocks; in every batch.
struct HeadRecord {
  Hash genesis;
  std::uint64_t commits = 0;  ///< Batches so far, that of the creation included.
  replica::LedgerHead head;

  friend bool operator==(const HeadRecord&, const HeadRecord&) = default;
};

[[nodiscard]] std::string BlockKey(Slot slot);
[[nodiscard]] std::string_view HeadKey();

[[nodiscard]] std::string EncodeHead(const HeadRecord& record);
/// Integrity, without a path: "its checksum does not fit".
[[nodiscard]] Result<HeadRecord> DecodeHead(std::string_view bytes);

/// The verified block of that slot in a block record. Integrity, without a path.
[[nodiscard]] Result<BlockPtr> DecodeBlockRecord(std::string_view bytes, Slot slot);

/// Shared with the guard, which keeps the same registers.
void WriteRegisters(Writer& writer, const replica::LedgerHead& head);
[[nodiscard]] replica::LedgerHead ReadRegisters(Reader& reader);
[[nodiscard]] std::string Checksum(std::string_view bytes);

/// "commit 12, promised 3.1, accepted 3.1, tip 7, decided 6".
[[nodiscard]] std::string Describe(std::uint64_t commits, const replica::LedgerHead& head);

}  // namespace cairn::storage
