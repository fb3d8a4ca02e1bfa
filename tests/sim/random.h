#pragma once
// The only source of chance in the simulator: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).

#include <cstdint>

namespace cairn::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
  }
  /// 0 .. below-1; 0 if below is 0.
  std::uint64_t Below(std::uint64_t below) { return below == 0 ? 0 : Next() % below; }
  /// low .. high, both included.
  std::uint64_t Between(std::uint64_t low, std::uint64_t high) {
    return low + Below(high - low + 1);
  }
  bool Chance(double probability) {
    return static_cast<double>(Next() >> 11) * 0x1.0p-53 < probability;
  }

 private:
  std::uint64_t state_;
};

}  // namespace cairn::sim
