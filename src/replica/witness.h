#pragma once
// What nodes remember of each other's memory (R7). A restored backup is a directory that is sound
// and old: nothing in it says that it has forgotten, but the others know. Every message bears a
// stamp, how far the sender's ledger had come in its present life, and what the sender remembers
// of the receiver's stamps.
//
// Lives of one directory follow each other, and a life begins with all that the ones before it had
// committed. So if a node began with fewer commits than somebody has seen of an earlier life of
// the same incarnation, it has forgotten some. What its own life has committed since proves
// nothing, hence the names of lives. A late message does no harm: it only tells of a life that was.
//
// What this can't do: a node that nobody speaks to who had seen its later stamps is not told. Those
// who relied on a vote have seen its stamp, and their own words bear what they remember.

#include <map>
#include <optional>
#include <utility>

#include "common/types.h"

namespace cairn::replica {

/// How far a node's memory had come when it spoke.
struct Stamp {
  std::uint64_t life = 0;     ///< Random, drawn when the process began; 0: none.
  std::uint64_t commits = 0;  ///< Of its ledger, over all lives of its directory.

  friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// What a node remembers of another: the life that it heard of last, and the greatest of the
/// others.
struct Seen {
  Incarnation incarnation = 0;  ///< 0: nothing.
  Stamp latest;
  Stamp other;

  friend bool operator==(const Seen&, const Seen&) = default;
};

class Witness {
 public:
  void Note(NodeId from, Incarnation incarnation, const Stamp& stamp);
  /// To be told to that node.
  [[nodiscard]] Seen Of(NodeId node) const;

  /// A peer remembers `seen` of this node, which is `incarnation` and began its present life with
  /// the commits of `began`: how many commits an earlier life had made, if that is more.
  static std::optional<std::uint64_t> Forgotten(Incarnation incarnation, const Stamp& began,
                                                const Seen& seen);

 private:
  std::map<std::pair<NodeId, Incarnation>, Seen> seen_;
  std::map<NodeId, Incarnation> latest_;
};

}  // namespace cairn::replica
