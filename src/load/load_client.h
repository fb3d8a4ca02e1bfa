#pragma once
// One logical client of a load: a session of its own, with one operation open at a time. It makes
// the calls and judges the answers; over which connection a call goes, and when, is the load's
// business.
//
// An operation keeps its sequence through all its transmissions, so that it is applied at most
// once (R10), and an answer to any of them is an answer to it.

#include <cstdint>
#include <optional>

#include "api/call.h"
#include "client/outcome_tracker.h"
#include "client/session.h"
#include "load/load_work.h"

namespace cairn::load {

class LoadClient {
 public:
  enum class Verdict : std::uint8_t {
    kStray,    ///< Of an operation that is settled.
    kSettled,  ///< See outcome().
    kAgain,    ///< The node could not do it: to be sent again, perhaps to another one.
  };

  /// `index` is its number among the load's clients; `id` that of its session.
  LoadClient(std::uint32_t index, ClientId id);

  /// Requires: not busy.
  void Begin(const LoadOperation& operation, LoadWork* work, Micros due, Micros now);
  /// The call for the next transmission. It is valid until the next one. `decided` is a slot
  /// that is known as decided now.
  const api::ClientCall& Transmit(Slot decided);
  /// It left.
  void Sent() { tracker_.Sent(); }
  Verdict Take(const api::ClientReply& reply);
  /// What is known of the operation when its time is over.
  [[nodiscard]] Code GiveUp() const { return tracker_.Unsettled(); }
  void End(Micros now) {
    busy_ = false;
    session_.last_use = now;
  }
  /// It was idle for too long: the cluster may evict it, or has.
  [[nodiscard]] bool SessionIsOld(Micros now) const { return session_.IsOld(now); }
  /// The cluster has forgotten the session.
  void Renew(ClientId id);

  /// Whose call it was; nothing if it was none of a client's.
  static std::optional<std::uint32_t> IndexOf(std::uint64_t call_id);

  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] bool transmitted() const { return transmissions_ > 0; }
  [[nodiscard]] Micros due() const { return due_; }
  [[nodiscard]] Micros began() const { return began_; }
  [[nodiscard]] Code outcome() const { return outcome_; }
  [[nodiscard]] bool session_lost() const { return session_lost_; }
  /// Whom the last answer named as leader; 0: nobody.
  [[nodiscard]] NodeId hint() const { return hint_; }

  // The load's notes.
  std::size_t connection = 0;  ///< The next transmission goes over it.
  Micros wait_until = 0;       ///< Before the next transmission.
  bool pausing = false;        ///< It waits for that.
  bool followed = false;       ///< The last transmission went to a leader that was named.
  Micros pause = 0;            ///< Before the next transmission, if need be.
  Micros sent_at = 0;          ///< The last transmission.
  bool placed = false;         ///< It is among the open ones of its connection.
  bool queued = false;         ///< It waits for a place there.

 private:
  Code Settle(const api::Answer& answer) const;

  std::uint32_t index_;
  client::Session session_;
  api::ClientCall call_;

  bool busy_ = false;
  Micros due_ = 0;
  Micros began_ = 0;
  std::uint64_t calls_ = 0;          // of all operations
  std::uint64_t first_call_ = 0;     // of this operation
  std::uint64_t transmissions_ = 0;  // of this operation
  client::OutcomeTracker tracker_{false};
  bool session_lost_ = false;
  Code outcome_ = Code::kOk;
  NodeId hint_ = 0;
};

/// The most clients that call ids have room for.
inline constexpr std::uint32_t kMaxLoadClients = 1U << 16;

}  // namespace cairn::load
