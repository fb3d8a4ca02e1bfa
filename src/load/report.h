#pragma once
// What `cairn bench` prints: one line of a table a run for people, one JSON object a run for
// machines, and a line of progress.

#include <string>
#include <vector>

#include "load/load.h"
#include "text/json.h"

namespace cairn::load {

/// One run, with what it was asked to do.
struct BenchRun {
  std::string op;  ///< "put", "get", "mix" or "fill".
  LoadOptions options;
  int number = 1;  ///< From 1, among those with the same options.
  LoadResult result;
  double cpu = 0;  ///< What the load itself took, in cores: 1.0 is one core all the time.
};

/// One line with its newline.
[[nodiscard]] std::string BenchHeading();
[[nodiscard]] std::string BenchRow(const BenchRun& run);
/// The median of each column over the runs. Requires: at least one.
[[nodiscard]] std::string BenchMedian(const std::vector<BenchRun>& runs);
/// What is not seen in the row and must not be overlooked: errors by kind, retries, reads that
/// found nothing, operations that were due and not begun. Empty, or lines with their newlines.
[[nodiscard]] std::string BenchRemarks(const BenchRun& run);

/// op clients connections nodes rate keys value_size warmup seconds run operations throughput
/// p50_us p90_us p99_us p999_us max_us mean_us errors (an object: count by name), retries not_found
/// late longest_gap_us cpu.
[[nodiscard]] text::Json BenchJson(const BenchRun& run);

/// One line without a newline.
[[nodiscard]] std::string BenchProgress(const BenchRun& run, const LoadProgress& progress);

}  // namespace cairn::load
