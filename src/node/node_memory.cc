// How a running node looks after its memory: room and speed of the disk, damage, forgetting.

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "node/node.h"
#include "storage/recovery.h"

namespace cairn::node {

void Node::LookAfterMemory() {
  const auto say = [](const std::string& line) { spdlog::warn(line); };
  replica_.SetRoom(disk_.HasRoom(last_turn_));
  if (auto complaint = disk_.Complaint(last_turn_)) {
    spdlog::warn(*complaint);
    slow_disk_ = std::move(complaint);
  }
  const paxos::Log& log = replica_.acceptor().log();
  scrub_.SetTop(log.decided(), log.At(log.decided())->hash);
  if (const auto damage = scrub_.TakeDamage()) {
    if (damage->of_state) {
      const auto moved = storage::MoveToQuarantine(memory_->directory.path(), "state");
      must_restart_ =
          damage->problem.message() +
          (moved.ok() ? " It was moved to " + moved.value() + " and is rebuilt from the chain"
                      : " " + moved.status().message());
    } else {
      Salvage(damage->problem);
    }
  }
  if (replica_.forgotten()) {
    const Status forgot = storage::Forget(&memory_->directory, *replica_.forgotten(), say);
    must_restart_ = forgot.ok() ? *replica_.forgotten() : forgot.message();
  }
}

void Node::Salvage(const Status& damage) {
  const Status marked = storage::MarkForSalvage(memory_->directory.path(), damage.message());
  must_restart_ = marked.ok() ? damage.message() : marked.message();
}

std::vector<std::string> Node::Notes() const {
  std::vector<std::string> notes;
  if (scrub_.passes() == 0) {
    notes.push_back(fmt::format("verifies the blocks from before its start: {} of {}",
                                scrub_.verified(), scrub_.all()));
  }
  if (slow_disk_) {
    notes.push_back(*slow_disk_);
  }
  return notes;
}

}  // namespace cairn::node
