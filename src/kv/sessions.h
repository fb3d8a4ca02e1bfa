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
// request below the session's first_open is answered with kUnknownOutcome. More than
// kMaxOpenRequests sequences above first_open: kUsage.
//
// Eviction: when there are more than max_sessions, the longest unused goes, in log order. All
// of it is a function of the requests, in order, alone.
//
// A session in the table: u8 version=1 | u64 last use (a count of all requests applied to
// sessions, so that the order of use survives) | u64 slot of the last use | u64 first_open |
// u32 count | per remembered outcome: u64 sequence, u8 code, u64 slot.

#include <list>
#include <map>
#include <optional>
#include <unordered_map>

#include "common/block.h"
#include "kv/outcome.h"
#include "kv/table.h"

namespace cairn::kv {

class Sessions {
 public:
  /// Loads the sessions and the horizon from the table.
  Sessions(Table* table, std::uint64_t max_sessions);

  /// The outcome if the request must not be applied (it was, or nobody can know); nothing if the
  /// caller must apply it now and Record the outcome.
  std::optional<Outcome> Begin(const Request& request, Slot slot);
  void Record(const Request& request, const Outcome& outcome);

  [[nodiscard]] std::optional<Outcome> Recall(ClientId client, Sequence sequence) const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  struct Session {
    std::uint64_t last_use = 0;
    Slot last_slot = 0;
    Sequence first_open = 1;
    std::map<Sequence, Outcome> outcomes;
    std::list<ClientId>::iterator place;  // in by_use_
  };

  void Touch(ClientId client, Session& session, Slot slot);
  void EvictBeyondLimit();
  void Save(ClientId client, const Session& session);

  Table* table_;
  std::uint64_t max_sessions_;
  std::uint64_t uses_ = 0;
  Slot horizon_ = 0;
  std::unordered_map<ClientId, Session> sessions_;
  std::list<ClientId> by_use_;  // longest unused first
};

}  // namespace cairn::kv
