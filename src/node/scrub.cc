#include "node/scrub.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/limits.h"
#include "node/clock.h"

namespace cairn::node {
namespace {

constexpr Slot kBlocksAStep = 64;

}  // namespace

Scrub::Scrub(const storage::Ledger* ledger, const storage::State* state, Slot decided,
             const Hash& hash)
    : ledger_(ledger), state_(state), top_(decided), hash_(hash), thread_([this] { Run(); }) {}

Scrub::~Scrub() {
  {
    const std::lock_guard lock(mutex_);
    leave_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Scrub::SetTop(Slot decided, const Hash& hash) {
  const std::lock_guard lock(mutex_);
  top_ = decided;
  hash_ = hash;
}

std::optional<Scrub::Damage> Scrub::TakeDamage() {
  const std::lock_guard lock(mutex_);
  return std::exchange(damage_, std::nullopt);
}

bool Scrub::Rest(double seconds) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::duration<double>(seconds),
                            [this] { return leave_; });
}

void Scrub::Run() {
  while (Pass() && Rest(kScrubRestSeconds)) {
  }
}

bool Scrub::Pass() {
  Slot top = 0;
  Hash hash;
  {
    const std::lock_guard lock(mutex_);
    top = top_;
    hash = hash_;
  }
  if (!WalkChain(top, hash)) {
    return false;
  }
  if (Status status = state_->VerifyFiles(); !status.ok()) {
    const std::lock_guard lock(mutex_);
    damage_ = Damage{true, std::move(status)};
    return false;
  }
  ++passes_;
  return true;
}

bool Scrub::WalkChain(Slot top, const Hash& hash) {
  all_ = top;
  verified_ = 0;
  std::optional<Hash> known = hash;
  for (Slot last = top; last > 0;) {
    const Slot first = last - std::min(last - 1, kBlocksAStep - 1);
    const Micros began = MonotonicNow();
    const storage::Ledger::Checked checked = ledger_->Check(first, last, known);
    if (checked.highest_bad) {
      const std::lock_guard lock(mutex_);
      damage_ = Damage{false, checked.problem};
      return false;
    }
    known = checked.below;
    verified_ += last - first + 1;
    last = first - 1;
    // Bounded in bytes, and in its share of a core, whichever is less.
    const double took = static_cast<double>(MonotonicNow() - began) / 1e6;
    const double rate = passes_ == 0 ? kScrubFirstBytesASecond : kScrubBytesASecond;
    const double share = passes_ == 0 ? 3 : 30;
    if (!Rest(std::max(static_cast<double>(checked.bytes) / rate, took * share))) {
      return false;
    }
  }
  return true;
}

}  // namespace cairn::node
