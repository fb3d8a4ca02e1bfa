// Linearizable reads at the leader (R9): they wait for a round in which a quorum confirms that this
// node still leads, then until the state has applied what was decided before the round.

#include <algorithm>
#include <utility>

#include "common/limits.h"
#include "replica/replica.h"

namespace cairn::replica {

void Replica::OnForwardRead(NodeId from, Incarnation /*incarnation*/, const ForwardRead& forward) {
  const Origin origin{from, forward.token};
  if (!leader_) {
    Requeue(origin);
  } else if (reads_.size() >= kMaxQueuedRequests || reads_.bytes() >= kMaxQueuedBytes) {
    Reject(origin, Crowded());
  } else {
    reads_.Add(origin, forward.key, now_);
  }
}

void Replica::RefuseReadsForWantOfRoom() {
  if (StuckOnFullDisks() && reads_.size() > 0) {
    for (const Origin& origin : reads_.Clear()) {
      Reject(origin, Status::Full(FullWords()));
    }
  }
}

void Replica::StartProbe() {
  if (!leader_ || !Formed() || !reads_.waiting() || leader_->ProbeUnderWay() ||
      !leader_->Ready(acceptor_.log())) {
    return;
  }
  reads_.BeginRound(acceptor_.log().decided());
  const std::uint64_t number = leader_->StartProbe();
  SpreadProbe();
  // Alone, this node is a quorum.
  if (leader_->OnProbeAck(options_.self, options_.incarnation, number, acceptor_.log())) {
    reads_.EndRound();
  }
}

bool Replica::TakesAnswers(NodeId node) const {
  const auto room = answer_room_.find(node);
  return room == answer_room_.end() || room->second > 0;
}

void Replica::ServeReads() {
  const auto takes = [this](NodeId node) { return TakesAnswers(node); };
  for (std::size_t made = 0; made < kBytesATurn;) {
    const std::optional<Reads::Pending> read = reads_.TakeReady(machine_->applied(), takes);
    if (!read) {
      return;
    }
    api::Answer answer;
    if (auto entry = machine_->Get(read->key)) {
      answer.value = std::move(entry->value);
    } else {
      answer.code = Code::kNotFound;
      answer.message = "there is no such key";
    }
    answer.slot = machine_->applied();
    const std::size_t bytes = kBesideValue + answer.value.size();
    made += bytes;
    if (const auto room = answer_room_.find(read->origin.node); room != answer_room_.end()) {
      room->second -= std::min(room->second, bytes);
    }
    Reply(read->origin, std::move(answer));
  }
}

}  // namespace cairn::replica
