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

#include "common/limits.h"
#include "common/status.h"
#include "paxos/log.h"
#include "storage/ledger/ledger.h"
#include "storage/state/state.h"

namespace cairn::node {

class Scrub {
 public:
  /// Damage of the state's files (else: of the ledger), as a sentence.
  struct Damage {
    bool of_state = false;
    Status problem;
  };
  /// Begins at once. Ledger and state must outlive it. `log`: as for SetTop; its first block is
  /// decided, and on the disk.
  Scrub(const storage::Ledger* ledger, const storage::State* state, const paxos::Log& log,
        double rest_seconds = kScrubRestSeconds);
  ~Scrub();
  Scrub(const Scrub&) = delete;
  Scrub& operator=(const Scrub&) = delete;

  /// The next pass begins at the newest block that is on the disk as a decided one, so that it
  /// stays what it is whatever is committed meanwhile. The log may be ahead of the disk: it only
  /// says what hash that block has. To be called by the thread that commits.
  void SetTop(const paxos::Log& log);
  /// Blocks that the pass under way has verified, of how many; passes that are done.
  [[nodiscard]] Slot verified() const { return verified_; }
  [[nodiscard]] Slot all() const { return all_; }
  [[nodiscard]] std::uint64_t passes() const { return passes_; }
  /// What it found, once; the thread has ended then.
  std::optional<Damage> TakeDamage();
  /// What could not be read since the last pass that read everything, though nothing shows that it
  /// is damaged: a file that can't be opened, a disk that fails. The next pass tries again.
  [[nodiscard]] std::optional<Status> trouble() const;

 private:
  void Run();
  /// False: the thread is to end.
  bool Pass();
  bool WalkChain(Slot top, const Hash& hash);
  /// False, and the thread is to end, if it is damage.
  bool Judge(bool of_state, const Status& problem);
  bool Pause(double seconds);

  const storage::Ledger* ledger_;
  const storage::State* state_;
  const double rest_seconds_;  // Between two passes.
  std::atomic<Slot> verified_ = 0;
  std::atomic<Slot> all_ = 0;
  std::atomic<std::uint64_t> passes_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool leave_ = false;
  Slot top_;
  Hash hash_;
  std::optional<Damage> damage_;
  std::optional<Status> trouble_;
  bool pass_had_trouble_ = false;
  std::thread thread_;
};

}  // namespace cairn::node
