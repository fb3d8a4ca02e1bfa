#pragma once
// A histogram of times, after HdrHistogram's idea: buckets that grow with the value, 128 for each
// power of two, so that every value is known to within 1 % from one microsecond to centuries, in
// 60 KB and without a setting.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cairn::load {

class Histogram {
 public:
  Histogram();

  void Record(std::uint64_t value);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Exact; 0 if nothing was recorded.
  [[nodiscard]] std::uint64_t max() const { return max_; }
  /// Exact; 0 if nothing was recorded.
  [[nodiscard]] double Mean() const;
  /// The smallest value that at least `percent` of all values do not exceed, never told too small
  /// and less than 1 % too large; 0 if nothing was recorded. Requires: percent in 0..100.
  [[nodiscard]] std::uint64_t Percentile(double percent) const;

 private:
  static std::size_t BucketOf(std::uint64_t value);
  static std::uint64_t LargestIn(std::size_t bucket);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace cairn::load
