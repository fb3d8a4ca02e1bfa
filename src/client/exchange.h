#pragma once
// One request, from its first transmission until it is settled or its time is over.
//
// Nodes are asked one after the other (route.h), and left for the next when they give no answer in
// time or refuse this client. What is sent again bears the same client and sequence, so that it is
// applied at most once (R10).
//
// What is known of a write when the time is over: outcome_tracker.h. So that a certain refusal
// stays one, a write that was always refused is not sent once more when too little time is left for
// a node to find out that it must refuse.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "client/operation.h"
#include "client/options.h"
#include "client/outcome_tracker.h"
#include "client/route.h"

namespace cairn::client {

class Exchange {
 public:
  /// `verb` names the operation in messages; only a write can end with an unknown outcome. What is
  /// pointed to is not owned.
  Exchange(std::string verb, bool write, Options options, const Environment* environment,
           Links* links, ClusterView* view);

  /// `body` makes the call anew for each transmission. To be called once.
  OperationResult Run(const std::function<api::CallBody()>& body);

 private:
  /// A transmission: node and call id.
  using Transmission = std::pair<NodeId, std::uint64_t>;

  void Try(Link& link, const std::function<api::CallBody()>& body);
  bool Ask(Link& link, const api::CallBody& body);
  void Listen(Link& link, Micros until);
  bool Take(Link& link, const api::ClientReply& reply);
  void TakeAnswer(NodeId node, const api::Answer& answer);
  [[nodiscard]] bool TooLateToSend() const;
  /// Null as long as some node may do it, or have done it.
  [[nodiscard]] const Status* Hopeless() const;
  [[nodiscard]] OperationResult GiveUp() const;
  [[nodiscard]] Micros Now() const { return environment_->now(); }

  std::string verb_;
  Options options_;
  const Environment* environment_;
  Links* links_;
  ClusterView* view_;

  Micros began_ = 0;
  Micros deadline_ = 0;
  OutcomeTracker tracker_;
  std::set<Transmission> open_;  // without an answer
  std::optional<OperationResult> settled_;
  Route route_;
  NodeId hint_ = 0;          // whom the last answer named as leader
  std::set<NodeId> silent_;  // those that did not answer when last asked
  std::string said_;         // the last reason that a node gave
};

}  // namespace cairn::client
