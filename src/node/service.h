#pragma once
// What a node does for its clients: takes calls at the door, hands writes and linearizable reads to
// the replica, answers the other calls from what is durable, and brings answers back to who asked.

#include <functional>
#include <string>
#include <unordered_map>

#include "api/call.h"
#include "config/cluster.h"
#include "door/door.h"
#include "node/durable_state.h"
#include "replica/replica.h"

namespace cairn::node {

class Service {
 public:
  /// What only the node as a whole can do.
  struct Hooks {
    std::function<api::StatusReport()> report;
    /// What was done, as a sentence.
    std::function<Result<std::string>(const api::FaultCall&)> fault;
  };
  /// What is pointed to is not owned and must outlive this object.
  Service(door::Door* door, replica::Replica* replica, const DurableState* durable,
          std::string cluster_name, Hooks hooks);

  /// Takes calls that wait, at most so many, until the time is up.
  void TakeCalls(int most, const std::function<bool()>& time_is_up);
  /// When the turn is over: answers from what is durable, as far as time and room for replies last,
  /// and sends all replies.
  void AnswerQuestions();
  /// An answer of the replica.
  void Answer(const replica::LocalAnswer& answer);

 private:
  void Handle(door::InboundCall&& call);
  /// Keeps room for the answer.
  void BeginRead(door::ReturnAddress from, api::Read&& read);
  std::size_t ServeOwed(door::InboundCall& call);
  [[nodiscard]] api::ReplyBody Serve(const api::Hello& call) const;
  [[nodiscard]] api::ReplyBody Serve(const api::StaleRead& call) const;
  [[nodiscard]] api::ReplyBody Serve(const api::StatusCall& call) const;
  [[nodiscard]] api::ReplyBody Serve(const api::ChainCall& call) const;
  [[nodiscard]] api::ReplyBody Serve(const api::FaultCall& call) const;
  [[nodiscard]] const storage::Identity& identity() const { return durable_->directory.identity(); }
  [[nodiscard]] const kv::StateMachine& machine() const { return *durable_->machine; }
  [[nodiscard]] const storage::Ledger& ledger() const { return *durable_->ledger; }

  door::Door* door_;
  replica::Replica* replica_;
  const DurableState* durable_;
  std::string cluster_name_;
  Hooks hooks_;
  std::unordered_map<replica::Token, door::ReturnAddress> calls_;
  replica::Token next_token_;
};

}  // namespace cairn::node
