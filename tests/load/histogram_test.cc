#include "load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace cairn::load {
namespace {

TEST(HistogramTest, AnEmptyOneSaysZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.Percentile(99), 0U);
  EXPECT_EQ(histogram.Mean(), 0);
}

TEST(HistogramTest, SmallValuesAreExact) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 200; ++value) {
    histogram.Record(value);
  }
  EXPECT_EQ(histogram.Percentile(0), 1U);
  EXPECT_EQ(histogram.Percentile(50), 100U);
  EXPECT_EQ(histogram.Percentile(99), 198U);
  EXPECT_EQ(histogram.Percentile(100), 200U);
  EXPECT_EQ(histogram.Mean(), 100.5);
}

TEST(HistogramTest, EveryValueOfAnySizeIsKnownToOnePercentAndNeverToldTooSmall) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (const std::uint64_t offset : {0U, 1U, 77U}) {
      const std::uint64_t value = (std::uint64_t{1} << shift) + (offset << (shift / 2));
      Histogram histogram;
      histogram.Record(value);
      histogram.Record(~std::uint64_t{0});
      const std::uint64_t told = histogram.Percentile(50);
      EXPECT_GE(told, value);
      EXPECT_LE(static_cast<double>(told), static_cast<double>(value) * 1.01);
    }
  }
}

TEST(HistogramTest, NoPercentileIsAboveTheLargestValue) {
  Histogram histogram;
  histogram.Record(1'000'001);
  EXPECT_EQ(histogram.Percentile(50), 1'000'001U);
  EXPECT_EQ(histogram.max(), 1'000'001U);
}

TEST(HistogramTest, PercentilesAreThoseOfTheSortedValues) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> times(8, 1.5);
  std::vector<std::uint64_t> values;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(times(random)));
    histogram.Record(values.back());
  }
  std::ranges::sort(values);
  for (const std::size_t permille : {1U, 500U, 900U, 990U, 999U}) {
    const std::uint64_t exact = values[values.size() * permille / 1000 - 1];
    const std::uint64_t told = histogram.Percentile(static_cast<double>(permille) / 10);
    EXPECT_GE(told, exact) << permille;
    EXPECT_LE(static_cast<double>(told), static_cast<double>(exact) * 1.01 + 1) << permille;
  }
}

}  // namespace
}  // namespace cairn::load
