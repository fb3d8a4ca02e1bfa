#include "load/load_result.h"

#include <algorithm>
#include <utility>

namespace cairn::load {

double LoadResult::Throughput() const {
  return elapsed == 0 ? 0 : static_cast<double>(operations) * 1e6 / static_cast<double>(elapsed);
}

std::uint64_t LoadResult::Errors() const {
  std::uint64_t sum = 0;
  for (const auto& [code, count] : errors) {
    sum += count;
  }
  return sum;
}

Code LoadResult::WorstError() const {
  const auto worst = std::ranges::max_element(
      errors, [](const auto& a, const auto& b) { return a.second < b.second; });
  return worst == errors.end() ? Code::kOk : worst->first;
}

void LoadRecorder::Succeeded(Micros due, Micros now) {
  ++successes_;
  if (Measured(now)) {
    ++result_.operations;
    result_.longest_gap = std::max(result_.longest_gap, now - last_success_);
    last_success_ = now;
  }
  if (Measured(due)) {
    result_.latency.Record(now - due);
  }
}

void LoadRecorder::Failed(Code code, Micros due, Micros now) {
  ++failures_;
  if (due < end_ && now >= begin_) {
    ++result_.errors[code];
  }
}

void LoadRecorder::NotFound(Micros now) { result_.not_found += Measured(now) ? 1 : 0; }

void LoadRecorder::Retried(Micros now) { result_.retries += Measured(now) ? 1 : 0; }

void LoadRecorder::NotBegun(Micros due) {
  if (Measured(due)) {
    ++result_.late;
    result_.latency.Record(end_ - due);
  }
}

LoadResult LoadRecorder::Finish() {
  result_.elapsed = end_ - begin_;
  result_.longest_gap = std::max(result_.longest_gap, end_ - last_success_);
  return std::move(result_);
}

}  // namespace cairn::load
