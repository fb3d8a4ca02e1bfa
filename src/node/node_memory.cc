// How a running node looks after its memory: room and speed of the disk, damage, forgetting.

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "common/fatal.h"
#include "common/roster.h"
#include "node/node.h"
#include "storage/directory/identity.h"
#include "storage/directory/open_or_salvage.h"
#include "storage/files/quarantine.h"
#include "storage/ledger/salvage_mark.h"

namespace cairn::node {
namespace {

/// So long a failed read is part of the status, if it is not met again.
constexpr Micros kUnreadableFor = 60'000'000;
constexpr Micros kLongTurn = 20'000;

}  // namespace

void Node::LookAfterMemory() {
  const auto say = [](const std::string& line) { spdlog::warn(line); };
  replica_.SetRoom(disk_.LookForRoom(last_turn_));
  if (auto complaint = disk_.Complaint(last_turn_)) {
    spdlog::warn(*complaint);
    slow_disk_ = std::move(complaint);
  }
  scrub_.SetTop(replica_.acceptor().log());
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
  if (const auto trouble = scrub_.trouble()) {
    OnBadRead(*trouble);
  } else if (last_turn_ - unreadable_at_ > kUnreadableFor) {
    unreadable_.reset();
  }
  TellOfStrangers();
  if (replica_.forgotten()) {
    const Status forgot =
        storage::BeginAnew(&memory_->directory, memory_->ledger.get(), *replica_.forgotten(), say);
    must_restart_ = forgot.ok() ? *replica_.forgotten() : forgot.message();
  }
}

void Node::LearnIdentity() {
  if (formed_ || ledger().head().decided == 0) {
    return;
  }
  std::optional<Hash> block_1;
  if (const BlockPtr block = replica_.acceptor().log().At(1)) {
    block_1 = block->hash;
  } else if (const auto read = ledger().Read(1); read.ok()) {
    block_1 = read.value()->hash;
  }
  if (!block_1) {
    return;  // It is lost, and comes back from the others.
  }
  if (Status noted = memory_->directory.NoteFormed(*block_1); !noted.ok()) {
    StopNow(noted);
  }
  formed_ = block_1;
  peers_->SetFormed(*formed_);
  door_->SetFormed(*formed_);
  spdlog::info("belongs to the cluster \"{}\" whose block 1 is {}", cluster_.name, formed_->Hex());
}

void Node::OnBadRead(const Status& problem) {
  if (problem.code() == Code::kIntegrity) {
    Salvage(problem);
    return;
  }
  unreadable_at_ = last_turn_;
  if (unreadable_ != problem.message()) {
    unreadable_ = problem.message();
    spdlog::warn("{} Nothing shows that anything is damaged: it is tried again.", *unreadable_);
  }
}

void Node::TellOfStrangers() {
  using Kind = replica::Stranger::Kind;
  for (const replica::Stranger& stranger : replica_.TakeStrangers()) {
    const std::string at = peers_->AddressOf(stranger.node, stranger.life);
    const std::string incarnation = FormatIncarnation(stranger.incarnation);
    switch (stranger.kind) {
      case Kind::kReplaced:
        spdlog::warn(
            "node {} at {} speaks as incarnation {}, which the chain has replaced: nothing that it "
            "says is heeded. Stop it, move its data directory away, and start it with the one that "
            "the chain knows, or with an empty one",
            stranger.node, at, incarnation);
        break;
      case Kind::kOlderMemory:
        spdlog::warn(
            "node {} at {} runs on an older copy of its data directory: it has made commits that "
            "this copy does not hold, so it is not heeded until it has begun anew",
            stranger.node, at);
        break;
      case Kind::kSecondLife:
        spdlog::error(
            "two processes call themselves node {} (incarnation {}): the one at {} is heeded, the "
            "one at {} is not. One of them runs on a copy of the other's data directory: stop the "
            "copy, and compare the addresses in the cluster files of both",
            stranger.node, incarnation, peers_->AddressOf(stranger.node, stranger.heard), at);
        break;
    }
  }
}

void Node::Salvage(const Status& damage) {
  if (damage.code() != Code::kIntegrity) {
    StopNow(damage);
  }
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
  if (unreadable_) {
    notes.push_back(*unreadable_);
  }
  if (clock_.words()) {
    notes.push_back(*clock_.words());
  }
  if (longest_turn_ > kLongTurn) {
    notes.push_back(
        fmt::format("the longest turn of its loop took {} ms of a processor, of which {} are meant "
                    "to be enough",
                    longest_turn_ / 1000, kLongTurn / 1000));
  }
  return notes;
}

}  // namespace cairn::node
