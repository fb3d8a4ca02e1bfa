#pragma once
// Words against the present life of this node (R7): a peer remembers more of it than it had when
// this life began (peer_memory.h). While such a doubt is open this node votes for nothing, which is
// always safe, and asks the peer back. Only what the peer says again, in answer to the question,
// is believed. Where no answer comes, because the word was forged or the peer is gone, the doubt
// ends after a while: one word alone can keep a node from voting for so long, and no longer.

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "common/types.h"

namespace cairn::replica {

class Doubts {
 public:
  /// A doubt lasts so long without an answer; a question is asked again after a while.
  Doubts(Micros lasts, Micros ask_again) : lasts_(lasts), ask_again_(ask_again) {}

  /// The peer's memory speaks against this life. The number to ask it with, if it is time to; a new
  /// question takes `fresh`, which nobody can guess.
  std::optional<std::uint64_t> Raise(NodeId peer, std::uint64_t fresh, Micros now);
  /// The peer has answered the question of that number: that doubt is over. False if it was not
  /// asked.
  bool Settle(NodeId peer, std::uint64_t number);
  /// The peer was once asked, so it has heard of this life: what it remembers of other lives, and
  /// does not say against this one, is none of its business any more.
  [[nodiscard]] bool KnowsThisLife(NodeId peer) const { return settled_.contains(peer); }
  [[nodiscard]] bool open(Micros now) const { return Peer(now) != 0; }
  /// The peer with the doubt that is open; 0 if none is.
  [[nodiscard]] NodeId Peer(Micros now) const;

 private:
  struct Doubt {
    std::uint64_t number = 0;
    Micros asked_at = 0;
    Micros until = 0;
  };

  Micros lasts_;
  Micros ask_again_;
  std::map<NodeId, Doubt> doubts_;
  std::set<NodeId> settled_;
};

}  // namespace cairn::replica
