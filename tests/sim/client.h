#pragma once
// A simulated client: one session, one operation at a time on a few keys; it retries with the
// same sequence at other nodes, follows hints, gives up, and goes on with a new session.

#include <cstdint>
#include <string>

#include "sim/history.h"
#include "sim/world.h"

namespace cairn::sim {

class Client {
 public:
  /// `history` gets every operation when it has returned or was given up.
  Client(World* world, History* history, std::uint64_t number, std::size_t keys);

  /// Begins the next operation, and the one after it when that one is done.
  void Run();
  /// No further operation begins, until Resume.
  void Stop() { stopped_ = true; }
  void Resume() {
    stopped_ = false;
    Run();
  }
  [[nodiscard]] bool idle() const { return !busy_; }
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::uint64_t given_up() const { return given_up_; }
  /// Writes of which every try was refused as surely not applied.
  [[nodiscard]] const std::vector<std::pair<ClientId, Sequence>>& refused() const {
    return refused_;
  }

 private:
  void Begin();
  void Send();
  void OnAnswer(std::uint64_t operation, std::uint64_t attempt, const replica::Answer& answer);
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
  std::uint64_t acknowledged_ = 0;
  std::uint64_t given_up_ = 0;
  std::vector<std::pair<ClientId, Sequence>> refused_;
};

}  // namespace cairn::sim
