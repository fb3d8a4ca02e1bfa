#pragma once
// How long to wait, worked out from how long it took lately. A machine, a network and its hour
// decide what is long; no number compiled in does.
//
// Silence: the longest time between two words of a node, of the last minute or so. The mean is of
// no use: a lossy network or a busy machine is quick a hundred times and then slow, and each time
// that is taken for a death costs an election.
//
// RoundTrip: mean and deviation, as TCP has it (RFC 6298), for what is merely asked again.

#include <algorithm>

#include "common/types.h"

namespace cairn::paxos {

/// Of one peer, as this node hears it.
class Silence {
 public:
  /// It is never shorter than `floor`, nor longer than `cap`.
  Silence(Micros floor, Micros cap) : floor_(floor), cap_(cap) {}

  /// A word came.
  void Heard(Micros now) {
    if (heard_ && now > heard_at_ && 2 * (now - heard_at_) > floor_) {
      // One long silence may be an outage: it counts for no more than this. Several are a habit.
      const Micros gap = std::min(now - heard_at_, kGrowth * Bound(now));
      if (gap > Longest(now)) {
        longest_ = gap;
        longest_at_ = now;
      }
    }
    heard_ = true;
    heard_at_ = now;
  }
  /// Somebody new speaks: the time that he was not there says nothing.
  void BeginAnew() { heard_ = false; }

  /// After so long it counts as gone.
  [[nodiscard]] Micros Bound(Micros now) const {
    return std::clamp(2 * Longest(now), floor_, cap_);
  }
  [[nodiscard]] bool Lasts(Micros now) const {
    return !heard_ || (now > heard_at_ && now - heard_at_ > Bound(now));
  }

 private:
  /// What recurs within a minute is remembered until it does.
  static constexpr Micros kHalfLife = 60'000'000;
  static constexpr Micros kGrowth = 2;

  [[nodiscard]] Micros Longest(Micros now) const {
    const Micros age = now > longest_at_ ? now - longest_at_ : 0;
    const Micros halves = age / kHalfLife;
    if (halves >= 32) {
      return 0;
    }
    const Micros whole = longest_ >> halves;
    return whole - whole / 2 * (age % kHalfLife) / kHalfLife;
  }

  Micros floor_;
  Micros cap_;
  bool heard_ = false;
  Micros heard_at_ = 0;
  Micros longest_ = 0;
  Micros longest_at_ = 0;
};

/// To one peer and back.
class RoundTrip {
 public:
  void Took(Micros time) {
    if (mean_ == 0) {
      mean_ = std::max<Micros>(time, 1);
      deviation_ = time / 2;
      return;
    }
    const Micros off = time > mean_ ? time - mean_ : mean_ - time;
    deviation_ = (3 * deviation_ + off) / 4;
    mean_ = std::max<Micros>((7 * mean_ + time) / 8, 1);
  }
  /// Most take no longer; 0 if none was measured.
  [[nodiscard]] Micros Bound() const { return mean_ + 4 * deviation_; }

 private:
  Micros mean_ = 0;
  Micros deviation_ = 0;
};

}  // namespace cairn::paxos
