#pragma once
// The judge of one request: is told what becomes of its transmissions, and says whether an answer
// settles it and, when the time is over, what is known of it:
//   every one was refused, or none was sent             unavailable: surely not applied
//   one is unanswered, or its node lost track of it     unknown outcome (writes only)
//
// A node that refuses speaks for its own transmission alone, however definite its words are: they
// settle a write only if no other transmission is open. So does a block that refused it for want of
// room. What the log has decided otherwise settles it always.
//
// And whether who answers is the node that was meant.

#include <cstddef>
#include <string>

#include "api/call.h"
#include "client/cluster_view.h"
#include "client/operation.h"
#include "config/cluster.h"

namespace cairn::client {

class OutcomeTracker {
 public:
  explicit OutcomeTracker(bool write) : write_(write) {}

  /// A transmission left.
  void Sent() { ++open_; }
  /// One is answered. False: to be sent again. A write that is settled with an unknown outcome was
  /// decided by the log itself, which has forgotten the session.
  bool Settles(const api::Answer& answer);

  /// A write that may be applied, now or later.
  [[nodiscard]] bool Doubtful() const { return write_ && (lost_ || open_ > 0); }
  /// A write of which all is known: one more transmission may end in doubt.
  [[nodiscard]] bool SurelyRefused() const { return write_ && refused_ && !Doubtful(); }

  /// UnknownOutcome or Unavailable.
  [[nodiscard]] Code Unsettled() const;
  /// The same in words: `verb` names the operation, `why` says what was tried.
  [[nodiscard]] OperationResult GiveUp(const std::string& verb, const std::string& why) const;

 private:
  bool write_;
  bool refused_ = false;
  bool lost_ = false;     // a node lost track of a transmission
  std::size_t open_ = 0;  // transmissions without an answer
};

/// Not ok if the reply is none of the node that was asked: Usage if another node answers there, or
/// something that can't be taken; Integrity if it belongs to another cluster than the one that is
/// known.
[[nodiscard]] Status CheckSender(const config::NodeAddress& asked, const ClusterView& view,
                                 const api::ClientReply& reply);
/// Usage if another node than the one that was asked says Welcome.
[[nodiscard]] Status CheckWelcome(const config::NodeAddress& asked, const api::Welcome& welcome);
/// Why the node did not do what it was asked for. Requires: what was asked for has another reply.
[[nodiscard]] Status RefusalOf(const api::Answer& answer);
/// A refusal that does not pass by itself.
[[nodiscard]] bool IsLasting(const Status& refusal);

}  // namespace cairn::client
