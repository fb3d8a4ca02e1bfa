#pragma once
// What stands behind cairn/client.h: one thread that owns the client and does what waits, as much
// of it at once as a batch takes.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "client/cairn/client.h"
#include "client/client.h"

namespace cairn {

class Client::Impl {
 public:
  Impl(config::Cluster cluster, client::Options options, client::Environment environment);
  /// As the library's.
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// `done` is called once.
  void Add(client::Operation operation, std::function<void(Reply)> done);
  /// Runs the task on the client's thread and waits for its end. False: it is closed.
  bool Do(const std::function<void(client::Client&)>& task);

 private:
  struct Job {
    client::Operation operation;
    std::function<void(Reply)> done;
    std::function<void()> task;  // instead of an operation
    std::function<void()> skip;  // where the task is not run
  };
  void Work();
  /// The next jobs to do: one task, or operations.
  std::deque<Job> Take();
  void RunAll(std::deque<Job> jobs);

  client::Client client_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<Job> jobs_;
  std::size_t bytes_ = 0;  // of the operations in jobs_
  bool closed_ = false;
  std::thread thread_;  // Last: it uses the rest.
};

}  // namespace cairn
