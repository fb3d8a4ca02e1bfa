#pragma once
// The ballot: which attempt to lead a promise or a vote belongs to.

#include <compare>
#include <cstdint>
#include <string>

#include "common/types.h"

namespace cairn {

/// The greatest round there is. On the wire every number is below 2^56 (net/wire/wire.h): a greater
/// round would be refused by everybody, so nobody makes one.
inline constexpr std::uint64_t kMaxRound = (std::uint64_t{1} << 56) - 1;
/// One message lifts what a node takes for the greatest round by no more than this: rounds count
/// elections, so that one that claims more is false, or a node was away for very long and hears it
/// again. So no single word can burn the rounds that are left.
inline constexpr std::uint64_t kMaxRoundLeap = std::uint64_t{1} << 20;
/// Slots by which a leader's decided slot may lie above a block that it sends: it sends again no
/// more than it has in memory.
inline constexpr Slot kMaxSlotLeap = Slot{1} << 20;

/// R1: (round, node, incarnation), ordered in this order. Round 0 is no ballot. The incarnation
/// keeps a ballot that a lost directory made from being taken for one of the directory that
/// replaced it.
struct Ballot {
  std::uint64_t round = 0;
  NodeId node = 0;
  Incarnation incarnation = 0;

  friend auto operator<=>(const Ballot&, const Ballot&) = default;  // NOLINT(modernize-use-nullptr)
  [[nodiscard]] bool IsNone() const { return round == 0; }
  /// "round.node", or "-" for none: what people read.
  [[nodiscard]] std::string ToString() const {
    return IsNone() ? "-" : std::to_string(round) + "." + std::to_string(node);
  }
};

}  // namespace cairn
