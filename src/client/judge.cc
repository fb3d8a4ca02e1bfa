#include "client/judge.h"

#include "client/text.h"

namespace cairn::client {

bool Judge::Settles(const replica::Answer& answer) {
  open_ -= open_ > 0 ? 1 : 0;
  const bool decided = answer.slot > 0;
  const bool lost = answer.code == Code::kUnknownOutcome && !(write_ && decided);
  const bool again = lost || answer.code == Code::kUnavailable ||
                     // Surely not applied by that node, but perhaps by one asked before.
                     (answer.code == Code::kFull && Doubtful());
  lost_ = lost_ || lost;
  refused_ = refused_ || again;
  return !again;
}

Code Judge::Unsettled() const { return Doubtful() ? Code::kUnknownOutcome : Code::kUnavailable; }

OperationResult Judge::GiveUp(const std::string& verb, const std::string& why) const {
  return Failed(Unsettled(),
                Doubtful() ? "the outcome of this " + verb +
                                 " is unknown, it may be applied now or later: " + why +
                                 "; read the key before you decide what to do"
                           : "this " + verb + (write_ ? " was not applied: " : " got no answer: ") +
                                 why + "; `cairn status` shows the nodes");
}

Status CheckWelcome(const config::NodeAddress& asked, const net::Welcome& welcome) {
  return welcome.node == asked.id
             ? Status::Ok()
             : Status::Usage("who answers as " + NodeText(asked) + " is node " +
                             std::to_string(welcome.node) + " of cluster \"" +
                             welcome.cluster_name +
                             "\"; use the same cluster file for the nodes and their clients");
}

Status RefusalOf(const replica::Answer& answer) {
  return answer.code == Code::kOk ? Status::Other("the node gave an empty answer")
                                  : Status(answer.code, answer.message);
}

}  // namespace cairn::client
