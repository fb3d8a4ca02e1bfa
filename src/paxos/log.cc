#include "paxos/log.h"

#include <utility>

#include "common/check.h"

namespace cairn::paxos {

Log::Log(const std::vector<BlockPtr>& blocks, Slot decided, Incarnations incarnations)
    : decided_(decided), base_(std::move(incarnations)) {
  CAIRN_CHECK(!blocks.empty() && blocks.front()->slot() <= decided,
              "a log holds its decided block");
  blocks_.push_back(blocks.front());
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    CAIRN_CHECK(blocks[i]->slot() == tip() + 1 && blocks[i]->header.parent == tip_hash(),
                "a log has no gap and every block names its parent");
    blocks_.push_back(blocks[i]);
    if (blocks[i]->slot() > decided_) {
      if (Incarnations said = IncarnationsIn(*blocks[i]); !said.empty()) {
        statements_[blocks[i]->slot()] = std::move(said);
      }
    } else {
      decided_bytes_ += blocks[i]->encoded.size();
    }
  }
  CAIRN_CHECK(decided_ <= tip(), "what is decided is in the log");
}

BlockPtr Log::At(Slot slot) const {
  return slot < first() || slot > tip() ? nullptr : blocks_[slot - first()];
}

bool Log::Has(Slot slot, const Hash& hash) const {
  const BlockPtr block = At(slot);
  return block != nullptr && block->hash == hash;
}

std::vector<BlockPtr> Log::From(Slot slot) const {
  CAIRN_CHECK(slot >= first(), "only blocks in memory can be taken");
  if (slot > tip()) {
    return {};
  }
  return {blocks_.begin() + static_cast<std::ptrdiff_t>(slot - first()), blocks_.end()};
}

std::vector<BlockPtr> Log::DecidedFrom(Slot slot, std::size_t max_blocks,
                                       std::size_t max_bytes) const {
  CAIRN_CHECK(slot >= first() && slot <= decided_, "only decided blocks in memory can be taken");
  return Part(slot, decided_, max_blocks, max_bytes);
}

std::vector<BlockPtr> Log::Part(Slot slot, Slot last, std::size_t max_blocks,
                                std::size_t max_bytes) const {
  std::vector<BlockPtr> blocks;
  std::size_t bytes = 0;
  for (; slot <= last && blocks.size() < max_blocks; ++slot) {
    BlockPtr block = At(slot);
    bytes += block->encoded.size();
    if (!blocks.empty() && bytes > max_bytes) {
      break;
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

void Log::Append(BlockPtr block) {
  CAIRN_CHECK(block->slot() == tip() + 1 && block->header.parent == tip_hash(),
              "R4: a block is accepted only on top of its parent");
  if (Incarnations said = IncarnationsIn(*block); !said.empty()) {
    statements_[block->slot()] = std::move(said);
  }
  blocks_.push_back(std::move(block));
}

void Log::CutTo(Slot slot) {
  CAIRN_CHECK(slot >= decided_, "R5: a decided block never changes");
  while (tip() > slot) {
    statements_.erase(tip());
    blocks_.pop_back();
  }
}

bool Log::Decide(Slot slot) {
  CAIRN_CHECK(slot <= tip(), "what is decided is in the log");
  if (slot <= decided_) {
    return false;
  }
  for (; decided_ < slot; ++decided_) {
    decided_bytes_ += At(decided_ + 1)->encoded.size();
  }
  const bool says_who = !statements_.empty() && statements_.begin()->first <= decided_;
  while (!statements_.empty() && statements_.begin()->first <= decided_) {
    for (const auto& [node, incarnation] : statements_.begin()->second) {
      base_[node] = incarnation;
    }
    statements_.erase(statements_.begin());
  }
  return says_who;
}

void Log::Trim(Slot keep, std::size_t max_blocks, std::size_t max_bytes) {
  while (first() < keep && first() < decided_ &&
         (decided_ - first() >= max_blocks || decided_bytes_ > max_bytes)) {
    blocks_.pop_front();
    decided_bytes_ -= blocks_.front()->encoded.size();
  }
}

Incarnations Log::IncarnationsAt(Slot slot) const {
  Incarnations all = base_;
  for (const auto& [at, said] : statements_) {
    if (at > slot) {
      break;
    }
    for (const auto& [node, incarnation] : said) {
      all[node] = incarnation;
    }
  }
  return all;
}

}  // namespace cairn::paxos
