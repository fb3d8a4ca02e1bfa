#pragma once
// A running node: the event loop that brings messages, time and commands to the replica and has
// the driver do what the replica wants. One thread; nothing here decides anything about
// agreement.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/cluster.h"
#include "door/zmq/client_door.h"
#include "net/peers/peer_network.h"
#include "node/clock_watch.h"
#include "node/disk_watch.h"
#include "node/driver.h"
#include "node/durable_state.h"
#include "node/peer_watch.h"
#include "node/scrub.h"
#include "node/service.h"
#include "replica/replica.h"

namespace cairn::node {

/// Addresses and identity of a node, for its ports.
[[nodiscard]] net::PeerNetworkOptions PeerOptions(const config::Cluster& cluster,
                                                  const storage::Identity& identity);
[[nodiscard]] door::ClientDoorOptions DoorOptions(const config::Cluster& cluster,
                                                  const storage::Identity& identity);

class Node {
 public:
  /// Binds the ports. Errors: those of PeerNetwork::Open and ClientDoor::Open. `memory` must
  /// outlive the node.
  static Result<std::unique_ptr<Node>> Open(const config::Cluster& cluster, NodeId self,
                                            DurableState* memory);

  /// One turn of the loop: waits (at most ten milliseconds or so) for messages or for a byte on one
  /// of `fds`, takes all that waits, and commits once.
  void RunOnce(const std::vector<int>& fds);
  /// A sentence, once the node can't go on as it is and has left word for its next start, which
  /// knows what to do (restart.h). RunOnce does nothing more.
  [[nodiscard]] const std::optional<std::string>& must_restart() const { return must_restart_; }

  // For the console and for client calls.
  [[nodiscard]] api::StatusReport Report() const;
  [[nodiscard]] std::vector<api::QueueEntry> Queue() const { return replica_.Queue(); }
  [[nodiscard]] const kv::StateMachine& machine() const { return *memory_->machine; }
  [[nodiscard]] const storage::Ledger& ledger() const { return *memory_->ledger; }
  [[nodiscard]] const config::Cluster& cluster() const { return cluster_; }
  [[nodiscard]] NodeId self() const { return self_; }
  /// Cuts or mends the link between nodes a and b; this node must be one of them. What was done, as
  /// a sentence. Denied if the cluster file does not allow faults.
  Result<std::string> ChangeLink(bool cut, NodeId a, NodeId b);
  /// The process is gone when this returns, unless faults are denied.
  Status FailProcess();
  /// Opens the connections to all nodes anew, but for those named, to which nothing is sent and
  /// from which nothing is taken until the next Reconnect. What was done, as a sentence.
  std::string Reconnect(const std::vector<NodeId>& leave_out);

 private:
  Node(const config::Cluster& cluster, NodeId self, DurableState* memory,
       std::unique_ptr<net::PeerNetwork> peers, std::unique_ptr<door::Door> door);

  void TakeMessages();
  void SayWhatChanged();
  /// As soon as block 1 is known as decided, durably, its hash is this cluster's identity: on the
  /// wire, and in the directory, which was a member's from then on.
  void LearnIdentity();
  /// Once a tick: the disk, the scrub, and what the replica has learned of its own memory.
  void LookAfterMemory();
  /// A block or a file of the state could not be used: damage is salvaged by the next start, and
  /// a read that failed for another reason is said, and tried again by the next pass of the scrub.
  void OnBadRead(const Status& problem);
  void Salvage(const Status& damage);
  void SayWhoIsSilent();
  void TellOfStrangers();
  [[nodiscard]] std::vector<std::string> Notes() const;
  [[nodiscard]] Status FaultsAllowed() const;
  Result<std::string> DoFault(const api::FaultCall& call);

  config::Cluster cluster_;
  NodeId self_;
  DurableState* memory_;
  std::unique_ptr<net::PeerNetwork> peers_;
  std::unique_ptr<door::Door> door_;
  Micros last_turn_;      // by the machine's clock
  Micros replica_now_;    // by the replica's, which skips the time that this process was held up
  Micros last_tick_ = 0;  // by the replica's
  replica::Replica replica_;
  DiskWatch disk_;
  std::optional<Hash> formed_;             // the hash of block 1, once it is decided
  std::optional<std::string> slow_disk_;   // the last complaint
  std::optional<std::string> unreadable_;  // the last read that failed without being damage
  Micros unreadable_at_ = 0;
  ClockWatch clock_;
  PeerWatch watch_;
  std::vector<NodeId> left_out_;  // by the last Reconnect
  std::optional<std::string> must_restart_;
  Scrub scrub_;
  Service service_;
  Driver driver_;
  Micros longest_turn_ = 0;  // of a processor's time
  std::string last_words_;
};

}  // namespace cairn::node
