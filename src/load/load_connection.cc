#include "load/load_connection.h"

#include <utility>

#include "client/outcome_tracker.h"

namespace cairn::load {
namespace {

constexpr Micros kHelloAgain = 500'000;

}  // namespace

LoadConnection::LoadConnection(config::NodeAddress address,
                               std::unique_ptr<client::Transport> transport)
    : address_(std::move(address)), transport_(std::move(transport)) {}

void LoadConnection::Tick(Micros now) {
  // One look is not enough: a connection whose queue is full looks as if it were gone.
  missed_ = transport_->Connected() ? 0 : missed_ + 1;
  if (!standing()) {
    trusted_ = false;
    next_hello_ = 0;
  } else if (missed_ == 0 && !trusted_ && now >= next_hello_ &&
             transport_->Send({kHelloId, api::Hello{}}).ok()) {
    next_hello_ = now + kHelloAgain;
  }
}

void LoadConnection::Greeted(const api::Welcome& welcome) {
  refusal_ = client::CheckWelcome(address_, welcome);
  trusted_ = refusal_.ok();
}

void LoadConnection::Refused(Status why) {
  refusal_ = std::move(why);
  trusted_ = false;
}

}  // namespace cairn::load
