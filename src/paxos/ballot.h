#pragma once
// The ballot: which attempt to lead a promise or a vote belongs to.

#include <compare>
#include <cstdint>
#include <string>

#include "common/types.h"

namespace cairn::paxos {

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

}  // namespace cairn::paxos
