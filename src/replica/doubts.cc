#include "replica/doubts.h"

#include <algorithm>

namespace cairn::replica {

std::optional<std::uint64_t> Doubts::Raise(NodeId peer, std::uint64_t fresh, Micros now) {
  Doubt& doubt = doubts_[peer];
  if (now >= doubt.until) {
    doubt = {fresh, 0, 0};
  }
  doubt.until = now + lasts_;
  if (doubt.asked_at != 0 && now < doubt.asked_at + ask_again_) {
    return std::nullopt;
  }
  doubt.asked_at = now;
  return doubt.number;
}

bool Doubts::Settle(NodeId peer, std::uint64_t number) {
  const auto doubt = doubts_.find(peer);
  if (doubt == doubts_.end() || doubt->second.number != number) {
    return false;
  }
  doubts_.erase(doubt);
  settled_.insert(peer);
  return true;
}

NodeId Doubts::Peer(Micros now) const {
  const auto open =
      std::ranges::find_if(doubts_, [&](const auto& doubt) { return now < doubt.second.until; });
  return open == doubts_.end() ? 0 : open->first;
}

}  // namespace cairn::replica
