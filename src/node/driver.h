#pragma once
// Think, remember, speak: the one place that keeps the order of R6. Whatever a replica says
// leaves this node after what it rests on is on the disk, because Turn is written so, and not
// because every handler takes care.

#include <functional>

#include "net/server_sockets.h"
#include "replica/replica.h"
#include "storage/ledger.h"

namespace cairn::node {

class Driver {
 public:
  using OnAnswer = std::function<void(const replica::LocalAnswer&)>;
  /// Nothing is owned; everything must outlive the driver. `on_answer` passes an answer on to the
  /// client that waits for it.
  Driver(replica::Replica* replica, storage::Ledger* ledger, net::ServerSockets* sockets,
         OnAnswer on_answer)
      : replica_(replica), ledger_(ledger), sockets_(sockets), on_answer_(std::move(on_answer)) {}

  /// Does what the replica wants done after it was told what happened.
  void Turn();

 private:
  void Serve(const replica::ServeBlocks& serve);
  void Send(const std::vector<replica::Outbound>& messages);

  replica::Replica* replica_;
  storage::Ledger* ledger_;
  net::ServerSockets* sockets_;
  OnAnswer on_answer_;
};

}  // namespace cairn::node
