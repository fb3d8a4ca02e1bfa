#pragma once
// The judge of one request: is told what becomes of its transmissions, and says whether an answer
// settles it and, when the time is over, what is known of it:
//   every one was answered with "unavailable", or none was sent     unavailable: surely not applied
//   one is unanswered, or its node lost track of it                 unknown outcome (writes only)
// And whether who answers is the node that was meant.

#include <cstddef>
#include <string>

#include "client/operation.h"
#include "config/cluster.h"
#include "net/client_message.h"

namespace cairn::client {

class Judge {
 public:
  explicit Judge(bool write) : write_(write) {}

  /// A transmission left.
  void Sent() { ++open_; }
  /// One is answered. False: to be sent again. A write that is settled with an unknown outcome was
  /// decided by the log itself, which has forgotten the session.
  bool Settles(const replica::Answer& answer);

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

/// Usage if another node than the one that was asked says Welcome.
[[nodiscard]] Status CheckWelcome(const config::NodeAddress& asked, const net::Welcome& welcome);
/// Why the node did not do what it was asked for. Requires: what was asked for has another reply.
[[nodiscard]] Status RefusalOf(const replica::Answer& answer);

}  // namespace cairn::client
