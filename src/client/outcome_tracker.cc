#include "client/outcome_tracker.h"

#include "text/text.h"

namespace cairn::client {

bool OutcomeTracker::Settles(const api::Answer& answer) {
  open_ -= open_ > 0 ? 1 : 0;
  // What one block refused for want of room a later one may apply, if it holds it, too.
  const bool decided = answer.slot > 0 && answer.code != Code::kFull;
  const bool lost = answer.code == Code::kUnknownOutcome && !(write_ && decided);
  const bool again = lost || answer.code == Code::kUnavailable ||
                     // Surely not applied by that node, but perhaps by one asked before.
                     (answer.code != Code::kOk && !decided && Doubtful());
  lost_ = lost_ || lost;
  refused_ = refused_ || again;
  return !again;
}

Code OutcomeTracker::Unsettled() const {
  return Doubtful() ? Code::kUnknownOutcome : Code::kUnavailable;
}

OperationResult OutcomeTracker::GiveUp(const std::string& verb, const std::string& why) const {
  return Failed(Unsettled(),
                Doubtful() ? "the outcome of this " + verb +
                                 " is unknown, it may be applied now or later: " + why +
                                 "; read the key before you decide what to do"
                           : "this " + verb + (write_ ? " was not applied: " : " got no answer: ") +
                                 why + "; `cairn status` shows the nodes");
}

namespace {

constexpr std::size_t kShortHash = 12;

Status CheckNode(const config::NodeAddress& asked, NodeId answers) {
  const std::string id = std::to_string(answers);
  return answers == asked.id
             ? Status::Ok()
             : Status::Usage("who answers as " + config::NodeText(asked) + " is node " + id +
                             "; compare the addresses of nodes " + std::to_string(asked.id) +
                             " and " + id + " in the cluster file with those of the nodes");
}

}  // namespace

Status CheckSender(const config::NodeAddress& asked, const ClusterView& view,
                   const api::ClientReply& reply) {
  if (reply.node != 0 && reply.node != asked.id) {
    return CheckNode(asked, reply.node);
  }
  if (view.formed && reply.formed && *view.formed != *reply.formed) {
    return Status::Integrity(
        config::NodeText(asked) +
        " belongs to another cluster than the one that this cluster file has led to: its block 1 "
        "is " +
        reply.formed->Hex().substr(0, kShortHash) + ", and " +
        view.formed->Hex().substr(0, kShortHash) +
        " is known; compare the addresses in the cluster file with those of the nodes" +
        (view.kept_at.empty() ? "" : ", or, if the cluster was made anew, remove " + view.kept_at));
  }
  const auto* answer = std::get_if<api::Answer>(&reply.body);
  if (reply.id == 0 && answer != nullptr && !answer->message.empty()) {
    return RefusalOf(*answer);
  }
  return Status::Ok();
}

Status CheckWelcome(const config::NodeAddress& asked, const api::Welcome& welcome) {
  return CheckNode(asked, welcome.node);
}

Status RefusalOf(const api::Answer& answer) {
  return answer.code == Code::kOk ? Status::Other("the node gave an empty answer")
                                  : Status(answer.code, answer.message);
}

bool IsLasting(const Status& refusal) {
  return !refusal.ok() && refusal.code() != Code::kUnavailable && refusal.code() != Code::kFull &&
         refusal.code() != Code::kUnknownOutcome;
}

}  // namespace cairn::client
