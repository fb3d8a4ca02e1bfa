#pragma once
// The candidate: phase 1 of one ballot. It collects promises and says when a quorum of them
// counts, and which log to adopt (R2, R3, R7).

#include <map>
#include <optional>

#include "common/roster.h"
#include "paxos/acceptor.h"
#include "paxos/message.h"

namespace cairn::paxos {

class Candidate {
 public:
  Candidate(Ballot ballot, std::size_t cluster_size)
      : ballot_(ballot), cluster_size_(cluster_size) {}

  [[nodiscard]] const Ballot& ballot() const { return ballot_; }
  [[nodiscard]] bool HasPromised(NodeId node) const { return promises_.contains(node); }
  [[nodiscard]] const std::map<NodeId, Promise>& promises() const { return promises_; }

  /// A promise for this ballot (others, and malformed ones, are ignored). `own`: this candidate's
  /// log, of which the promise may leave out what both have.
  void OnPromise(NodeId from, Incarnation incarnation, Promise promise, const Log& own);

  /// What to do now.
  struct Decision {
    enum class Kind {
      kWait,    ///< No quorum yet.
      kFetch,   ///< A quorum, but the best log begins beyond what this node has: learn the
                ///< decided blocks before it from `node`, then ask again.
      kAdopt,   ///< Adopt the promise of `node` (which may be this node).
      kGiveUp,  ///< This node has learned a decided block that the best log does not hold. All that
                ///< was decided below this ballot is in it (R3), so a greater ballot decided that
                ///< block: this one is out of date.
    };
    Kind kind = Kind::kWait;
    NodeId node = 0;
  };
  /// `own` is this candidate's acceptor, whose own promise was given to OnPromise.
  [[nodiscard]] Decision Decide(const Acceptor& own) const;

 private:
  [[nodiscard]] NodeId Best(NodeId self) const;
  /// `best` holds all that this node knows as decided. Requires: it reaches down to that.
  [[nodiscard]] static bool HoldsDecided(const Log& log, const Promise& best);
  [[nodiscard]] std::size_t CountGood(const Acceptor& own, const Promise& best) const;

  Ballot ballot_;
  std::size_t cluster_size_;
  std::map<NodeId, Promise> promises_;
  std::map<NodeId, Incarnation> incarnations_;  // of who promised
};

}  // namespace cairn::paxos
