#include "replica/peer_memory.h"

#include <algorithm>
#include <utility>

namespace cairn::replica {
namespace {

/// Incarnations that are remembered; a directory is lost rarely, and only hostile bytes bring more.
constexpr std::size_t kMaxRemembered = 64;
/// Lives of each. The one that was not heeded for longest goes.
constexpr std::size_t kMaxLives = 8;
/// Commits that a life may have gained since its last word. More are believed at the second word.
constexpr std::uint64_t kPlausibleGain = 4096;

}  // namespace

bool SpeaksAgainst(const Seen& seen, Incarnation incarnation, const Stamp& began) {
  return seen.incarnation == incarnation && seen.life != 0 && seen.life != began.life &&
         seen.commits > began.began && (seen.accused == 0 || seen.accused == began.life);
}

PeerMemory::Hearing PeerMemory::Hear(NodeId from, Incarnation incarnation, const Stamp& stamp,
                                     Micros now) {
  if (stamp.life == 0) {
    return Hearing::kHeeded;
  }
  if (known_.size() >= kMaxRemembered && !known_.contains({from, incarnation})) {
    std::erase_if(known_, [&](const auto& entry) {
      return latest_.at(entry.first.first) != entry.first.second;
    });
  }
  latest_[from] = incarnation;
  Lives& lives = known_[{from, incarnation}];
  Life& life = Find(&lives, stamp);
  Note(&life, stamp, now);
  if (life.heard_at == 0) {  // not yet heeded, so what others have done meanwhile counts
    const Life* const most = Greatest(lives, stamp.life);
    life.suspect = most != nullptr && most->stamp.commits > stamp.began;
  }
  if (life.suspect) {
    lives.accused = stamp.life;
    return Hearing::kSuspect;
  }
  if (Heard(lives, stamp.life, now) != nullptr) {
    return Hearing::kSecond;
  }
  life.heard_at = now;
  return Hearing::kHeeded;
}

PeerMemory::Life& PeerMemory::Find(Lives* lives, const Stamp& stamp) {
  std::vector<Life>& all = lives->all;
  const auto known =
      std::ranges::find_if(all, [&](const Life& life) { return life.stamp.life == stamp.life; });
  if (known != all.end()) {
    return *known;
  }
  if (all.size() >= kMaxLives) {
    all.erase(std::ranges::min_element(
        all, {}, [](const Life& life) { return std::pair(life.heard_at, life.stamp.commits); }));
  }
  all.push_back({.stamp = {stamp.life, stamp.began, stamp.began}});
  return all.back();
}

void PeerMemory::Note(Life* life, const Stamp& stamp, Micros now) {
  if (!life->believed && stamp.began != life->stamp.began) {
    *life = {.stamp = {stamp.life, stamp.began, stamp.began}};  // one of the two words was wrong
  }
  const bool again = life->spoke_at != 0 && life->spoke_at != now;
  life->believed = life->believed || again;
  life->spoke_at = now;
  if (stamp.commits > life->stamp.commits + kPlausibleGain) {
    const std::uint64_t before = std::exchange(life->leap, stamp.commits);
    if (before != 0 && again) {
      life->stamp.commits = std::max(life->stamp.commits, std::min(before, stamp.commits));
    }
    return;
  }
  life->leap = 0;
  life->stamp.commits = std::max(life->stamp.commits, stamp.commits);
}

const PeerMemory::Life* PeerMemory::Greatest(const Lives& lives, std::uint64_t other_than) {
  const Life* most = nullptr;
  for (const Life& life : lives.all) {
    const bool counts = life.believed && life.heard_at != 0;
    if (counts && life.stamp.life != other_than &&
        (most == nullptr || life.stamp.commits > most->stamp.commits)) {
      most = &life;
    }
  }
  return most;
}

const PeerMemory::Life* PeerMemory::Heard(const Lives& lives, std::uint64_t other_than,
                                          Micros now) const {
  const auto heard = std::ranges::find_if(lives.all, [&](const Life& life) {
    return life.stamp.life != other_than && life.believed && life.heard_at != 0 &&
           now - life.heard_at <= silence_;
  });
  return heard == lives.all.end() ? nullptr : &*heard;
}

Seen PeerMemory::Of(NodeId node) const {
  const auto latest = latest_.find(node);
  if (latest == latest_.end()) {
    return {};
  }
  const Lives& lives = known_.at({node, latest->second});
  const Life* const most = Greatest(lives, lives.accused);
  return most == nullptr
             ? Seen{}
             : Seen{latest->second, lives.accused, most->stamp.life, most->stamp.commits};
}

Seen PeerMemory::About(NodeId node, Incarnation incarnation, const Stamp& stamp) const {
  const auto known = known_.find({node, incarnation});
  if (known == known_.end()) {
    return {};
  }
  const std::vector<Life>& all = known->second.all;
  const auto life =
      std::ranges::find_if(all, [&](const Life& l) { return l.stamp.life == stamp.life; });
  if (life != all.end() && !life->suspect) {
    return {};
  }
  const Life* const most = Greatest(known->second, stamp.life);
  return most == nullptr || most->stamp.commits <= stamp.began
             ? Seen{}
             : Seen{incarnation, stamp.life, most->stamp.life, most->stamp.commits};
}

std::uint64_t PeerMemory::LifeHeard(NodeId node, Incarnation incarnation, Micros now) const {
  const auto known = known_.find({node, incarnation});
  const Life* const heard = known == known_.end() ? nullptr : Heard(known->second, 0, now);
  return heard == nullptr ? 0 : heard->stamp.life;
}

}  // namespace cairn::replica
