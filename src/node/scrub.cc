#include "node/scrub.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/limits.h"
#include "system/clock.h"

namespace cairn::node {
namespace {

constexpr Slot kBlocksAStep = 64;

}  // namespace

Scrub::Scrub(const storage::Ledger* ledger, const storage::State* state, const paxos::Log& log,
             double rest_seconds)
    : ledger_(ledger),
      state_(state),
      rest_seconds_(rest_seconds),
      top_(log.first()),
      hash_(log.At(log.first())->hash) {
  SetTop(log);
  thread_ = std::thread([this] { Run(); });
}

Scrub::~Scrub() {
  {
    const std::lock_guard lock(mutex_);
    leave_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Scrub::SetTop(const paxos::Log& log) {
  const Slot durable = ledger_->head().decided;
  // Not in memory any more: the next pass begins where the last one did.
  if (const BlockPtr block = log.At(durable)) {
    const std::lock_guard lock(mutex_);
    top_ = durable;
    hash_ = block->hash;
  }
}

std::optional<Scrub::Damage> Scrub::TakeDamage() {
  const std::lock_guard lock(mutex_);
  return std::exchange(damage_, std::nullopt);
}

bool Scrub::Pause(double seconds) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::duration<double>(seconds),
                            [this] { return leave_; });
}

void Scrub::Run() {
  while (Pass() && Pause(rest_seconds_)) {
  }
}

std::optional<Status> Scrub::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

bool Scrub::Judge(bool of_state, const Status& problem) {
  const std::lock_guard lock(mutex_);
  if (problem.code() == Code::kIntegrity) {
    damage_ = Damage{of_state, problem};
    return false;
  }
  trouble_ = problem;
  pass_had_trouble_ = true;
  return true;
}

bool Scrub::Pass() {
  Slot top = 0;
  Hash hash;
  {
    const std::lock_guard lock(mutex_);
    top = top_;
    hash = hash_;
    pass_had_trouble_ = false;
  }
  if (!WalkChain(top, hash)) {
    return false;
  }
  if (const Status status = state_->VerifyFiles(); !status.ok() && !Judge(true, status)) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  if (!pass_had_trouble_) {
    trouble_.reset();
    ++passes_;
  }
  return true;
}

bool Scrub::WalkChain(Slot top, const Hash& hash) {
  all_ = top;
  verified_ = 0;
  std::optional<Hash> known = hash;
  for (Slot last = top; last > 0;) {
    Slot first = last - std::min(last - 1, kBlocksAStep - 1);
    const Micros began = system::MonotonicNow();
    const storage::Ledger::Checked checked = ledger_->Check(first, last, known);
    known = checked.below;
    if (checked.highest_bad) {
      if (!Judge(false, checked.problem)) {
        return false;
      }
      first = *checked.highest_bad;  // what stands below may be damaged
      known.reset();
    }
    verified_ += last - first + 1;
    last = first - 1;
    // Bounded in bytes, and in its share of a core, whichever is less.
    const double took = static_cast<double>(system::MonotonicNow() - began) / 1e6;
    const double rate = passes_ == 0 ? kScrubFirstBytesASecond : kScrubBytesASecond;
    const double share = passes_ == 0 ? 3 : 30;
    if (!Pause(std::max(static_cast<double>(checked.bytes) / rate, took * share))) {
      return false;
    }
  }
  return true;
}

}  // namespace cairn::node
