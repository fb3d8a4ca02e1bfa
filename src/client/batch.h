#pragma once
// Many operations of one session, in flight at once and answered in any order.
//
// All go to one node at a time, found as in route.h. What it refuses as surely not applied, and
// what is unanswered when it falls silent or refuses this client, goes to the next node under the
// same sequence, so that it is applied at most once (R10); answers of a node that was left are
// taken, but not waited for. What is known of a write when the time is over: outcome_tracker.h. A
// write that is in no doubt yet is not sent once more, nor for the first time, to nodes that refuse
// when too little time is left for them to find out that they must.
//
// There is no order among the operations of a batch: two puts of one key may be applied either way.
//
// At most kMaxOpenRequests sequences lie between the lowest open write and the highest (the
// session remembers so many outcomes), and what is in flight is bounded in number and in bytes, so
// that a node's queue has room for other clients.

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/operation.h"
#include "client/options.h"
#include "client/outcome_tracker.h"
#include "client/route.h"
#include "client/session.h"

namespace cairn::client {

class Batch {
 public:
  /// What is pointed to is not owned.
  Batch(Options options, const Environment* environment, Links* links, ClusterView* view,
        Session* session);

  /// The results, in the order of the operations. Ends early when nothing was settled for
  /// options.timeout. To be called once.
  std::vector<OperationResult> Run(const std::vector<Operation>& operations);

 private:
  /// An operation on its way.
  struct Item {
    const Operation* operation;
    OutcomeTracker tracker;
    Request request{};  // writes: bears client and sequence once it was sent
    bool settled = false;
    std::string said{};  // the last reason that a node gave
    OperationResult result{};
  };
  using Transmission = std::pair<NodeId, std::uint64_t>;

  void Ask(Link& link);
  bool Converse(Link& link);
  void Listen(Link& link, Micros until);
  bool Transmit(Link& link);
  [[nodiscard]] api::CallBody BodyOf(Item& item);
  [[nodiscard]] bool InWindow(const Item& item) const;
  bool Take(Link& link, const api::ClientReply& reply);
  void TakeAnswer(NodeId node, std::size_t index, const api::Answer& answer);
  void Settle(std::size_t index, const api::Answer& answer);
  void GiveUp();
  [[nodiscard]] bool TooLateToSend(const Item& item) const;
  [[nodiscard]] bool AnyToSend() const;
  /// All is settled.
  [[nodiscard]] bool Over() const { return waiting_.empty() && in_flight_.empty(); }
  /// No node will do what is left, and none has it.
  [[nodiscard]] bool Hopeless() const;
  [[nodiscard]] Micros Deadline() const { return progress_at_ + options_.timeout; }
  [[nodiscard]] Micros Now() const { return environment_->now(); }

  Options options_;
  const Environment* environment_;
  Links* links_;
  ClusterView* view_;
  Session* session_;
  Route route_;

  std::vector<Item> items_;
  std::set<std::size_t> waiting_;                      // to be sent, lowest first
  std::map<Transmission, std::size_t> transmissions_;  // to items, all without an answer
  std::set<std::size_t> in_flight_;                    // at the node that is asked now
  std::size_t bytes_in_flight_ = 0;
  std::set<Sequence> open_;  // of the present session
  Micros progress_at_ = 0;   // when something was settled last
  Micros pause_ = 0;         // the last one since then
  bool refused_ = false;     // something was, since then
  bool refuses_ = false;     // the node that is asked now can't do it
  NodeId hint_ = 0;          // whom it named as leader
};

}  // namespace cairn::client
