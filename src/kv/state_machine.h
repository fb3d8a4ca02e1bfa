#pragma once
// The key-value state: nothing but the chain, replayed. Apply is a function of the blocks alone
// (R11): no clock, no randomness; equal chains give equal tables, byte for byte.
//
// Requests of clients (kPut, kDel) go through the sessions. Those of the cluster itself have
// client 0: kForm, kReadmit and kRecover record who is who. Whatever else a block may hold changes
// nothing and has the outcome kUsage, for a block that is decided must be applied somehow, and by
// all nodes alike.
//
// In the table:
//   "a"                  u8 format version of the whole table=2, u64 applied slot, hash of its block
//   "c"                  which incarnation each node has, from the cluster's own requests (R7)
//   "d"                  incarnations that were replaced, oldest first: u32 node and u64
//                        incarnation each, the last kMaxReplaced
//   "h"                  u64 the session horizon (see sessions.h)
//   "k" key              u64 slot of the last write, then the value
//   "s" client (8, BE)   a session (see sessions.h)

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/block.h"
#include "common/status.h"
#include "kv/outcome.h"
#include "kv/sessions.h"
#include "kv/table.h"

namespace cairn::kv {

/// Where a table stands.
struct Position {
  Slot applied = 0;  ///< 0: only genesis is.
  Hash hash;         ///< Of the block at that slot; zero for genesis.

  friend bool operator==(const Position&, const Position&) = default;
};
/// As CheckFormat, for one who wants to know no more than that.
[[nodiscard]] Result<Position> PositionOf(const Table& table);
/// Integrity if the table was written in a format that this program does not know (naming both
/// versions), or if what it says of itself can't be read. To ask before a StateMachine is made of a
/// table that outlives programs.
[[nodiscard]] Status CheckFormat(const Table& table);

class StateMachine {
 public:
  /// Loads what the table holds (nothing: the state before genesis, applied() is 0 and genesis
  /// counts as applied). `table` is not owned and must outlive this object.
  StateMachine(Table* table, std::uint64_t max_sessions, Micros session_rest = kSessionRest);

  /// Applies the block at applied() + 1 and returns an outcome for each of its requests. Requires:
  /// its parent is the block at applied(). The table is told once, at the end, that it is whole.
  std::vector<Outcome> Apply(const Block& block);

  [[nodiscard]] std::optional<Entry> Get(std::string_view key) const;
  /// Every key with from <= key < to (an empty `to`: to the end) in order, until visit returns
  /// false.
  void Scan(std::string_view from, std::string_view to,
            const std::function<bool(std::string_view key, const Entry& entry)>& visit) const;

  /// The remembered outcome of a request, if it was applied and is still remembered (R10).
  [[nodiscard]] std::optional<Outcome> Recall(ClientId client, Sequence sequence) const;
  /// False: a block of that time would refuse the request for want of room for its session.
  [[nodiscard]] bool HasRoomFor(const Request& request, Micros time) const {
    return sessions_.HasRoomFor(request, time);
  }

  [[nodiscard]] Slot applied() const { return applied_; }
  /// Hash of the block at applied(); zero while that is genesis.
  [[nodiscard]] const Hash& applied_hash() const { return applied_hash_; }
  /// Node -> incarnation by the applied chain; empty before block 1.
  [[nodiscard]] const std::map<NodeId, Incarnation>& incarnations() const { return incarnations_; }
  /// The applied chain once named this incarnation of the node, and names another one now (R7).
  [[nodiscard]] bool IsReplaced(NodeId node, Incarnation incarnation) const;
  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }

 private:
  void Load();
  Outcome ApplyRequest(const Request& request, const BlockHeader& header);
  Outcome ApplyOperation(const Request& request, Slot slot);
  Outcome ApplyIncarnations(const Request& request, Slot slot);
  std::string_view TableKey(std::string_view key);

  Table* table_;
  Sessions sessions_;
  Slot applied_ = 0;
  Hash applied_hash_;
  std::map<NodeId, Incarnation> incarnations_;
  std::deque<std::pair<NodeId, Incarnation>> replaced_;
  // Kept for their memory only.
  std::string key_;
  std::string value_;
};

}  // namespace cairn::kv
