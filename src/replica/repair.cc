#include "replica/repair.h"

#include <algorithm>
#include <utility>

namespace cairn::replica {
namespace {

bool IsChain(const std::vector<BlockPtr>& blocks) {
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    if (blocks[i]->slot() != blocks[i - 1]->slot() + 1 ||
        blocks[i]->header.parent != blocks[i - 1]->hash) {
      return false;
    }
  }
  return !blocks.empty();
}

}  // namespace

Slot Repair::missing() const {
  Slot missing = 0;
  for (const Hole& hole : holes_) {
    missing += hole.last - hole.first + 1;
  }
  return missing;
}

Repair::Range Repair::Next() const {
  // The upper end of a hole: only there is it known which block fits.
  const Hole& hole = holes_.back();
  return {hole.last - std::min(chunk_ - 1, hole.last - hole.first), hole.last};
}

std::vector<BlockPtr> Repair::Take(const std::vector<BlockPtr>& blocks) {
  std::vector<BlockPtr> taken;
  if (whole() || !IsChain(blocks)) {
    return taken;
  }
  const Range asked = Next();
  const Slot first = blocks.front()->slot();
  const Slot last = blocks.back()->slot();
  if (first == asked.first && last < asked.last) {
    chunk_ = last - first + 1;  // more doesn't fit into a message: the next try reaches the end
  }
  for (auto hole = holes_.begin(); hole != holes_.end();) {
    const std::vector<BlockPtr> filled = Fill(&*hole, blocks);
    taken.insert(taken.end(), filled.begin(), filled.end());
    const bool closed = !filled.empty() && filled.front()->slot() == hole->first;
    if (!filled.empty()) {
      chunk_ = std::min(chunk_ * 2, kLargestChunk);
      hole->last = filled.front()->slot() - 1;
      hole->hash = filled.front()->header.parent;
    }
    hole = closed ? holes_.erase(hole) : std::next(hole);
  }
  return taken;
}

std::vector<BlockPtr> Repair::Fill(Hole* hole, const std::vector<BlockPtr>& blocks) {
  const Slot first = blocks.front()->slot();
  if (hole->last < first || hole->last > blocks.back()->slot() ||
      blocks[hole->last - first]->hash != hole->hash) {
    return {};
  }
  const Slot from = std::max(first, hole->first);
  return {blocks.begin() + static_cast<std::ptrdiff_t>(from - first),
          blocks.begin() + static_cast<std::ptrdiff_t>(hole->last - first + 1)};
}

}  // namespace cairn::replica
