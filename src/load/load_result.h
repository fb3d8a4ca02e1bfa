#pragma once
// What came of one run of a load, and who counts it.
//
//   warm-up            measured                     afterwards
//   |------------------[begin --------------- end)--------------|
//
// Throughput counts the operations that succeed between begin and end. Latencies are those of the
// operations that were due between begin and end, also where the answer comes afterwards: to stop
// the clock at the end would hide the slowest. In an open loop those that were not even begun are
// among them with the time that they had waited by the end, or an overload would look fast.
// Whatever fails and overlaps the measured time is an error and nothing else.

#include <cstdint>
#include <map>

#include "common/status.h"
#include "common/types.h"
#include "load/histogram.h"

namespace cairn::load {

struct LoadResult {
  Micros elapsed = 0;            ///< Of the measured time.
  std::uint64_t operations = 0;  ///< That succeeded in it.
  Histogram latency;             ///< In microseconds, from when the operation was due.
  std::map<Code, std::uint64_t> errors;
  std::uint64_t not_found = 0;  ///< Reads that found no key; they are operations too.
  std::uint64_t retries = 0;    ///< Transmissions beyond the first of an operation.
  std::uint64_t late = 0;       ///< Open loop: due in the measured time and not even begun.
  Micros longest_gap = 0;       ///< Without any success in the measured time.
  std::size_t connections = 0;  ///< That stood at the beginning.

  [[nodiscard]] double Throughput() const;  ///< Operations per second.
  [[nodiscard]] std::uint64_t Errors() const;
  /// The most frequent kind of error; kOk if there was none.
  [[nodiscard]] Code WorstError() const;
};

class LoadRecorder {
 public:
  LoadRecorder(Micros begin, Micros end) : begin_(begin), end_(end), last_success_(begin) {}

  void Succeeded(Micros due, Micros now);
  void Failed(Code code, Micros due, Micros now);
  void NotFound(Micros now);
  void Retried(Micros now);
  /// It was due, and the run is over without it.
  void NotBegun(Micros due);
  /// The end of the measured time, if it was not known at the beginning.
  void EndAt(Micros end) { end_ = end; }

  [[nodiscard]] Micros end() const { return end_; }
  /// All successes, with those of the warm-up.
  [[nodiscard]] std::uint64_t successes() const { return successes_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }
  [[nodiscard]] LoadResult Finish();

 private:
  [[nodiscard]] bool Measured(Micros time) const { return time >= begin_ && time < end_; }

  Micros begin_;
  Micros end_;
  Micros last_success_;
  std::uint64_t successes_ = 0;
  std::uint64_t failures_ = 0;
  LoadResult result_;
};

}  // namespace cairn::load
