#pragma once
// Many operations of one session, in flight at once and answered in any order.
//
// All go to one node at a time, found as in route.h. What it refuses as surely not applied, and
// what is unanswered when it falls silent, goes to the next node under the same sequence, so that
// it is applied at most once (R10); answers of a node that was left are not waited for. What is
// known of a write when the time is over is what exchange.h says.
//
// There is no order among the operations of a batch: two puts of one key may be applied either way.
//
// At most kMaxOpenRequests sequences lie between the lowest open write and the highest (the
// session remembers so many outcomes), and what is in flight is bounded in number and in bytes, so
// that a node's queue has room for other clients.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/operation.h"
#include "client/options.h"
#include "client/route.h"
#include "client/session.h"

namespace cairn::client {

class Batch {
 public:
  /// What is pointed to is not owned.
  Batch(Options options, const Environment* environment, Links* links, Knowledge* knowledge,
        Session* session);

  /// The results, in the order of the operations. Ends early when nothing was settled for
  /// options.timeout.
  std::vector<OperationResult> Run(const std::vector<Operation>& operations);

 private:
  /// An operation on its way.
  struct Item {
    const Operation* operation = nullptr;
    Request request{};     // writes: bears client and sequence once it was sent
    std::size_t open = 0;  // transmissions without an answer
    bool lost = false;     // a node lost track of a transmission
    bool settled = false;
    std::string said;  // the last reason that a node gave
    OperationResult result;
  };
  using Transmission = std::pair<NodeId, std::uint64_t>;

  void Ask(Link& link);
  bool Greet(Link& link);
  bool Transmit(Link& link);
  [[nodiscard]] net::CallBody BodyOf(Item& item);
  [[nodiscard]] bool InWindow(const Item& item) const;
  void Take(Link& link, const net::ClientReply& reply);
  void TakeWelcome(Link& link, const net::Welcome& welcome);
  void TakeAnswer(std::size_t index, const replica::Answer& answer);
  void Settle(std::size_t index, OperationResult result);
  void Leave(Link& link, bool silent);
  void GiveUp();
  [[nodiscard]] bool Over() const { return waiting_.empty() && in_flight_.empty(); }
  [[nodiscard]] bool TimeIsOver() const { return Now() - progress_at_ >= options_.timeout; }
  [[nodiscard]] Micros Now() const { return environment_->now(); }

  Options options_;
  const Environment* environment_;
  Links* links_;
  Knowledge* knowledge_;
  Session* session_;
  Route route_;

  std::vector<Item> items_;
  std::set<std::size_t> waiting_;                      // to be sent, lowest first
  std::map<Transmission, std::size_t> transmissions_;  // to items, all without an answer
  std::set<std::size_t> in_flight_;                    // at the node that is asked now
  std::size_t bytes_in_flight_ = 0;
  std::set<Sequence> open_;  // of the present session
  Micros progress_at_ = 0;
  bool refused_ = false;                  // the node can't do it now
  NodeId hint_ = 0;                       // whom it named as leader
  std::optional<OperationResult> wrong_;  // no node can do it
};

}  // namespace cairn::client
