// The load's transmissions: over which connection an operation goes, when it goes again, and what
// waits for a place.

#include <algorithm>

#include "client/wait_times.h"
#include "load/load.h"

namespace cairn::load {
namespace {

/// Operations under way on one connection. More would only wait at the node, where they may still
/// be applied when their time is over.
constexpr std::size_t kMostOpen = 512;

}  // namespace

void Load::Transmit(LoadClient& client, Micros now) {
  const std::optional<std::size_t> usable = TrustedFrom(client.connection);
  if (!usable) {
    for (const config::NodeAddress& node : cluster_.nodes) {
      (void)ConnectionTo(node.id);  // to be trusted when it has answered
    }
    Pause(client, now);
    return;
  }
  if (client.connection != *usable) {
    Leave(client);
    client.connection = *usable;
  }
  LoadConnection& connection = connections_[*usable];
  client.pausing = false;
  if (!client.placed && connection.open >= kMostOpen) {
    client.queued = true;
    connection.waiting.push_back(client.index());
    return;
  }
  if (!client.placed) {
    client.placed = true;
    ++connection.open;
  }
  if (client.transmitted()) {
    recorder_->Retried(now);
  }
  if (connection.transport()->Send(client.Transmit(view_.decided)).ok()) {
    client.Sent();
    client.sent_at = now;
  } else {
    Pause(client, now);
  }
}

void Load::Leave(LoadClient& client) {
  connections_[client.connection].open -= client.placed ? 1 : 0;
  client.placed = false;
  client.queued = false;
}

void Load::LetIn(std::size_t at, Micros now) {
  while (connections_[at].open < kMostOpen && !connections_[at].waiting.empty()) {
    LoadClient& client = clients_[connections_[at].waiting.front()];
    connections_[at].waiting.pop_front();
    if (!client.queued || client.connection != at) {
      continue;
    }
    client.queued = false;
    if (TooLate(client, now)) {
      Finish(client, client.GiveUp(), now);
    } else {
      Transmit(client, now);
    }
  }
}

void Load::LetAllIn(Micros now) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    LetIn(i, now);
  }
}

bool Load::TooLate(const LoadClient& client, Micros now) const {
  const Micros left = options_.timeout - std::min(options_.timeout, now - client.began());
  return !client.transmitted() && left < std::min(2 * slow_, options_.timeout / 2);
}

/// A node that answers others is not silent: it is busy, and what is sent once more makes it worse.
bool Load::Silent(const LoadClient& client, Micros now) const {
  const LoadConnection& connection = connections_[client.connection];
  const bool answers = now - connection.heard_at() < options_.try_timeout;
  const Micros most = 2 * std::max(slow_, options_.try_timeout);
  return !connection.standing() || now - client.sent_at >= (answers ? most : options_.try_timeout);
}

void Load::NoteAnswer(const LoadClient& client, Micros now) {
  slow_ = std::max(slow_, now - std::min(now, client.sent_at));
}

void Load::Pause(LoadClient& client, Micros now) {
  Leave(client);
  client.pause = client::NextPause(client.pause);
  client.pausing = true;
  client.wait_until = now + client.pause;
}

void Load::TryAgain(LoadClient& client, Micros now) {
  const NodeId asked = connections_[client.connection].node();
  if (client.hint() != 0 && client.hint() != asked && !client.followed) {
    if (const std::optional<std::size_t> leader = ConnectionTo(client.hint())) {
      Leave(client);
      client.connection = *leader;
      client.followed = true;
      Transmit(client, now);
      return;
    }
  }
  client.followed = false;
  Leave(client);
  client.connection = (client.connection + 1) % connections_.size();
  Pause(client, now);
}

}  // namespace cairn::load
