#pragma once
// The words that every layer shares: who a node is, where a block stands in the chain, and
// what identifies its content.

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace cairn {

/// 1 .. kMaxNodes; 0 means "no node".
using NodeId = std::uint32_t;
/// Position in the chain; the genesis block is slot 0.
using Slot = std::uint64_t;
/// One life of a data directory: random, 64 bits, never 0 (design rule R7).
using Incarnation = std::uint64_t;
/// A client session: random, 64 bits. 0 is the cluster itself (genesis, formation).
using ClientId = std::uint64_t;
/// Numbers the requests of one session, from 1.
using Sequence = std::uint64_t;
/// Microseconds: since an arbitrary start (monotonic) or since the Unix epoch (wall), as named.
using Micros = std::uint64_t;

/// The most nodes that a cluster can have.
inline constexpr NodeId kMaxNodes = 9;

/// A SHA-256 digest (FIPS 180-4).
struct Hash {
  std::array<std::uint8_t, 32> bytes{};

  friend auto operator<=>(const Hash&, const Hash&) = default;

  [[nodiscard]] bool IsZero() const { return *this == Hash{}; }
  /// 64 lower-case hexadecimal digits.
  [[nodiscard]] std::string Hex() const;
};

/// Nodes that make a majority of `nodes`.
constexpr std::size_t QuorumOf(std::size_t nodes) { return nodes / 2 + 1; }

}  // namespace cairn
