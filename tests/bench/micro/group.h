#pragma once
// A cluster of replicas on one thread, without disk and network: messages are handed over as
// values, a commit costs nothing. What is left is what thinking costs.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kv/table.h"
#include "replica/replica.h"

namespace cairn::bench {

class Group {
 public:
  /// `nodes` of them, which have formed a cluster and chosen a leader when this returns.
  explicit Group(NodeId nodes);

  /// Hands all requests to the leader at once, as one turn of its loop takes them, and runs the
  /// group until each is answered. Returns the number of answers.
  std::size_t Put(std::vector<Request> requests);
  /// The same with linearizable reads.
  std::size_t Get(const std::vector<std::string>& keys);

 private:
  struct Node {
    kv::MemoryTable table;
    std::unique_ptr<kv::StateMachine> machine;
    std::unique_ptr<replica::Replica> replica;
    std::vector<replica::Inbound> inbox;
  };

  void Tick();
  void Turn(NodeId id);
  /// Until nobody has anything to do. Returns the answers to the leader's clients.
  std::size_t Settle();
  void Deliver(NodeId from, std::vector<replica::Outbound>& messages);
  [[nodiscard]] replica::Replica& leader() { return *nodes_.at(leader_).replica; }

  std::map<NodeId, Node> nodes_;
  NodeId leader_ = 0;
  replica::Token token_ = 0;
  std::size_t answers_ = 0;
  Micros now_ = 1'000'000;
};

}  // namespace cairn::bench
