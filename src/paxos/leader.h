#pragma once
// The leader: phase 2 of one ballot. It counts who has the log up to where, and says what is
// decided (R5) and whether reads may be answered (R9).

#include <map>
#include <set>

#include "common/ballot.h"
#include "common/roster.h"
#include "paxos/log.h"

namespace cairn::paxos {

class Leader {
 public:
  /// `adopted_tip`: the tip of the log that the ballot began with.
  Leader(Ballot ballot, std::size_t cluster_size, Slot adopted_tip)
      : ballot_(ballot), cluster_size_(cluster_size), adopted_tip_(adopted_tip) {}

  [[nodiscard]] const Ballot& ballot() const { return ballot_; }

  /// The node (in this life of its directory) has durably accepted the log up to `tip`.
  void OnAccepted(NodeId node, Incarnation incarnation, Slot tip);
  /// How far the node is known to be; 0 if nothing is known.
  [[nodiscard]] Slot AcceptedBy(NodeId node, Incarnation incarnation) const;
  /// The newest slot that is decided. Block by block, those count whom the log before the block
  /// knows; block 1, which forms the cluster, needs all (R7). This node's own, durable copy is
  /// always among the quorum.
  [[nodiscard]] Slot Tally(const Log& log) const;

  /// All that it adopted is decided: what is decided now includes every answered write (R9).
  [[nodiscard]] bool Ready(const Log& log) const { return log.decided() >= adopted_tip_; }

  // One round of confirmation for all reads that wait (R9).
  /// Begins a round and returns its number. Requires: none is under way.
  std::uint64_t StartProbe();
  [[nodiscard]] bool ProbeUnderWay() const { return !probe_acks_.empty(); }
  [[nodiscard]] std::uint64_t probe() const { return probe_; }
  /// True if this answer completes the round that is under way.
  bool OnProbeAck(NodeId node, Incarnation incarnation, std::uint64_t number, const Log& log);

 private:
  Ballot ballot_;
  std::size_t cluster_size_;
  Slot adopted_tip_;
  // Of the old and of the new life of a node's directory: the log says which one counts.
  std::map<NodeId, std::map<Incarnation, Slot>> accepted_;
  std::uint64_t probe_ = 0;
  std::set<NodeId> probe_acks_;  // empty: no round under way
};

}  // namespace cairn::paxos
