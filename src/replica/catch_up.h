#pragma once
// Decided blocks that this node missed, from all peers that have them: pieces of the chain are
// asked for from several at once and learned in order. A peer that does not answer in time is
// passed over, and the leader is asked only where nobody else has come so far, because it has
// other work. Between what it learns it rests, so that the cluster's writes go on beside it.

#include <map>
#include <set>
#include <vector>

#include "paxos/message.h"

namespace cairn::replica {

class CatchUp {
 public:
  /// Blocks in a piece; microseconds that a peer has for it.
  CatchUp(std::size_t piece_blocks, Micros patience)
      : piece_blocks_(piece_blocks), patience_(patience) {}

  /// So long a peer has from now on.
  void BePatient(Micros patience) { patience_ = patience; }

  /// A peer that is heard, and up to where it knows the chain as decided.
  struct Source {
    NodeId node = 0;
    Slot decided = 0;
    bool leads = false;
  };
  struct Question {
    NodeId to = 0;
    paxos::Fetch fetch;
  };
  /// What to ask now, if the log is decided up to `decided`.
  std::vector<Question> Ask(Slot decided, const std::vector<Source>& sources, Micros now);
  /// Blocks came. False if they are not what was asked for; else what continues the log comes out
  /// of Next.
  bool Take(NodeId from, const std::vector<BlockPtr>& blocks, Micros now);
  /// The blocks that follow `decided`, if they are here; to be called until it returns none.
  std::vector<BlockPtr> Next(Slot decided);

  /// To be told often, before Ask: what came until the last call is learned by now.
  void OnIdle(Micros now);

  /// Something is being fetched.
  [[nodiscard]] bool busy() const { return !pieces_.empty(); }
  void Stop() { pieces_.clear(); }

 private:
  struct Piece {
    Slot last = 0;
    NodeId asked = 0;           // 0: nobody at the moment
    Micros until = 0;           // for the answer
    std::set<NodeId> not_from;  // whose answer did not come, or did not help
    std::vector<BlockPtr> blocks;
  };
  void Forget(Slot decided);
  void Plan(Slot decided, const std::vector<Source>& sources);
  [[nodiscard]] std::vector<NodeId> Able(Slot first, const Piece& piece,
                                         const std::vector<Source>& sources) const;
  [[nodiscard]] std::size_t AskedOf(NodeId node) const;

  std::size_t piece_blocks_;
  Micros patience_;
  std::map<Slot, Piece> pieces_;  // by first slot; without gaps or overlaps
  Micros busy_since_ = 0;         // with what came and is being learned; 0: with nothing
  Micros rest_until_ = 0;         // before more is asked for
};

}  // namespace cairn::replica
