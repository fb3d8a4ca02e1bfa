#pragma once
// The client that people use (src/client), in virtual time: it blocks on a stack of its own while
// the world goes on. What it says of its operations is judged as that of any client: an answer
// enters the history, an unknown outcome may be applied at any time, and what it calls surely not
// applied must be in no block.

#include <cstdint>
#include <string>
#include <vector>

#include "client/client.h"
#include "sim/doors.h"
#include "sim/fiber.h"
#include "sim/history.h"
#include "sim/worker.h"
#include "sim/world.h"

namespace cairn::sim {

class RealClient final : public Worker {
 public:
  /// What is pointed to is not owned.
  RealClient(World* world, Doors* doors, History* history, std::uint64_t number, std::size_t keys);
  /// The operation that is under way ends as if its time were over.
  ~RealClient() override;
  RealClient(const RealClient&) = delete;
  RealClient& operator=(const RealClient&) = delete;

  void Run() override;
  void Stop() override { stopped_ = true; }
  void Resume() override { stopped_ = false; }
  [[nodiscard]] bool idle() const override { return !busy_; }

 private:
  [[nodiscard]] client::Environment MakeEnvironment();
  [[nodiscard]] client::Options MakeOptions();
  void Live();
  void Work(client::Client& client);
  [[nodiscard]] client::Operation Next();
  void Took(const client::Operation& operation, const client::OperationResult& result,
            Micros called);
  [[nodiscard]] Micros Now();
  void Wait(Micros until);
  void Wake();

  World* world_;
  Doors* doors_;
  History* history_;
  std::uint64_t number_;
  std::size_t keys_;
  Random random_;
  Fiber fiber_;
  std::uint64_t wait_ = 0;  // counts waits: what was meant for an earlier one wakes nobody
  bool busy_ = false;
  bool stopped_ = false;
  bool closing_ = false;
  Micros hurry_ = 0;  // so much is put on the time when closing
  std::uint64_t values_ = 0;
  std::vector<Request> sent_;  // the writes of the operations that are under way
};

}  // namespace cairn::sim
