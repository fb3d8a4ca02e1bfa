#include "load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "common/check.h"

namespace cairn::load {
namespace {

// Bits of a value that are kept: those below the first eight are cut off.
constexpr std::size_t kKeptBits = 8;
constexpr std::size_t kPerPower = std::size_t{1} << (kKeptBits - 1);
constexpr std::size_t kBuckets = (64 - kKeptBits + 2) * kPerPower;

}  // namespace

Histogram::Histogram() : buckets_(kBuckets, 0) {}

std::size_t Histogram::BucketOf(std::uint64_t value) {
  const auto bits = static_cast<std::size_t>(std::bit_width(value));
  const std::size_t cut = bits > kKeptBits ? bits - kKeptBits : 0;
  return cut * kPerPower + (value >> cut);
}

std::uint64_t Histogram::LargestIn(std::size_t bucket) {
  const std::size_t cut = bucket < 2 * kPerPower ? 0 : bucket / kPerPower - 1;
  const std::uint64_t kept = bucket - cut * kPerPower;
  return (kept << cut) + ((std::uint64_t{1} << cut) - 1);
}

void Histogram::Record(std::uint64_t value) {
  ++buckets_[BucketOf(value)];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

double Histogram::Mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

std::uint64_t Histogram::Percentile(double percent) const {
  CAIRN_CHECK(percent >= 0 && percent <= 100, "a percentile lies between 0 and 100");
  // 99.9 % of 20,000 is the 19,980th, though in binary it comes out a little above.
  const double exact = percent / 100 * static_cast<double>(count_);
  const auto rank = static_cast<std::uint64_t>(std::max(1.0, std::ceil(exact - 1e-6)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) {
      return std::min(LargestIn(bucket), max_);
    }
  }
  return max_;
}

}  // namespace cairn::load
