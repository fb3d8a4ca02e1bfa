#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/wire/listener.h"

namespace cairn::net {
namespace {

using namespace std::chrono_literals;

// Bytes. What a Look sends of what waited: it copies them.
constexpr std::size_t kSendALook = std::size_t{4} << 20;
constexpr auto kPingEvery = 500ms;

}  // namespace

bool Listener::Send(Id to, ZmtpFrame frame, bool delimited) {
  const auto found = connections_.find(to);
  if (found == connections_.end() || found->second->doomed) {
    return false;
  }
  Connection& connection = *found->second;
  const std::string_view bytes = frame.Close(delimited);
  if (connection.out.empty()) {
    connection.going.Begin(clock_);
  }
  connection.out.push_back({std::move(frame), bytes});
  connection.unsent += bytes.size();
  unsent_ += bytes.size();
  if (connection.out.size() == 1) {
    SendSome(connection);
  }
  return true;
}

void Listener::SendSome(Connection& connection) {
  while (!connection.out.empty()) {
    Frame& next = connection.out.front();
    const ssize_t count =
        ::send(connection.fd, next.rest.data(), next.rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN) {
        connection.blocked = connection.late = true;
      } else if (errno != EINTR) {
        Doom(connection);
        return;
      } else {
        continue;
      }
      return;
    }
    const auto bytes = static_cast<std::size_t>(count);
    connection.going.Moved(bytes, clock_);
    next.rest.remove_prefix(bytes);
    connection.unsent -= bytes;
    unsent_ -= bytes;
    if (next.rest.empty()) {
      connection.out.pop_front();
    }
  }
  if (std::exchange(connection.late, false)) {
    news_.push_back(connection.id);
  }
}

void Listener::SendNow(Connection& connection, std::string_view bytes) {
  if (!connection.out.empty()) {
    return;  // a frame may be half sent, and says as much
  }
  const ssize_t count =
      ::send(connection.fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0 && static_cast<std::size_t>(count) != bytes.size()) {
    Doom(connection);  // so few bytes, and there is no room for them
  }
}

void Listener::StayAlive() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ping_ < kPingEvery) {
    return;
  }
  last_ping_ = now;
  const std::string ping = ZmtpPing();
  for (const auto& [id, connection] : connections_) {
    if (connection->in.open() && connection->out.empty() && !connection->doomed) {
      SendNow(*connection, ping);
    }
  }
}

std::size_t Listener::unsent(Id to) const {
  const auto found = connections_.find(to);
  return found == connections_.end() ? 0 : found->second->unsent;
}

void Listener::SendOn() {
  const std::size_t before = unsent_;
  while (!sending_.empty() && before - unsent_ < kSendALook) {
    const auto found = connections_.find(sending_.front());
    sending_.pop_front();
    if (found != connections_.end()) {
      SendSome(*found->second);
    }
  }
}

}  // namespace cairn::net
