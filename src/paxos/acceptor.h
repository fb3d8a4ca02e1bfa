#pragma once
// The acceptor: the part of a node that must remember. It holds the registers promised and
// accepted, and the log; it says what must be written before its answers may leave (R6).
//
//   promised  accepted     what happened last
//   b         a <= b       OnPrepare: promised b; the log is in the older ballot a (R2)
//   b         b            OnAcceptSync, Adopt: the whole log is in b (R3)
//                          OnAccept, Extend: one block more (R4)
//
// `matched` is not durable: up to that slot the log is surely the one of the leader of
// `accepted`, for its own words said so through the hash links. Only so far the node
// acknowledges to the leader and believes its decided slot. It is not simply the tip: blocks
// that were learned as decided (Learn) may come from a newer leader.

#include <optional>
#include <span>
#include <variant>

#include "common/ballot.h"
#include "paxos/log.h"
#include "paxos/message.h"

namespace cairn::paxos {

/// What an acceptor says to a leader's AcceptSync or Accept.
enum class Verdict {
  kAccepted,  ///< Say Accepted{matched} once it is durable.
  kNothing,   ///< Old, or not to be believed: no answer.
  kRefused,   ///< Say Refuse{promised}: a higher ballot was promised.
  kBehind,    ///< Say Behind: this node must be brought up first.
};

class Acceptor {
 public:
  Acceptor(Ballot promised, Ballot accepted, Log log);

  [[nodiscard]] const Ballot& promised() const { return promised_; }
  [[nodiscard]] const Ballot& accepted() const { return accepted_; }
  [[nodiscard]] const Log& log() const { return log_; }
  [[nodiscard]] Slot matched() const { return matched_; }
  /// R7: by what this node knows as decided (or by block 1, while only that is there), it is
  /// who the chain says. Before block 1 everybody is.
  [[nodiscard]] bool IsVoter(NodeId self, Incarnation incarnation) const;

  /// R2. Requires: IsVoter.
  std::variant<std::monostate, Promise, Refuse> OnPrepare(const Prepare& prepare);
  /// R3: takes over the leader's whole log in one step, replacing only undecided blocks.
  Verdict OnAcceptSync(const AcceptSync& sync);
  /// R4: one more block.
  Verdict OnAccept(const Accept& accept);
  /// The leader of `ballot` says that all up to `decided` is decided.
  void OnDecided(const Ballot& ballot, Slot decided);
  /// Blocks that another node knows as decided. True if an undecided block of this log had to
  /// give way: a leader then leads no more (R5).
  bool Learn(std::span<const BlockPtr> blocks);

  /// The candidate's own promise (R1). Requires: ballot > promised().
  void StartBallot(const Ballot& ballot);
  /// R3, at the candidate: makes the log that `best` describes its own, in the ballot promised.
  /// Requires: `best.blocks` begin at most at decided() + 1, or are empty and the log is as long.
  void Adopt(const Promise& best);
  /// The same where the candidate's own log is the best.
  void AdoptOwn();
  /// The leader's next block. Requires: the log is in the ballot promised.
  void Extend(BlockPtr block);
  /// At the leader: a quorum has it (R5).
  void Decide(Slot slot) { SetDecided(slot); }
  void Trim(Slot keep, std::size_t max_blocks, std::size_t max_bytes) {
    log_.Trim(keep, max_blocks, max_bytes);
  }

  /// What changed since the last call: what must be durable before an answer leaves.
  struct Changes {
    /// A promise, a ballot, a block, or that a block which says who is who is decided: must be
    /// written now.
    bool any = false;
    bool promise = false;  ///< `promised` went up.
    std::vector<BlockPtr> blocks;
  };
  Changes TakeChanges();
  [[nodiscard]] bool changed() const { return changed_; }

 private:
  void SetDecided(Slot slot);
  void Raise(const Ballot& ballot);
  void ReplaceAfterDecided(std::span<const BlockPtr> blocks, Slot tip);
  void Append(BlockPtr block);
  void CutTo(Slot slot);
  [[nodiscard]] bool Continues(const AcceptSync& sync) const;

  // Persistent.
  Ballot promised_;
  Ballot accepted_;
  Log log_;
  // Volatile.
  Slot matched_ = 0;
  bool changed_ = false;
  bool promise_changed_ = false;
  Slot first_unwritten_ = 0;  // 0: none
};

}  // namespace cairn::paxos
