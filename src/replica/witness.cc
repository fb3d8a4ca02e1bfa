#include "replica/witness.h"

#include <algorithm>

namespace cairn::replica {
namespace {

/// Incarnations that are remembered; a directory is lost rarely, and only hostile bytes bring more.
constexpr std::size_t kMaxRemembered = 64;

}  // namespace

void Witness::Note(NodeId from, Incarnation incarnation, const Stamp& stamp) {
  if (stamp.life == 0) {
    return;
  }
  if (seen_.size() >= kMaxRemembered && !seen_.contains({from, incarnation})) {
    std::erase_if(seen_, [&](const auto& entry) {
      return latest_.at(entry.first.first) != entry.first.second;
    });
  }
  latest_[from] = incarnation;
  Seen& seen = seen_[{from, incarnation}];
  seen.incarnation = incarnation;
  if (stamp.life == seen.other.life) {
    seen.other.commits = std::max(seen.other.commits, stamp.commits);
    return;
  }
  if (stamp.life != seen.latest.life) {
    if (seen.latest.commits >= seen.other.commits) {
      seen.other = seen.latest;
    }
    seen.latest = stamp;
  }
  seen.latest.commits = std::max(seen.latest.commits, stamp.commits);
}

Seen Witness::Of(NodeId node) const {
  const auto latest = latest_.find(node);
  return latest == latest_.end() ? Seen{} : seen_.at({node, latest->second});
}

std::optional<std::uint64_t> Witness::Forgotten(Incarnation incarnation, const Stamp& began,
                                                const Seen& seen) {
  if (seen.incarnation != incarnation) {
    return std::nullopt;
  }
  for (const Stamp& stamp : {seen.latest, seen.other}) {
    if (stamp.life != 0 && stamp.life != began.life && stamp.commits > began.commits) {
      return stamp.commits;
    }
  }
  return std::nullopt;
}

}  // namespace cairn::replica
