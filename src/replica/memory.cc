// Who is heeded, and what others remember of this node (R7; peer_memory.h has the argument).

#include "replica/replica.h"

namespace cairn::replica {

bool Replica::Heeds(const Inbound& inbound) {
  const auto [node, incarnation] = std::pair(inbound.from, inbound.incarnation);
  if (machine_->IsReplaced(node, incarnation)) {
    // It may know another chain as decided than this one (after `cairn recover`), and vote for it.
    strangers_.Note({Stranger::Kind::kReplaced, node, incarnation, inbound.stamp.life, 0}, now_);
    return false;
  }
  const PeerMemory::Hearing hearing = peer_memory_.Hear(node, incarnation, inbound.stamp, now_);
  if (hearing == PeerMemory::Hearing::kHeeded) {
    HearMemory(node, inbound.seen);
    return !forgotten_;
  }
  if (const auto* ask = std::get_if<AskMemory>(&inbound.message)) {
    const Seen seen = peer_memory_.About(node, incarnation, inbound.stamp);
    Send(node, TellMemory{ask->number, seen});
  }
  const std::uint64_t heard = peer_memory_.LifeHeard(node, incarnation, now_);
  strangers_.Note({heard == 0 ? Stranger::Kind::kOlderMemory : Stranger::Kind::kSecondLife, node,
                   incarnation, inbound.stamp.life, heard},
                  now_);
  return false;
}

void Replica::HearMemory(NodeId from, const Seen& seen) {
  if (!SpeaksAgainst(seen, options_.incarnation, began_) ||
      (seen.accused == 0 && doubts_.KnowsThisLife(from))) {
    return;
  }
  if (const auto number = doubts_.Raise(from, Random(0), now_)) {
    Send(from, AskMemory{*number});
  }
  if (leader_) {
    StopLeading();
  }
  candidate_.reset();
  ack_to_ = 0;
}

void Replica::OnAskMemory(NodeId from, Incarnation /*incarnation*/, const AskMemory& ask) {
  // Of a life that is heeded nothing worse is remembered.
  Send(from, TellMemory{ask.number, {}});
}

void Replica::OnTellMemory(NodeId from, Incarnation /*incarnation*/, const TellMemory& told) {
  if (!doubts_.Settle(from, told.number) || told.seen.accused != options_.life ||
      !SpeaksAgainst(told.seen, options_.incarnation, began_)) {
    return;
  }
  forgotten_ =
      "node " + std::to_string(from) + " remembers commit " + std::to_string(told.seen.commits) +
      " of this node, whose ledger began this life with " + std::to_string(began_.commits) +
      ", and said so again when it was asked: this is an older copy of what the node had, "
      "and promises made since are lost";
}

}  // namespace cairn::replica
