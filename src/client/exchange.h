#pragma once
// One request, from its first transmission until it is settled or its time is over.
//
// Nodes are asked one after the other (route.h). Each is greeted with a Hello before it is trusted
// with a request, so that a dead node never gets one, and left for the next when it gives no answer
// in time. What is sent again bears the same client and sequence, so that it is applied at most
// once (R10).
//
// What is known of a write when the time is over depends on its transmissions:
//   every one was answered with "unavailable", or none was sent     unavailable: surely not applied
//   one is unanswered, or its node lost track of it                 unknown outcome
//
// So that the first stays the first, a write that was always refused is not sent once more when
// too little time is left for a node to find out that it must refuse.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/operation.h"
#include "client/options.h"
#include "client/route.h"

namespace cairn::client {

class Exchange {
 public:
  /// `verb` names the operation in messages; only a write can end with an unknown outcome. What is
  /// pointed to is not owned.
  Exchange(std::string verb, bool write, Options options, const Environment* environment,
           Links* links, Knowledge* knowledge);

  /// `body` makes the call anew for each transmission.
  OperationResult Run(const std::function<net::CallBody()>& body);

 private:
  /// A transmission: node and call id.
  using Transmission = std::pair<NodeId, std::uint64_t>;

  std::optional<replica::Answer> Try(Link& link);
  std::optional<replica::Answer> Greet(Link& link, Micros until);
  std::optional<replica::Answer> Await(Link& link, std::uint64_t id, Micros until);
  std::optional<replica::Answer> Pause(Link& link, Micros until);
  std::optional<replica::Answer> Judge(Link& link, const net::ClientReply& reply);
  std::optional<replica::Answer> JudgeWelcome(Link& link, const net::Welcome& welcome);
  std::optional<replica::Answer> LateAnswer();
  [[nodiscard]] bool TooLateToSend() const;

  void NoAnswer(Link& link);
  OperationResult Settled(const replica::Answer& answer);
  OperationResult GiveUp() const;
  [[nodiscard]] Micros Now() const { return environment_->now(); }

  std::string verb_;
  bool write_;
  Options options_;
  const Environment* environment_;
  Links* links_;
  Knowledge* knowledge_;
  std::function<net::CallBody()> body_;

  Micros began_ = 0;
  Micros deadline_ = 0;
  bool sent_ = false;
  std::set<Transmission> open_;  // sent and not answered
  bool lost_ = false;            // a node said that it lost track of a transmission
  Route route_;
  NodeId hint_ = 0;  // whom the last answer named as leader
  std::set<NodeId> asked_;
  std::set<NodeId> silent_;  // those that did not answer when last asked
  std::string said_;         // the last reason that a node gave
};

}  // namespace cairn::client
