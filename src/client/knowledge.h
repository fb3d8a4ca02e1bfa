#pragma once
// What a client has learned of the cluster, across its operations.

#include <algorithm>

#include "net/client_message.h"

namespace cairn::client {

struct Knowledge {
  Slot decided = 0;
  NodeId leader = 0;
  NodeId good = 0;  ///< The node that settled something last, or any one to begin with.

  void Learn(const net::Welcome& welcome) { Learn(welcome.decided, welcome.leader); }
  /// Of what a node answers that settles a request.
  void Learn(NodeId from, const replica::Answer& answer) {
    good = from;
    Learn(answer.code == Code::kOk ? answer.slot : 0, answer.leader);
  }

 private:
  void Learn(Slot slot, NodeId who) {
    decided = std::max(decided, slot);
    leader = who != 0 ? who : leader;
  }
};

}  // namespace cairn::client
