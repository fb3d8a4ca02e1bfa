#pragma once
// What a client has learned of the cluster, across its operations.

#include <algorithm>
#include <optional>
#include <string>

#include "api/call.h"

namespace cairn::client {

struct ClusterView {
  Slot decided = 0;
  NodeId leader = 0;
  NodeId good = 0;  ///< The node that settled something last, or any one to begin with.
  /// Hash of the cluster's block 1: clusters that were made from one file differ in it.
  std::optional<Hash> formed;
  std::string kept_at;  ///< The file in which that is kept across processes; empty: none.

  /// Of a reply's frame. True if it is news which cluster this is.
  bool Learn(const std::optional<Hash>& block_1) {
    const bool news = !formed && block_1;
    formed = news ? block_1 : formed;
    return news;
  }
  void Learn(const api::Welcome& welcome) { Learn(welcome.decided, welcome.leader); }
  /// Of what a node answers that settles a request.
  void Learn(NodeId from, const api::Answer& answer) {
    good = from;
    Learn(answer.code == Code::kOk ? answer.slot : 0, answer.leader);
  }
  /// Of what a node answers that settles nothing. A leader refuses a request whose session began at
  /// a slot that no chain has reached, and names one that its own has (R10): somebody told a slot
  /// that is false, or that was lost in a recovery of the cluster.
  void Unlearn(const api::Answer& answer) {
    if (answer.code == Code::kUnavailable && answer.slot > 0) {
      decided = std::min(decided, answer.slot);
    }
  }

 private:
  void Learn(Slot slot, NodeId who) {
    decided = std::max(decided, slot);
    leader = who != 0 ? who : leader;
  }
};

}  // namespace cairn::client
