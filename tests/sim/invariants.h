#pragma once
// The rules of agreement, checked from outside, between the steps of a simulated cluster: one
// method a rule, each of which answers with a sentence if the rule is broken. It remembers what
// it has seen, over all lives of all nodes.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "replica/replica.h"
#include "sim/disk.h"

namespace cairn::sim {

class Invariants {
 public:
  explicit Invariants(std::size_t nodes) : nodes_(nodes) {}
  using Breach = std::optional<std::string>;

  /// R1: promised and accepted never go down, and accepted <= promised.
  Breach BallotsOnlyGoUp(NodeId node, const paxos::Acceptor& acceptor);
  /// R3, R4: no log and no block is accepted in a ballot below one that was promised before.
  Breach AcceptsNothingBelowItsPromise(NodeId node, const paxos::Acceptor& acceptor);
  /// R5: one block a slot, on all nodes, for ever; and its parent is the block before it.
  Breach DecidedNeverChanges(NodeId node, const paxos::Acceptor& acceptor, const Disk& disk);
  /// R6: what a message says is on the sender's disk.
  Breach SaidOnlyWhatIsDurable(NodeId node, const Disk& disk, const replica::Message& message);
  /// R4: a log that is accepted in a ballot ends in a block that the ballot's leader has said to be
  /// in its own, or that is decided. SaidOnlyWhatIsDurable sees what leaders say.
  Breach LogIsTheLeaders(NodeId node, const Disk& disk) const;
  /// R6: a write is answered only if its block is on a majority's disks, but for those that were
  /// lost since.
  Breach AnsweredOnlyWhatAMajorityHas(Slot slot, const std::vector<const Disk*>& disks,
                                      std::size_t lost);
  /// R5: what is handed out as decided is decided, and known as such to its sender. To be asked
  /// after DecidedNeverChanges.
  Breach HandedOutOnlyWhatIsDecided(NodeId node, const replica::Message& message) const;
  /// R5: two leaders of one ballot can't be.
  Breach OneLeaderABallot(NodeId node, const replica::Replica& replica);

  /// The node has lost its disk: its next life has promised and decided nothing yet.
  void Forget(NodeId node) {
    ballots_.erase(node);
    seen_accepted_.erase(node);
    seen_decided_.erase(node);
  }
  /// Who is who by all that anybody has decided (R7).
  [[nodiscard]] const Incarnations& incarnations() const { return incarnations_; }
  /// The slot that says so.
  [[nodiscard]] Slot AdmittedAt(NodeId node) const { return admitted_at_.at(node); }

 private:
  std::size_t nodes_;
  std::map<NodeId, std::pair<Ballot, Ballot>> ballots_;  // promised, accepted: said
  std::map<NodeId, Ballot> seen_accepted_;
  std::map<NodeId, Slot> seen_decided_;
  std::map<Slot, Hash> decided_;
  Incarnations incarnations_;
  std::map<NodeId, Slot> admitted_at_;
  std::map<Ballot, NodeId> leaders_;
  std::map<Ballot, std::map<Slot, Hash>> logs_;  // as their leaders said
};

}  // namespace cairn::sim
