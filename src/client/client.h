#pragma once
// A client of a cluster: puts, deletes and reads that survive the loss of nodes, and questions to
// single nodes.
//
// A client is a session: a random 64-bit id and sequences from 1. Every request names as
// session_base a decided slot that the client had heard of before its first one, and as first_open
// the lowest sequence that is open: its own, or in a batch perhaps an earlier one. One that was
// given up is never asked for again, so that it can't be applied any more once a later one has
// been. A session that was idle for long is replaced by a new one, before the cluster evicts it.
//
// Everything is synchronous and belongs to one thread. How nodes are tried: exchange.h, batch.h.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/batch.h"
#include "client/exchange.h"
#include "client/session.h"

namespace cairn::client {

/// What a node said of itself, or why there is nothing.
struct NodeReport {
  NodeId node = 0;
  std::optional<api::StatusReport> report;
  std::string reason;  ///< Why there is no report.
  /// Not kOk: who answers there is not the node that was meant, or does not take this client.
  Code refused = Code::kOk;
};

class Client {
 public:
  /// Requires: a cluster of at least one node; options.preferred one of them, or 0.
  Client(config::Cluster cluster, Options options, Environment environment);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Usage if the key is empty or something is over its limit (common/limits.h).
  OperationResult Put(const std::string& key, const std::string& value);
  /// NotFound if there was no such key.
  OperationResult Del(const std::string& key);
  /// Linearizable.
  OperationResult Get(const std::string& key);
  /// Many of these at once, in any order, each exactly once; the results are in the order of the
  /// operations. The time-out is for progress: it is over when none of them was settled for so
  /// long.
  std::vector<OperationResult> Run(const std::vector<Operation>& operations);
  /// What this node has, possibly old.
  OperationResult GetStale(NodeId node, const std::string& key);

  /// What every node says of itself, ascending by id; all are asked at once. It takes no longer
  /// than a second, however long the time-out is.
  std::vector<NodeReport> StatusOfAll();

  /// Visits the blocks from..to of one node (0: of the first that answers), in order; without `to`
  /// up to the node's tip. `decided` is what that node knows as decided. Each part must come within
  /// the time-out. Integrity if what the node sends is no chain.
  Status Chain(NodeId node, Slot from, std::optional<Slot> to,
               const std::function<void(const Block& block, Slot decided)>& visit);

  /// failLink or fixLink, told to either end of it.
  Result<std::string> FaultLink(api::FaultCall::Kind kind, NodeId a, NodeId b);
  /// The process ends at once, so that no answer is one too.
  Result<std::string> FailProcess(NodeId node);

  /// Asks `node` first from now on. Requires: CheckNode(node).ok().
  void Prefer(NodeId node) { options_.preferred = node; }
  /// Asks that node and no other one from now on. Requires: CheckNode(node).ok().
  void UseOnly(NodeId node) {
    options_.preferred = node;
    options_.only_preferred = true;
  }
  /// Asks `node` first from now on, by a new connection. Unavailable if it does not answer.
  Status Reconnect(NodeId node);

  /// Usage, naming the nodes that there are, if there is no such one.
  [[nodiscard]] Status CheckNode(NodeId node) const;
  [[nodiscard]] const config::Cluster& cluster() const { return cluster_; }

 private:
  OperationResult Write(Operation::Kind kind, const std::string& key, const std::string& value);
  void RenewSession();
  /// A new session if this one was idle for too long.
  void FreshenSession();
  /// Asks one node, and nobody else, until the time-out is over. Not `repeat`: sent once at most.
  Result<api::ReplyBody> Ask(NodeId node, const api::CallBody& body, bool repeat);
  /// Usage if it is another node that answers.
  Status Hello(NodeId node);
  Result<std::string> Fault(NodeId node, const api::FaultCall& call);
  void CollectStatus(std::vector<NodeReport>* reports, Micros until);
  Result<NodeId> FirstThatAnswers();

  config::Cluster cluster_;
  Options options_;
  Environment environment_;
  Links links_;
  ClusterView view_;
  Session session_;
};

}  // namespace cairn::client
