#pragma once
// TakeEffects, remember, speak: the one place that keeps the order of R6. Whatever a replica says
// leaves this node after what it rests on is on the disk, because Turn is written so, and not
// because every handler takes care.

#include <deque>
#include <functional>
#include <map>

#include "door/door.h"
#include "net/peers/peer_network.h"
#include "node/heartbeat_during_sync.h"
#include "replica/replica.h"
#include "storage/ledger/ledger.h"

namespace cairn::node {

class Driver {
 public:
  struct Hooks {
    /// Passes an answer on to the client that waits for it.
    std::function<void(const replica::LocalAnswer&)> on_answer;
    /// A commit took so long.
    std::function<void(Micros)> on_commit = [](Micros) {};
    /// A block on the disk can't be read or does not verify.
    std::function<void(const Status&)> on_damage = [](const Status&) {};
  };
  /// Nothing is owned; everything must outlive the driver.
  Driver(replica::Replica* replica, storage::Ledger* ledger, net::PeerNetwork* peers,
         door::Door* door, Hooks hooks);

  /// Does what the replica wants done after it was told what happened.
  void Turn();
  /// There is something to do that needs no further event: who runs the turns must not sleep.
  [[nodiscard]] bool HasWork() const { return replica_->HasWork() || !serves_.empty(); }

 private:
  /// The last that was said to a node of how this one is.
  struct Beat {
    replica::Message message;
    replica::Stamp stamp;
    replica::Seen seen;
  };
  void Commit(const replica::LedgerWrite& write);
  void Serve(const std::vector<replica::ServeBlocks>& wanted);
  void ServeOne(const replica::ServeBlocks& serve);
  /// All messages of one call bear the same stamp, and those to one node go out together.
  void Send(const std::vector<replica::Outbound>& messages);
  void RepeatBeats();

  replica::Replica* replica_;
  storage::Ledger* ledger_;
  net::PeerNetwork* peers_;
  door::Door* door_;
  Hooks hooks_;
  std::deque<replica::ServeBlocks> serves_;  // to be read from the disk
  std::map<NodeId, Beat> beats_;
  HeartbeatDuringSync heartbeat_during_sync_;  // Last: its thread ends first.
};

}  // namespace cairn::node
