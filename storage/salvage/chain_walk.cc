#include "storage/salvage/chain_walk.h"

#include <utility>

namespace cairn::storage {

ChainWalk::ChainWalk(const HeadRecord& record, BlockPtr genesis, Find find)
    : record_(record),
      genesis_(std::move(genesis)),
      find_(std::move(find)),
      slot_(record.head.tip),
      expected_(record.tip_hash) {}

BlockPtr ChainWalk::Next() {
  while (!done_) {
    const Slot slot = slot_;
    if (slot == 0) {
      done_ = true;
      CloseHole(1);
      return genesis_;
    }
    slot_ -= 1;
    if (BlockPtr block = Take(slot)) {
      return block;
    }
    if (slot > record_.head.decided) {
      undecided_missing_ = slot;
      done_ = true;
    }
  }
  return nullptr;
}

BlockPtr ChainWalk::Take(Slot slot) {
  BlockPtr block = find_(slot, expected_);
  if (block == nullptr && hole_ && expected_) {
    // What seemed to stand below the hole ends here. Anything that verifies may begin anew.
    linked_ = 0;
    block = find_(slot, std::nullopt);
  }
  if (block == nullptr) {
    Miss(slot);
    return nullptr;
  }
  if (hole_ && ++linked_ > kDoubtfulSlots) {
    CloseHole(slot + 1);
  }
  expected_ = block->header.parent;
  return block;
}

void ChainWalk::Miss(Slot slot) {
  missing_ += 1;
  if (!hole_) {
    hole_ = replica::Hole{slot, slot, *expected_};
  }
  expected_.reset();
  linked_ = 0;
}

void ChainWalk::CloseHole(Slot first) {
  if (hole_) {
    hole_->first = first;
    holes_.insert(holes_.begin(), *hole_);
    hole_.reset();
  }
}

}  // namespace cairn::storage
