#pragma once
// Effects: what a replica wants done, in four steps that the node's driver keeps in order:
//
//   1 send `before_sync`  rests on nothing that is not yet durable (a leader's Accept, a redirect)
//   2 commit `write`      one synced batch
//   3 tell the replica that it is durable (Replica::OnDurable), then send `after_sync`
//   4 let it apply what is decided (Replica::Apply), then send `after_apply` and `answers`
//
// R6 is the order of this list.

#include <optional>
#include <vector>

#include "replica/peer_message.h"

namespace cairn::replica {

/// The durable registers of a node, beside its blocks.
struct LedgerHead {
  Ballot promised;
  Ballot accepted;
  Slot tip = 0;
  Slot decided = 0;  ///< A lower bound.

  friend bool operator==(const LedgerHead&, const LedgerHead&) = default;
};

/// Decided blocks that a disk has lost: slots first..last (inclusive), of which `hash` is the hash
/// of the last, as the block above it (or the head) says.
struct Hole {
  Slot first = 0;
  Slot last = 0;
  Hash hash;

  friend bool operator==(const Hole&, const Hole&) = default;
};

/// One atomic, synced batch. Blocks above head.tip cease to exist.
struct LedgerWrite {
  bool needed = false;   ///< False: nothing to commit.
  bool promise = false;  ///< A promise rests on it: the guard is synced too.
  LedgerHead head;
  std::vector<BlockPtr> blocks;    ///< Written at their slots, replacing what is there.
  std::vector<BlockPtr> repaired;  ///< Decided blocks that were lost, put back into their holes.
};

/// "Send this peer the blocks of slots from..last": they are decided, and on the disk, not in
/// memory.
struct ServeBlocks {
  NodeId to = 0;
  Slot from = 0;
  Slot last = 0;
  Slot decided = 0;
  bool by_hash = false;  ///< As in the question.
};

/// An answer for a client that is connected to this node.
struct LocalAnswer {
  Token token = 0;
  api::Answer answer;
};

struct Effects {
  std::vector<Outbound> before_sync;
  LedgerWrite write;
  std::vector<Outbound> after_sync;
  std::vector<Outbound> after_apply;
  std::vector<ServeBlocks> serve;
  std::vector<LocalAnswer> answers;
};

}  // namespace cairn::replica
