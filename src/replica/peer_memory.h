#pragma once
// What nodes remember of each other's memory (R7). A restored backup is a directory that is sound
// and old, and so is a copy of one: nothing in it says that it has forgotten, but the others know.
//
// Every message bears a stamp: the sender's life (a random number of each start of its process),
// with how many commits of its ledger it began, and how many there are now. The lives of one
// directory follow each other, and each begins with all that the ones before it had committed. So
// a life that begins with fewer commits than an earlier one had made has forgotten some, and must
// not vote: who relied on one of those votes must be able to stop it. And nobody else may stop
// anybody, or a copy that runs somewhere would end the original:
//
//   - A life is judged until it is heeded for the first time, and never after, by the lives that
//     were heeded before it. So the newcomer is the suspect, and never the one that has been heard
//     all along. A suspect is not heeded, and what was not heeded is no memory of anything.
//   - While one life is heard, no other one of the same incarnation is: two processes that call
//     themselves the same node can't both have a voice, and the one that is there stays. A node
//     that was started anew is heeded when its last life has fallen silent.
//   - An accusation names the life that it accuses. All other lives pass over it, so it does no
//     harm at a wrong address.
//   - One message proves nothing. A life counts for others from the second time on that it speaks,
//     and a leap of its commits when it is said twice. An accused node asks back (doubts.h), and
//     moves nothing until the accuser has said it again in answer.
//
// What this can't do: a node that nobody speaks to who had seen its later stamps is not told. Those
// who relied on a vote have seen its stamp, and their own words bear what they remember.

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/types.h"

namespace cairn::replica {

/// How far a node's memory had come when it spoke.
struct Stamp {
  std::uint64_t life = 0;     ///< Random, drawn when the process began; 0: none.
  std::uint64_t commits = 0;  ///< Of its ledger, over all lives of its directory.
  std::uint64_t began = 0;    ///< The commits with which this life began.

  friend bool operator==(const Stamp&, const Stamp&) = default;
};

/// What a node tells another that it remembers of it.
struct Seen {
  Incarnation incarnation = 0;  ///< 0: nothing.
  std::uint64_t accused = 0;    ///< The life that the memory speaks against; 0: none that it knows.
  std::uint64_t life = 0;       ///< Of the lives that were not suspects, the one with most commits,
  std::uint64_t commits = 0;    ///< and how many these are.

  friend bool operator==(const Seen&, const Seen&) = default;
};

/// The memory speaks against `began`, the present life of the node that is told it.
[[nodiscard]] bool SpeaksAgainst(const Seen& seen, Incarnation incarnation, const Stamp& began);

class PeerMemory {
 public:
  /// `silence`: a life that was not heard for so long counts as gone.
  explicit PeerMemory(Micros silence) : silence_(silence) {}

  enum class Hearing {
    kHeeded,
    kSuspect,  ///< It began with less than others of its lives had.
    kSecond,   ///< Another life of the same incarnation is heard.
  };
  /// Of everything that a node says.
  Hearing Hear(NodeId from, Incarnation incarnation, const Stamp& stamp, Micros now);
  /// To be told to that node: what is remembered of the incarnation that was heard last, and
  /// against which of its lives.
  [[nodiscard]] Seen Of(NodeId node) const;
  /// The same about one life, whether it has spoken or not.
  [[nodiscard]] Seen About(NodeId node, Incarnation incarnation, const Stamp& stamp) const;
  /// The life that is heard, while another one speaks too; 0 if none.
  [[nodiscard]] std::uint64_t LifeHeard(NodeId node, Incarnation incarnation, Micros now) const;

 private:
  struct Life {
    Stamp stamp;             // with the greatest commits that are believed
    std::uint64_t leap = 0;  // commits that were said once
    Micros spoke_at = 0;     // last
    bool believed = false;   // it spoke twice, with this beginning
    bool suspect = false;
    Micros heard_at = 0;  // when it was last heeded
  };
  struct Lives {
    std::vector<Life> all;
    std::uint64_t accused = 0;  // the suspect that spoke last
  };

  static Life& Find(Lives* lives, const Stamp& stamp);
  static void Note(Life* life, const Stamp& stamp, Micros now);
  [[nodiscard]] static const Life* Greatest(const Lives& lives, std::uint64_t other_than);
  [[nodiscard]] const Life* Heard(const Lives& lives, std::uint64_t other_than, Micros now) const;

  Micros silence_;
  std::map<std::pair<NodeId, Incarnation>, Lives> known_;
  std::map<NodeId, Incarnation> latest_;
};

}  // namespace cairn::replica
