#pragma once
// What nodes say to each other about agreement, one struct a verb. Blocks in them are decoded
// and verified (chain::DecodeBlock) before they get here.
//
//   verb      from -> to              says
//   Heartbeat every node -> all       who I follow, whom I hear, where my log stands
//   Prepare   candidate -> all        phase 1a: promise me ballot b (R2)
//   Promise   node -> candidate       phase 1b: promised; this is my log beyond yours (R2)
//   Refuse    node -> candidate, leader   I have promised a higher ballot
//   AcceptSync  leader -> follower    phase 2a of the adopted log: make your log this (R3)
//   Accept    leader -> follower      phase 2a of one block more (R4)
//   Accepted  follower -> leader      phase 2b: my log is yours up to `tip` (R4, R5)
//   Behind    follower -> leader      I can't accept that; bring me up from here (R4)
//   Fetch     node -> any             give me the decided blocks of these slots
//   Blocks    any -> node             decided blocks, in order
//   Probe     leader -> follower      do you still follow me? (R9)
//   ProbeAck  node -> leader          yes

#include <cstdint>
#include <vector>

#include "common/ballot.h"
#include "common/block.h"

namespace cairn::paxos {

struct Heartbeat {
  Ballot promised;
  bool leading = false;     ///< The sender leads in `promised`.
  bool satisfied = false;   ///< The sender leads with a quorum behind it, or hears such a leader.
  std::uint32_t heard = 0;  ///< Bit i: the sender has lately heard node i.
  Ballot accepted;
  Slot tip = 0;
  Slot decided = 0;
  bool full = false;  ///< The sender's disk is full: it takes no new blocks.
  Micros sent = 0;    ///< By the sender's clock; 0: not told.
  Micros echo = 0;    ///< `sent` of the last heartbeat that the sender had of the receiver,
  Micros held = 0;    ///< so long before this one left.
  /// A leader's second copy, which came behind all blocks that the leader had sent before: what it
  /// counts and the receiver lacks was lost.
  bool behind_blocks = false;
};

struct Prepare {
  Ballot ballot;
  Slot decided = 0;
  Ballot accepted;
  Slot tip = 0;
  Hash tip_hash = {};  ///< Equal hashes, equal logs: what both have need not be sent.
};

struct Promise {
  Ballot ballot;
  Ballot accepted;
  Slot tip = 0;
  Slot decided = 0;
  /// Contiguous up to tip, when (accepted, tip) beats the candidate's; else empty. On the
  /// candidate's tip where the sender has that block, else on its decided one.
  std::vector<BlockPtr> blocks;
  Hash tip_hash = {};
};

struct Refuse {
  Ballot promised;
};

struct AcceptSync {
  Ballot ballot;
  Slot decided = 0;
  Slot tip = 0;
  Hash tip_hash;
  /// Contiguous up to tip, on a block that the follower has: its decided one, or one above that
  /// of which the leader knows by its hash that it is the same; empty if that is the tip.
  std::vector<BlockPtr> blocks;
};

struct Accept {
  Ballot ballot;
  Slot decided = 0;
  BlockPtr block;
};

struct Accepted {
  Ballot ballot;
  Slot tip = 0;
};

struct Behind {
  Ballot ballot;     ///< The leader's.
  Ballot accepted;   ///< The follower's.
  Slot matched = 0;  ///< In `accepted` == `ballot`: up to here the logs are surely equal.
  Slot decided = 0;
};

struct Fetch {
  Slot from = 0;
  Slot last = 0;  ///< Inclusive.
  /// The asker knows by hash which blocks it has lost: one that is not known as decided will do.
  bool by_hash = false;
};

struct Blocks {
  std::vector<BlockPtr> blocks;
  Slot decided = 0;      ///< The sender's decided slot, so that the receiver knows how far it is.
  bool by_hash = false;  ///< The answer to such a question: not all of them need be decided.
};

struct Probe {
  Ballot ballot;
  std::uint64_t number = 0;
};

struct ProbeAck {
  Ballot ballot;
  std::uint64_t number = 0;
};

}  // namespace cairn::paxos
