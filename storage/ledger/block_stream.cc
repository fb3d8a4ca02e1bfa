#include "storage/ledger/block_stream.h"

#include <algorithm>
#include <utility>

#include "common/limits.h"

namespace cairn::storage {
namespace {

// Decoding and hashing a block costs about as much as two threads' worth of applying it.
constexpr std::size_t kThreads = 2;
constexpr Slot kPartBlocks = 128;
constexpr std::size_t kPieceBytes = std::size_t{2} << 20;
// What the threads do in the time for which the scheduler may leave the user waiting.
constexpr std::size_t kMostBytes = std::size_t{8} << 20;

std::size_t BytesOf(const Result<std::vector<BlockPtr>>& blocks) {
  std::size_t bytes = 0;
  if (blocks.ok()) {
    for (const BlockPtr& block : blocks.value()) {
      bytes += block->encoded.size();
    }
  }
  return bytes;
}

}  // namespace

BlockStream::BlockStream(const storage::Ledger* ledger, Slot from, Slot to)
    : ledger_(ledger), to_(to), unclaimed_(from) {
  const std::size_t parts = from > to ? 0 : (to - from) / kPartBlocks + 1;
  for (std::size_t i = 0; i < std::min(kThreads, parts); ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

BlockStream::~BlockStream() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

Result<std::vector<BlockPtr>> BlockStream::Next(std::vector<BlockPtr> used) {
  std::erase_if(used, [](const BlockPtr& block) { return block.use_count() > 1; });
  std::unique_lock<std::mutex> lock(mutex_);
  for (const BlockPtr& block : used) {
    // It was made as one that may change, and nobody else can see it any more.
    spares_.push_back(std::const_pointer_cast<Block>(block));
  }
  while (true) {
    // A thread that is between two parts claims the next one: there is a front, or no more to come.
    changed_.wait(lock, [this] {
      return parts_.empty()
                 ? unclaimed_ > to_
                 : parts_.begin()->second.whole || !parts_.begin()->second.pieces.empty();
    });
    if (parts_.empty()) {
      return std::vector<BlockPtr>();
    }
    Part& front = parts_.begin()->second;
    if (front.pieces.empty()) {
      parts_.erase(parts_.begin());
      changed_.notify_all();
      continue;
    }
    Piece piece = std::move(front.pieces.front());
    front.pieces.pop_front();
    bytes_ -= piece.bytes;
    changed_.notify_all();
    return std::move(piece.blocks);
  }
}

void BlockStream::Work() {
  Spares spares;
  while (const std::optional<Slot> first = Claim(&spares)) {
    ReadPart(*first, &spares);
  }
}

std::optional<Slot> BlockStream::Claim(Spares* spares) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stop_ || unclaimed_ > to_) {
    return std::nullopt;
  }
  const Slot first = unclaimed_;
  const Slot last = std::min(to_, first + kPartBlocks - 1);
  parts_[first].last = last;
  unclaimed_ = last + 1;
  while (spares->size() < kPartBlocks && !spares_.empty()) {
    spares->push_back(std::move(spares_.back()));
    spares_.pop_back();
  }
  return first;
}

void BlockStream::ReadPart(Slot first, Spares* spares) {
  const Slot last = std::min(to_, first + kPartBlocks - 1);
  for (Slot slot = first; slot <= last;) {
    Piece piece{ledger_->ReadRange(slot, last, kPartBlocks, kPieceBytes, spares), 0};
    piece.bytes = BytesOf(piece.blocks);
    const bool ok = piece.blocks.ok();
    slot = ok ? piece.blocks->back()->slot() + 1 : last + 1;
    if (!Add(first, std::move(piece), slot > last)) {
      return;
    }
  }
}

bool BlockStream::Add(Slot first, Piece piece, bool whole) {
  std::unique_lock<std::mutex> lock(mutex_);
  Part& part = parts_.at(first);
  changed_.wait(lock, [&] {
    const bool awaited = parts_.begin()->first == first && part.pieces.empty();
    return stop_ || awaited || bytes_ < kMostBytes;
  });
  bytes_ += piece.bytes;
  part.pieces.push_back(std::move(piece));
  part.whole = whole;
  changed_.notify_all();
  return !stop_;
}

}  // namespace cairn::storage
