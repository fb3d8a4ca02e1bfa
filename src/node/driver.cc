#include "node/driver.h"

#include "common/fatal.h"
#include "common/limits.h"

namespace cairn::node {

void Driver::Turn() {
  replica::Effects effects = replica_->Think();
  Send(effects.early);
  if (effects.write.needed) {
    ledger_->Commit(effects.write);
  }
  replica_->Remembered(&effects);
  Send(effects.late);
  for (const replica::LocalAnswer& answer : effects.answers) {
    on_answer_(answer);
  }
  for (const replica::ServeBlocks& serve : effects.serve) {
    Serve(serve);
  }
}

void Driver::Send(const std::vector<replica::Outbound>& messages) {
  for (const replica::Outbound& message : messages) {
    sockets_->SendToPeer(message, {replica_->life(), ledger_->commits()}, replica_->SeenOf(message.to));
  }
}

void Driver::Serve(const replica::ServeBlocks& serve) {
  auto blocks = ledger_->ReadRange(serve.from, serve.last, kMaxCatchUpBlocks, kMaxCatchUpBytes);
  if (!blocks.ok()) {
    // Neither "have" nor "none": a node that can't read its chain must not go on serving it.
    StopNow(blocks.status());
  }
  paxos::Blocks message{std::move(blocks).value(), serve.decided};
  Send({{serve.to, std::move(message)}});
}

}  // namespace cairn::node
