#pragma once
// What a network and a machine are like when nothing is broken: far away, jittering, lossy, narrow,
// busy. Faults come and go; this stays, and a cluster has to get used to it.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "common/types.h"

namespace cairn::sim {

struct Hardship {
  Micros delay_min = 100;
  Micros delay_max = 1'000;
  /// The share of messages that TCP sends again, as a lost packet: all behind them wait.
  double stalls = 0;
  std::uint64_t bandwidth = 0;  ///< Bytes a second of each connection; 0: endless.
  /// Between two turns a node waits up to so long for a processor: its ticks are late, and its
  /// clock stands still meanwhile, as that of node/node.cc does.
  Micros hold_max = 0;

  /// Messages of a connection stay in order, as on TCP.
  [[nodiscard]] bool InOrder() const { return stalls > 0 || bandwidth > 0; }
};

/// One of the connections from a node to another.
class Connection {
 public:
  /// What waits to leave.
  [[nodiscard]] std::size_t Queued(Micros now, const Hardship& hardship) const {
    return hardship.bandwidth == 0 || busy_until_ <= now
               ? 0
               : (busy_until_ - now) * hardship.bandwidth / 1'000'000;
  }
  /// When it arrives, if it is sent now and takes so long on the way.
  Micros Send(Micros now, std::size_t bytes, Micros way, const Hardship& hardship) {
    busy_until_ = std::max(busy_until_, now);
    if (hardship.bandwidth > 0) {
      busy_until_ += bytes * 1'000'000 / hardship.bandwidth;
    }
    last_arrival_ = std::max(last_arrival_, busy_until_ + way);
    return last_arrival_;
  }

 private:
  Micros busy_until_ = 0;
  Micros last_arrival_ = 0;
};

}  // namespace cairn::sim
