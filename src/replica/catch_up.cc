#include "replica/catch_up.h"

#include <algorithm>
#include <utility>

namespace cairn::replica {
namespace {

/// Pieces under way or waiting for the ones before them: they bound the memory.
constexpr std::size_t kMaxPieces = 8;
/// Asked of one peer at a time: the next is on its way while one is learned.
constexpr std::size_t kMaxAPeer = 2;
/// For so many times as long as it took to learn what came, nothing more is asked for: the
/// cluster's writes go on, and what catches up shares a machine, or its sources' disks, with them.
constexpr Micros kRest = 3;

/// Up to where anybody knows the chain as decided.
Slot EndOf(const std::vector<CatchUp::Source>& sources) {
  Slot end = 0;
  for (const CatchUp::Source& source : sources) {
    end = std::max(end, source.decided);
  }
  return end;
}

}  // namespace

void CatchUp::Forget(Slot decided) {
  while (!pieces_.empty() && pieces_.begin()->second.last <= decided) {
    pieces_.erase(pieces_.begin());
  }
}

void CatchUp::Plan(Slot decided, const std::vector<Source>& sources) {
  const Slot end = EndOf(sources);
  Slot next = pieces_.empty() ? decided + 1 : pieces_.rbegin()->second.last + 1;
  while (pieces_.size() < kMaxPieces && next <= end) {
    const Slot last = next + piece_blocks_ - 1;
    if (last > end && !pieces_.empty()) {
      break;  // the chain grows while this goes on: no crumbs
    }
    pieces_[next].last = std::min(end, last);
    next = last + 1;
  }
}

std::size_t CatchUp::AskedOf(NodeId node) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      pieces_, [&](const auto& piece) { return piece.second.asked == node; }));
}

std::vector<NodeId> CatchUp::Able(Slot first, const Piece& piece,
                                  const std::vector<Source>& sources) const {
  std::vector<NodeId> able;
  // Rather the whole piece than a part of it, and rather from a follower than from the leader. A
  // part will do: after a restart a node may know less as decided than it did when the piece was
  // planned, and then perhaps nobody has all of it.
  for (const Slot needed : {piece.last, first}) {
    for (const bool leads : {false, true}) {
      for (const Source& source : sources) {
        if (source.decided >= needed && source.leads == leads &&
            !piece.not_from.contains(source.node)) {
          able.push_back(source.node);
        }
      }
      if (!able.empty()) {
        return able;
      }
    }
  }
  return able;
}

std::vector<CatchUp::Question> CatchUp::Ask(Slot decided, const std::vector<Source>& sources,
                                            Micros now) {
  Forget(decided);
  Plan(decided, sources);
  std::vector<Question> questions;
  const bool nearly_there = EndOf(sources) <= decided + piece_blocks_;
  if (!nearly_there && (busy_since_ != 0 || now < rest_until_)) {
    return questions;
  }
  for (auto& [first, piece] : pieces_) {
    if (piece.asked != 0 && now >= piece.until) {
      piece.not_from.insert(std::exchange(piece.asked, 0));
    }
    if (piece.asked != 0 || !piece.blocks.empty()) {
      continue;
    }
    const std::vector<NodeId> able = Able(first, piece, sources);
    if (able.empty()) {
      piece.not_from.clear();  // round again
      continue;
    }
    const NodeId idlest =
        *std::ranges::min_element(able, {}, [&](NodeId node) { return AskedOf(node); });
    if (AskedOf(idlest) < kMaxAPeer) {
      piece.asked = idlest;
      piece.until = now + patience_;
      questions.push_back({idlest, {first, piece.last}});
    }
  }
  return questions;
}

void CatchUp::OnIdle(Micros now) {
  if (busy_since_ != 0 && now > busy_since_) {
    // No longer than a silent peer is waited for: perhaps this node itself was held up.
    rest_until_ = now + kRest * std::min(now - std::exchange(busy_since_, 0), patience_);
  }
}

bool CatchUp::Take(NodeId from, const std::vector<BlockPtr>& blocks, Micros now) {
  const auto found = blocks.empty() ? pieces_.end() : pieces_.find(blocks.front()->slot());
  if (found == pieces_.end() || !found->second.blocks.empty()) {
    return false;
  }
  Piece& piece = found->second;
  const Slot last = blocks.back()->slot();
  if (last < piece.last) {
    pieces_[last + 1] = {piece.last, 0, 0, {}, {}};  // the rest did not fit into a message
    piece.last = last;
  }
  piece.asked = 0;
  piece.not_from = {from};
  piece.blocks = blocks;
  busy_since_ = busy_since_ == 0 ? now : busy_since_;
  return true;
}

std::vector<BlockPtr> CatchUp::Next(Slot decided) {
  Forget(decided);
  if (pieces_.empty() || pieces_.begin()->first > decided + 1) {
    return {};
  }
  return std::exchange(pieces_.begin()->second.blocks, {});  // asked for again if it is no help
}

}  // namespace cairn::replica
