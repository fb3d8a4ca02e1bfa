#pragma once
// Think, remember, speak: the one place that keeps the order of R6. Whatever a replica says
// leaves this node after what it rests on is on the disk, because Turn is written so, and not
// because every handler takes care.

#include <deque>
#include <functional>
#include <map>

#include "net/server_sockets.h"
#include "node/pulse.h"
#include "replica/replica.h"
#include "storage/ledger.h"

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
  Driver(replica::Replica* replica, storage::Ledger* ledger, net::ServerSockets* sockets,
         Hooks hooks);

  /// Does what the replica wants done after it was told what happened.
  void Turn();
  /// There is something to do that needs no further event: who runs the turns must not sleep.
  [[nodiscard]] bool Restless() const { return replica_->Restless() || !serves_.empty(); }

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
  net::ServerSockets* sockets_;
  Hooks hooks_;
  std::deque<replica::ServeBlocks> serves_;  // to be read from the disk
  std::map<NodeId, Beat> beats_;
  Pulse pulse_;  // Last: its thread ends first.
};

}  // namespace cairn::node
