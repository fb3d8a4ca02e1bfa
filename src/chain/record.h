#pragma once
// One request as bytes: as it stands in a block, and as its Merkle leaf commits to it.
//
//   record   u8 version=1 | u64 client | u64 sequence | u64 first_open | u64 session_base |
//            u8 op | u32 length, key | u32 length, value

#include <string_view>

#include "common/block.h"
#include "common/coding.h"
#include "common/status.h"

namespace cairn::chain {

inline constexpr std::uint8_t kRecordVersion = 1;
/// Bytes of a record with an empty key and an empty value.
inline constexpr std::size_t kEmptyRecordBytes = 1 + 4 * 8 + 1 + 4 + 4;

/// Appends the record of `request` with `value` in the place of its value (the value itself in a
/// block, its digest in a leaf).
void AppendRecord(Writer& writer, const Request& request, std::string_view value);

/// Integrity with a sentence if the bytes are not exactly one record within the limits, or if its
/// version or operation is unknown.
[[nodiscard]] Result<Request> DecodeRecord(std::string_view bytes);
/// The same into a request whose memory is used again.
[[nodiscard]] Status DecodeRecordInto(std::string_view bytes, Request* request);

/// The request may stand in a block at `slot`: its operation is known and belongs there, key and
/// value are within the limits. Integrity with a sentence if not.
[[nodiscard]] Status CheckRequest(const Request& request, Slot slot);

}  // namespace cairn::chain
