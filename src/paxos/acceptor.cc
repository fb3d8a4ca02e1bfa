#include "paxos/acceptor.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/check.h"

namespace cairn::paxos {
namespace {

bool IsChain(const std::vector<BlockPtr>& blocks) {
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    if (blocks[i]->slot() != blocks[i - 1]->slot() + 1 ||
        blocks[i]->header.parent != blocks[i - 1]->hash) {
      return false;
    }
  }
  return true;
}

}  // namespace

Acceptor::Acceptor(Ballot promised, Ballot accepted, Log log)
    : promised_(promised), accepted_(accepted), log_(std::move(log)) {
  CAIRN_CHECK(accepted_ <= promised_, "R1: accepted <= promised");
}

bool Acceptor::IsVoter(NodeId self, Incarnation incarnation) const {
  const Slot known = std::max(log_.decided(), std::min<Slot>(1, log_.tip()));
  if (known == 0) {
    return true;
  }
  const Incarnations who = log_.IncarnationsAt(known);
  const auto me = who.find(self);
  return me != who.end() && me->second == incarnation;
}

std::variant<std::monostate, Promise, Refuse> Acceptor::OnPrepare(const Prepare& prepare) {
  if (prepare.ballot < promised_) {
    return Refuse{promised_};
  }
  if (prepare.ballot == accepted_) {
    return std::monostate{};  // its phase 1 is long over
  }
  if (prepare.ballot > promised_) {
    Raise(prepare.ballot);
  }  // else the promise got lost: nothing was accepted since, so it can be said again
  Promise promise{prepare.ballot, accepted_, log_.tip(), log_.decided(), {}, log_.tip_hash()};
  if (std::tie(accepted_, promise.tip) > std::tie(prepare.accepted, prepare.tip)) {
    if (log_.Has(prepare.tip, prepare.tip_hash)) {
      promise.blocks = log_.From(prepare.tip + 1);
    } else {
      const bool in_memory = log_.first() <= prepare.decided + 1;
      promise.blocks = log_.From((in_memory ? prepare.decided : log_.decided()) + 1);
    }
  }
  return promise;
}

bool Acceptor::Continues(const AcceptSync& sync) const {
  const Slot decided = log_.decided();
  const Hash& mine = log_.At(decided)->hash;
  if (sync.blocks.empty()) {
    return log_.Has(sync.tip, sync.tip_hash);
  }
  const Slot first = sync.blocks.front()->slot();
  if (first > decided) {
    return log_.Has(first - 1, sync.blocks.front()->header.parent);
  }
  return sync.blocks[decided - first]->hash == mine;
}

Verdict Acceptor::OnAcceptSync(const AcceptSync& sync) {
  if (sync.ballot < promised_) {
    return Verdict::kRefused;
  }
  const bool well_formed = sync.decided <= sync.tip && IsChain(sync.blocks) &&
                           (sync.blocks.empty() || (sync.blocks.back()->slot() == sync.tip &&
                                                    sync.blocks.back()->hash == sync.tip_hash));
  if (!well_formed || sync.tip < log_.decided()) {
    return Verdict::kNothing;  // an older leader: what is decided stays (R5)
  }
  if (sync.ballot == accepted_ && sync.tip <= log_.tip()) {
    if (!log_.Has(sync.tip, sync.tip_hash)) {
      return Verdict::kNothing;
    }
    matched_ = std::max(matched_, sync.tip);
    OnDecided(sync.ballot, sync.decided);
    return Verdict::kAccepted;
  }
  if (!Continues(sync)) {
    // Above what is decided this log may have changed, or is another one.
    const Slot on = sync.blocks.empty() ? sync.tip : sync.blocks.front()->slot() - 1;
    return on > log_.decided() ? Verdict::kBehind : Verdict::kNothing;
  }
  Raise(sync.ballot);
  accepted_ = sync.ballot;
  ReplaceAfterDecided(sync.blocks, sync.tip);
  matched_ = sync.tip;
  OnDecided(sync.ballot, sync.decided);
  return Verdict::kAccepted;
}

Verdict Acceptor::OnAccept(const Accept& accept) {
  if (accept.ballot < promised_) {
    return Verdict::kRefused;
  }
  const Slot slot = accept.block->slot();
  if (accept.decided > slot + kMaxSlotLeap) {
    return Verdict::kNothing;  // no leader can say so
  }
  if (accept.ballot != promised_ || accept.ballot != accepted_ || slot > log_.tip() + 1) {
    return Verdict::kBehind;
  }
  if (!log_.Has(slot, accept.block->hash)) {
    if (slot == 0 || !log_.Has(slot - 1, accept.block->header.parent)) {
      return slot <= log_.first() ? Verdict::kNothing : Verdict::kBehind;
    }
    if (slot <= log_.tip()) {
      return Verdict::kNothing;  // learned as decided from a newer leader: this one is deposed
    }
    Append(accept.block);
  }
  matched_ = std::max(matched_, slot);
  OnDecided(accept.ballot, accept.decided);
  return Verdict::kAccepted;
}

