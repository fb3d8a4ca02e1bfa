#include "net/peers/links.h"

namespace cairn::net {

Links::Links(const std::vector<NodeId>& peers) {
  for (const NodeId peer : peers) {
    links_.emplace(peer, Link{});
  }
}

void Links::Set(NodeId peer, bool cut) {
  if (const auto found = links_.find(peer); found != links_.end()) {
    found->second.cut = cut;
    found->second.untold = true;
  }
}

void Links::Hear(NodeId peer, bool cut) {
  if (const auto found = links_.find(peer); found != links_.end()) {
    found->second.cut = cut;
    found->second.untold = false;
  }
}

void Links::Met(NodeId peer, std::uint64_t life) {
  const auto found = links_.find(peer);
  if (found == links_.end() || life == 0 || found->second.life == life) {
    return;
  }
  Link& link = found->second;
  link.untold = link.untold || (link.life != 0 && link.cut);
  link.life = life;
}

bool Links::IsCut(NodeId peer) const {
  const auto found = links_.find(peer);
  return found != links_.end() && found->second.cut;
}

std::optional<bool> Links::Untold(NodeId peer) const {
  const auto found = links_.find(peer);
  if (found == links_.end() || !found->second.untold) {
    return std::nullopt;
  }
  return found->second.cut;
}

void Links::Told(NodeId peer) {
  if (const auto found = links_.find(peer); found != links_.end()) {
    found->second.untold = false;
  }
}

}  // namespace cairn::net
