#pragma once
// A simulated client: one session, one operation at a time on a few keys; it retries with the
// same sequence at other nodes, follows hints, gives up, and goes on with a new session.

#include <cstdint>
#include <string>

#include "sim/history.h"
#include "sim/worker.h"
#include "sim/world.h"

namespace cairn::sim {

class Client final : public Worker {
 public:
  /// `history` gets every operation when it has returned or was given up.
  Client(World* world, History* history, std::uint64_t number, std::size_t keys);

  void Run() override;
  void Stop() override { stopped_ = true; }
  void Resume() override {
    stopped_ = false;
    Run();
  }
  [[nodiscard]] bool idle() const override { return !busy_; }

 private:
  void Begin();
  void Send();
  void OnAnswer(std::uint64_t operation, std::uint64_t attempt, const api::Answer& answer);
  void RetryLater();
  void Finish(Micros returned);
  void NewSession();

  World* world_;
  History* history_;
  std::uint64_t number_;
  std::size_t keys_;
  Request request_;
  Operation operation_;
  NodeId node_ = 1;
  std::uint64_t operations_ = 0;  // an answer to an older one is of no use
  std::uint64_t attempt_ = 0;     // counts sends
  std::uint64_t values_ = 0;
  int tries_ = 0;
  int in_doubt_ = 0;  // tries of this operation that were sent and not refused
  bool busy_ = false;
  bool stopped_ = false;
};

}  // namespace cairn::sim