void Acceptor::OnDecided(const Ballot& ballot, Slot decided) {
  if (ballot == accepted_) {
    SetDecided(std::min(decided, matched_));
  }
}

bool Acceptor::Learn(std::span<const BlockPtr> blocks) {
  bool replaced = false;
  for (const BlockPtr& block : blocks) {
    const Slot slot = block->slot();
    if (slot <= log_.decided()) {
      CAIRN_CHECK(slot < log_.first() || log_.Has(slot, block->hash),
                  "R5: two different blocks are known as decided at one slot");
      continue;
    }
    if (slot != log_.decided() + 1) {
      break;
    }
    CAIRN_CHECK(log_.Has(slot - 1, block->header.parent),
                "R5: two different blocks are known as decided at one slot");
    if (!log_.Has(slot, block->hash)) {
      replaced = replaced || slot <= log_.tip();
      CutTo(slot - 1);
      Append(block);
    }
    SetDecided(slot);
  }
  return replaced;
}

void Acceptor::StartBallot(const Ballot& ballot) {
  CAIRN_CHECK(ballot > promised_, "R1: a promise only goes up");
  Raise(ballot);
}

void Acceptor::Adopt(const Promise& best) {
  CAIRN_CHECK(best.tip >= log_.decided(), "R3: the adopted log holds all that is decided");
  std::span<const BlockPtr> blocks = best.blocks;
  if (!blocks.empty()) {
    const Slot first = blocks.front()->slot();
    CAIRN_CHECK(first <= log_.decided() + 1, "R3: the adopted log has no gap");
    const std::size_t known = log_.decided() + 1 - first;
    const Hash& on = known == 0 ? blocks.front()->header.parent : blocks[known - 1]->hash;
    CAIRN_CHECK(log_.Has(log_.decided(), on), "R3: the adopted log holds all that is decided");
  } else {
    CAIRN_CHECK(best.tip == log_.decided(), "R3: an adopted log without blocks is all decided");
  }
  accepted_ = promised_;
  ReplaceAfterDecided(blocks, best.tip);
  AdoptOwn();
}

void Acceptor::AdoptOwn() {
  accepted_ = promised_;
  matched_ = log_.tip();
  changed_ = true;
}

void Acceptor::Extend(BlockPtr block) {
  CAIRN_CHECK(accepted_ == promised_, "R4: a leader extends a log that is in its ballot");
  Append(std::move(block));
  matched_ = log_.tip();
}

Acceptor::Changes Acceptor::TakeChanges() {
  Changes changes{changed_, promise_changed_, {}};
  if (first_unwritten_ != 0) {
    changes.blocks = log_.From(first_unwritten_);
  }
  changed_ = promise_changed_ = false;
  first_unwritten_ = 0;
  return changes;
}

void Acceptor::SetDecided(Slot slot) {
  // What is decided becomes durable with the next block, but who is who at once: after a crash of
  // all a majority must know by itself who may vote (R7).
  changed_ = log_.Decide(slot) || changed_;
}

void Acceptor::Raise(const Ballot& ballot) {
  if (ballot > promised_) {
    promised_ = ballot;
    changed_ = promise_changed_ = true;
  }
}

void Acceptor::ReplaceAfterDecided(std::span<const BlockPtr> blocks, Slot tip) {
  for (const BlockPtr& block : blocks) {
    if (block->slot() <= log_.decided() || log_.Has(block->slot(), block->hash)) {
      continue;
    }
    CutTo(block->slot() - 1);
    Append(block);
  }
  CutTo(std::max(tip, log_.decided()));
  changed_ = true;
}

void Acceptor::Append(BlockPtr block) {
  if (first_unwritten_ == 0) {
    first_unwritten_ = block->slot();
  }
  log_.Append(std::move(block));
  changed_ = true;
}

void Acceptor::CutTo(Slot slot) {
  if (slot >= log_.tip()) {
    return;
  }
  log_.CutTo(slot);
  matched_ = std::min(matched_, slot);
  changed_ = true;
  if (first_unwritten_ > slot) {
    first_unwritten_ = 0;
  }
}

}  // namespace cairn::paxos
