#pragma once
// SHA-256 (FIPS 180-4, section 6.2.2) of eight messages side by side: each has a lane of the
// processor's vector registers. One message can't be hashed like this, for each of its steps needs
// the one before; but a block's leaves don't need each other. With registers of 256 bits eight
// take as long as two or three one by one. Wider ones would slow some processors down as a whole.
//
// Processors with instructions for SHA-256 itself need none of this: there OpenSSL is as fast.

#include <span>

#include "chain/sha256_padding.h"
#include "common/types.h"

namespace cairn::chain {

inline constexpr std::size_t kSha256Lanes = 8;

/// The digest of each message; however many they are, the longest one decides how long it takes.
/// Requires: as many messages as digests, one to kSha256Lanes.
using HashSideBySide = void (*)(std::span<const PaddedMessage> messages,
                                std::span<Hash* const> digests);

/// With the instructions of AVX2. Null if this processor has not got them.
[[nodiscard]] HashSideBySide SideBySideByAvx2();
/// The same, but null too if it is not faster here than one message after the other.
[[nodiscard]] HashSideBySide FastestSideBySide();

}  // namespace cairn::chain
