#include "net/inbox.h"

#include "net/zmq_io.h"

namespace cairn::net {
namespace {

constexpr int kFramesAtOnce = 64;

}  // namespace

Inbox::Next Inbox::Receive() {
  if (discarding_) {
    return Discard();
  }
  if (bell_.TakeSilence()) {
    return Next::kNone;
  }
  const bool found = TryReceive(*router_, routing_id_);
  bell_.Looked(found);
  if (!found) {
    return Next::kNone;
  }
  // All frames of a message arrive together, so that none of these can be missing; if one is, the
  // message is refused.
  if (!routing_id_.more() || !TryReceive(*router_, body_)) {
    return Next::kRefused;
  }
  delimited_ = body_.size() == 0 && body_.more();
  if (delimited_ && !TryReceive(*router_, body_)) {
    return Next::kRefused;
  }
  if (body_.more()) {
    discarding_ = true;
    return Discard();
  }
  return Next::kMessage;
}

bool Inbox::MayReceive() {
  if (!bell_.tells()) {
    bell_.Looked(EventsOf(*router_).can_receive);
  }
  return !bell_.tells();
}

Inbox::Next Inbox::Discard() {
  for (int i = 0; i < kFramesAtOnce; ++i) {
    if (!TryReceive(*router_, body_)) {
      return Next::kNone;
    }
    if (!body_.more()) {
      discarding_ = false;
      return Next::kRefused;
    }
  }
  return Next::kMore;
}

}  // namespace cairn::net
