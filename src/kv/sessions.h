#pragma once
// Sessions: exactly-once application of requests (R10).
//
// A session is a client id with the outcomes of its last requests. It begins by itself with the
// first request of an unknown client, whatever its sequence, if that is surely no retry of a
// request whose session was evicted: the request names a decided slot that the client knew before
// its session began (session_base). `horizon` is the greatest slot at which any evicted session had
// been last used; a session that began after session_base was last used after it, so with
// session_base >= horizon this one was never evicted. Otherwise the outcome is kUnknownOutcome.
//
// Within a session each sequence is applied once, in any order (requests may be in flight side
// by side). Outcomes below first_open are forgotten, for the client says that it has them; a
// request below the session's first_open is answered with kUnknownOutcome. A session remembers at
// most kMaxOpenRequests outcomes, because a request must lie that close to its own first_open.
//
// kUsage is a function of the request's own bytes alone (no client, no sequence, a sequence below
// its first_open or too far above): a copy of it that is decided later can't be applied after all.
// kUnknownOutcome, too, is the answer to every later copy, for the horizon never goes back.
//
// Room is bounded, in sessions (max_sessions) and in outcomes: every session may keep
// kFairOutcomes, and what sessions keep beyond must fit into kFairOutcomes x max_sessions (at least
// into what one session may have open) for all of them. For what needs room the longest unused
// sessions are evicted, but only those at rest: not used for `rest` of block time. A client whose
// session was used later may still ask what became of its request, and would be told "unknown". So
// where nobody is at rest the newcomer is refused (kFull): that request is not applied, and nothing
// is remembered of it. A later copy of it may be applied, so a client is told of it as of one
// transmission (replica/serving.cc).
//
// A retry that is told what is remembered does not use a session. All of it is a function of the
// requests and the times of blocks, in order, alone (R11).
//
// A session in the table: u8 version=2 | u64 last use (a count of all uses of sessions, so that the
// order of use survives) | u64 slot of the last use | u64 time of that block | u64 first_open | u32
// count | per remembered outcome, ascending: u64 sequence, u8 code, u64 slot.

#include <algorithm>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/block.h"
#include "common/coding.h"
#include "common/limits.h"
#include "kv/outcome.h"
#include "kv/table.h"

namespace cairn::kv {

class Sessions {
 public:
  /// Loads the sessions and the horizon from the table, which is not owned and must outlive this
  /// object. Requires: max_sessions above 0.
  Sessions(Table* table, std::uint64_t max_sessions, Micros rest = kSessionRest);

  /// The outcome if the request must not be applied (it was, or nobody can know, or there is no
  /// room); nothing if the caller must apply it now and Record the outcome. `slot` and `time` are
  /// the block's.
  std::optional<Outcome> Begin(const Request& request, Slot slot, Micros time);
  /// Requires: Begin has just returned nothing for this request.
  void Record(const Request& request, const Outcome& outcome);
  /// Writes into the table what the block changed, each session once.
  void EndBlock();

  [[nodiscard]] std::optional<Outcome> Recall(ClientId client, Sequence sequence) const;
  /// False: Begin would now refuse the request (kFull) in a block of that time.
  [[nodiscard]] bool HasRoomFor(const Request& request, Micros time) const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  /// All that are remembered, of all sessions.
  [[nodiscard]] std::size_t outcomes() const { return outcomes_; }
  [[nodiscard]] Slot horizon() const { return horizon_; }

 private:
  struct OnDurable {
    Sequence sequence = 0;
    Outcome outcome;
  };
  struct Session {
    std::uint64_t last_use = 0;
    Slot last_slot = 0;
    Micros last_time = 0;
    Sequence first_open = 0;
    std::vector<OnDurable> outcomes;      // ascending by sequence, from first_open on
    std::list<ClientId>::iterator place;  // in by_use_
    bool changed = false;                 // is in changed_
  };

  static std::optional<Outcome> Find(const Session& session, Sequence sequence);
  static Session Parse(std::string_view bytes);
  void Load();
  void Use(ClientId client, Session& session, Slot slot, Micros time);
  void Forget(Session& session, Sequence below);
  void Evict();
  /// The longest unused session is not this client's and may be evicted. Requires: there is one.
  [[nodiscard]] bool AnotherRests(ClientId client, Micros time) const;
  [[nodiscard]] bool OutcomesAreFull() const {
    return outcomes_ >= std::max(kFairOutcomes * max_sessions_, kMaxOpenRequests);
  }
  void Save(ClientId client, Session& session);

  Table* table_;
  std::uint64_t max_sessions_;
  Micros rest_;
  std::size_t outcomes_ = 0;
  std::uint64_t uses_ = 0;
  Slot horizon_ = 0;
  std::unordered_map<ClientId, Session> sessions_;
  std::list<ClientId> by_use_;  // longest unused first
  Session* begun_ = nullptr;    // Of the request that is now applied.
  // Of the present block.
  std::vector<ClientId> changed_;
  std::vector<ClientId> evicted_;
  std::string record_;  // For its memory only.
};

}  // namespace cairn::kv
