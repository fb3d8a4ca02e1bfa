#pragma once
// The connection to one node, opened when it is first needed, with what is known of the node's
// health: whether it has answered a Hello on this connection, and whether it was silent lately. A
// node is greeted with a Hello before it is trusted with a request, so that a dead one never gets
// one. A node that refuses the Hello, and somebody else who answers in its place, are of no more
// use than a silent one; what they say is kept, for whoever must say in the end why nobody
// answered.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/cluster_view.h"
#include "client/options.h"
#include "client/transport.h"

namespace cairn::client {

class Link {
 public:
  /// Takes a reply, and says whether that is enough.
  using Take = std::function<bool(const api::ClientReply& reply)>;

  /// What is pointed to is not owned.
  Link(config::NodeAddress address, const Environment* environment, ClusterView* view);

  [[nodiscard]] NodeId node() const { return address_.id; }
  [[nodiscard]] const config::NodeAddress& address() const { return address_; }

  /// The id of the call. Not ok: surely not sent.
  Result<std::uint64_t> Send(const api::CallBody& body);
  /// The next reply; waits for it until the time `until`. Those to a Hello have done their work
  /// then.
  std::optional<api::ClientReply> Receive(Micros until);
  /// Whether the reply is one of the node that was asked (outcome_tracker.h).
  [[nodiscard]] Status CheckSender(const api::ClientReply& reply) const;
  /// Hands on the replies that come until then, or until it is enough; also when there is no time
  /// left those that have come already.
  void Listen(Micros until, const Take& take);
  [[nodiscard]] bool Connected();
  /// The next Send opens a new connection; replies to earlier calls will not come.
  void Close();

  /// Whether the node has answered a Hello and has not been silent since.
  [[nodiscard]] bool greeted() const { return greeted_; }
  /// Says Hello until the node is greeted or has refused, it is enough, the connection does not
  /// come to stand, or time is over. `take` gets the replies.
  void Greet(const Options& options, Micros until, const Take& take);
  /// Why no request of this client belongs there, as the node said it last; ok if it did not.
  [[nodiscard]] const Status& refusal() const { return refusal_; }
  /// The node did not answer: it is greeted again before it is trusted with a request, and
  /// other nodes are preferred for a while.
  void Silent();
  [[nodiscard]] bool IsQuiet() const;
  /// The next request begins with a Hello.
  void GreetAgain() { greeted_ = false; }

 private:
  void Note(const api::ClientReply& reply);

  config::NodeAddress address_;
  const Environment* environment_;
  ClusterView* view_;
  std::unique_ptr<Transport> transport_;
  bool told_ = false;  // which cluster is meant
  std::uint64_t last_id_ = 0;
  std::optional<std::uint64_t> hello_;  // the last one
  bool greeted_ = false;
  Status refusal_;
  Micros quiet_until_ = 0;
};

}  // namespace cairn::client
