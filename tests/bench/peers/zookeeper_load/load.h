#pragma once
// A closed-loop load: many clients over few sessions, asynchronous, each client with one operation
// under way. A put sets a node that is there; a get is a sync followed by a read in the same
// session, which is how ZooKeeper reads what is committed.

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "options.h"
#include "session.h"

namespace zookeeper_load {

/// What the clients of one session found. Its completion thread writes here, nobody else does.
struct Findings {
  std::vector<std::int64_t> times;  ///< Of the operations that succeeded, in microseconds.
  std::map<int, std::int64_t> errors;
};

class Load {
 public:
  explicit Load(const Options& options);

  /// Runs to its end; the figures as one JSON object.
  std::string Run();

 private:
  /// One closed loop.
  struct Client {
    Load* load;
    std::size_t session;
    std::mt19937_64 random;
    Clock::time_point began;
  };

  static void OnSet(int code, const Stat* stat, const void* client);
  static void OnRead(int code, const char* value, int length, const Stat* stat, const void* client);
  void Finished(int code, Client* client);
  void Begin(Client* client);
  int Issue(Client* client);
  void Succeeded(Clock::time_point now);
  /// An operation failed; the client begins anew a little later, on the caller of Run's thread.
  void Park(int code, Client* client);
  void Unpark();
  std::string Report(Clock::duration took, double cpu);

  Options options_;
  std::string noise_;
  std::vector<Findings> findings_;  // a session each
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<Client>> clients_;
  Clock::time_point begin_;
  Clock::time_point end_;
  std::atomic<std::int64_t> left_{0};
  std::atomic<int> running_{0};

  std::mutex mutex_;  // for all below
  std::vector<Client*> parked_;
  std::map<int, std::int64_t> refused_;  // calls that the C client did not take
  Clock::time_point last_success_;
  Clock::duration longest_gap_{};
  std::int64_t operations_ = 0;
};

}  // namespace zookeeper_load
