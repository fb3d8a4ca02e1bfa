#pragma once
// The scrub: reads the whole chain and the state's files again and again, slowly, on a thread of
// its own, and verifies them. The first pass after a start goes faster, because the start itself
// has read only what was written last. It goes from the newest block down, so that each is known by
// the hash that the one above names.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "common/status.h"
#include "storage/ledger.h"
#include "storage/state.h"

namespace cairn::node {

class Scrub {
 public:
  /// Damage of the state's files (else: of the ledger), as a sentence.
  struct Damage {
    bool of_state = false;
    Status problem;
  };
  /// Begins at once. Both must outlive it.
  Scrub(const storage::Ledger* ledger, const storage::State* state, Slot decided, const Hash& hash);
  ~Scrub();
  Scrub(const Scrub&) = delete;
  Scrub& operator=(const Scrub&) = delete;

  /// Where the next pass begins.
  void SetTop(Slot decided, const Hash& hash);
  /// Blocks that the pass under way has verified, of how many; passes that are done.
  [[nodiscard]] Slot verified() const { return verified_; }
  [[nodiscard]] Slot all() const { return all_; }
  [[nodiscard]] std::uint64_t passes() const { return passes_; }
  /// What it found, once; the thread has ended then.
  std::optional<Damage> TakeDamage();

 private:
  void Run();
  bool Pass();
  bool WalkChain(Slot top, const Hash& hash);
  bool Rest(double seconds);

  const storage::Ledger* ledger_;
  const storage::State* state_;
  std::atomic<Slot> verified_ = 0;
  std::atomic<Slot> all_ = 0;
  std::atomic<std::uint64_t> passes_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool leave_ = false;
  Slot top_;
  Hash hash_;
  std::optional<Damage> damage_;
  std::thread thread_;
};

}  // namespace cairn::node
