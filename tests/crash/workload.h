#pragma once
// The clients of the crash loop: threads that put, get and delete through the client library while
// nodes are killed, and write down each request with its begin, its end and what became of it.
//
// Keys come in small sets: for a while all clients work on the same few, then on the next few. So
// the operations on one key are many enough to meet and few enough for the checker.

#include <atomic>
#include <mutex>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client/client.h"
#include "crash/record.h"

namespace cairn::crash {

struct WorkloadOptions {
  std::size_t clients = 16;
  std::uint64_t keys = 6;          ///< In one set.
  std::uint64_t operations = 120;  ///< On each key, about.
  Micros pause = 3'000;            ///< Of a client between two requests, on average.
  Micros timeout = 4'000'000;      ///< Of one request, all retries together.
  /// Of every third client: who gives up early leaves refused writes and unknown outcomes behind.
  Micros short_timeout = 400'000;
  std::uint64_t seed = 1;
};

/// Since the beginning, but for the gap.
struct Counts {
  std::uint64_t acknowledged = 0;  ///< With reads and with "there is no such key".
  std::uint64_t refused = 0;       ///< Surely not applied.
  std::uint64_t unknown = 0;
  std::uint64_t keys = 0;
  Micros longest_gap = 0;  ///< Without any acknowledgement; the present one counts.
};

class Workload {
 public:
  /// Records go to `history`, which is not owned. Nothing runs yet.
  Workload(config::Cluster cluster, WorkloadOptions options, std::ostream* history);
  /// Requires: not running.
  ~Workload();
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  void Start();
  /// Waits until the requests under way are settled.
  void Stop();
  /// Reads each key that was ever used. False if one can't be read. Requires: stopped.
  bool ReadAll();

  [[nodiscard]] Counts Count();
  void ForgetGap();
  /// Values of about this many bytes from now on; 0: small ones.
  void SetValueSize(std::size_t bytes) { value_size_ = bytes; }

 private:
  void RunClient(std::size_t index);
  bool ReadKeys(std::size_t index, const std::vector<std::string>& keys);
  void Write(const Record& record);

  config::Cluster cluster_;
  WorkloadOptions options_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> begun_ = 0;
  std::atomic<std::size_t> value_size_ = 0;
  std::vector<std::thread> threads_;

  std::mutex mutex_;
  // All of these by the mutex.
  std::ostream* history_;
  std::set<std::string> keys_;
  Counts counts_;
  Micros last_acknowledged_ = 0;
};

}  // namespace cairn::crash
