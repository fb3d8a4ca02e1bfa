#include "net/wire/listener.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/wire/tcp.h"

namespace cairn::net {
namespace {

using namespace std::chrono_literals;

constexpr int kAcceptsALook = 64;
constexpr int kEventsALook = 256;
// One Receive must not be kept busy by those who say nothing.
constexpr int kLooksAReceive = 256;
// Bytes that one connection can have in memory without asking whether there is any.
constexpr std::size_t kFree = std::size_t{32} * 1024;
constexpr auto kHandshake = 5s;
// For so many bytes. Somebody far away is slow; somebody who stands in the way of others is too
// slow.
constexpr std::size_t kStride = std::size_t{64} * 1024;
constexpr auto kPatience = 30s;
constexpr auto kShortPatience = 1s;
constexpr auto kTendEvery = 100ms;

bool Watch(int epoll, int fd, std::uint32_t events, std::uint64_t id) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

void Listener::Progress::Moved(std::size_t count, Time now) {
  bytes += count;
  if (bytes >= kStride) {
    Begin(now);
  }
}

Result<std::unique_ptr<Listener>> Listener::Open(const Bounds& bounds, const std::string& host,
                                                 std::uint16_t port, const std::string& setting) {
  const Result<int> listening = ListenAt(host, port, setting);
  if (!listening.ok()) {
    return listening.status();
  }
  const int socket = listening.value();
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0 || !Watch(epoll, socket, EPOLLIN, 0)) {
    const int error = errno;
    ::close(socket);
    if (epoll >= 0) {
      ::close(epoll);
    }
    return Status::Other("can't watch " + setting + " " + std::to_string(port) + ": " +
                         std::strerror(error) + "; too many files may be open");
  }
  return std::unique_ptr<Listener>(new Listener(bounds, socket, epoll));
}

Listener::Listener(const Bounds& bounds, int socket, int epoll)
    : bounds_(bounds),
      socket_(socket),
      epoll_(epoll),
      last_look_(std::chrono::steady_clock::now()) {}

Listener::~Listener() {
  for (const auto& [id, connection] : connections_) {
    ::close(connection->fd);
  }
  ::close(epoll_);
  ::close(socket_);
}

// --- connections come and go

void Listener::Accept() {
  for (int i = 0; i < kAcceptsALook; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = ::accept4(socket_, reinterpret_cast<sockaddr*>(&address), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      Admit(fd, AddressText(address, size));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      SetAccepting(false);  // the descriptor would tell of it for ever
      return;
    } else if (errno == EAGAIN) {
      return;
    }
  }
}

void Listener::Admit(int fd, std::string remote) {
  if (connections_.size() >= bounds_.most_connections) {
    const auto idlest = std::ranges::min_element(
        connections_, {}, [](const auto& entry) { return entry.second->heard; });
    if (idlest != connections_.end()) {
      Close(idlest->first);
    }
  }
  TuneConnection(fd);
  const Id id = ++last_id_;
  if (!Watch(epoll_, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, id)) {
    ::close(fd);
    return;
  }
  auto connection =
      std::make_unique<Connection>(id, fd, std::move(remote), bounds_.max_frame_bytes, clock_);
  Connection& added = *connections_.emplace(id, std::move(connection)).first->second;
  SendNow(added, ZmtpGreeting());
}

void Listener::SetAccepting(bool accepting) {
  accepting_ = accepting;
  epoll_event event{};
  event.events = accepting ? std::uint32_t{EPOLLIN} : 0;
  (void)::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket_, &event);
}

void Listener::Doom(Connection& connection) {
  if (!connection.doomed) {
    connection.doomed = true;
    doomed_.push_back(connection.id);
  }
}

void Listener::Bury() {
  for (const Id id : std::exchange(doomed_, {})) {
    Close(id);
  }
}

void Listener::Close(Id id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) {
    return;
  }
  Connection& connection = *found->second;
  ::close(connection.fd);
  held_ -= connection.in.capacity();
  unsent_ -= connection.unsent;
  news_.push_back(id);
  if (current_ == &connection) {
    current_ = nullptr;
  }
  connections_.erase(found);
  FeedStarved();
}

// --- what comes in

void Listener::Look() {
  Bury();
  std::array<epoll_event, kEventsALook> events;
  const int count = ::epoll_wait(epoll_, events.data(), kEventsALook, 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == 0) {
      Accept();
      continue;
    }
    const auto found = connections_.find(event.data.u64);
    if (found == connections_.end()) {
      continue;
    }
    Connection& connection = *found->second;
    if ((event.events & EPOLLERR) != 0) {
      Close(connection.id);
      continue;
    }
    if ((event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) {
      connection.readable = true;
      connection.ends = connection.ends || (event.events & (EPOLLRDHUP | EPOLLHUP)) != 0;
      Enqueue(connection);
    }
    if ((event.events & EPOLLOUT) != 0 && connection.blocked) {
      connection.blocked = false;
      sending_.push_back(connection.id);
    }
  }
  SendOn();
}

void Listener::Enqueue(Connection& connection) {
  if (!connection.queued && !connection.paused && !connection.starved) {
    connection.queued = true;
    ready_.push_back(connection.id);
  }
}

void Listener::EnqueueIfMore(Connection& connection) {
  if (connection.readable || connection.in.held() > 0) {
    Enqueue(connection);
  }
}

void Listener::Release(Connection& connection) {
  const std::size_t before = connection.in.capacity();
  connection.in.Release();
  held_ -= before - connection.in.capacity();
  if (before > kFree) {
    FeedStarved();
  }
}

void Listener::FeedStarved() {
  for (const Id id : std::exchange(starved_, {})) {
    if (const auto found = connections_.find(id); found != connections_.end()) {
      found->second->starved = false;
      found->second->coming.Begin(clock_);
      Enqueue(*found->second);
    }
  }
}

void Listener::Pause(Id id, bool paused) {
  const auto found = connections_.find(id);
  if (found != connections_.end() && found->second->paused != paused) {
    found->second->paused = paused;
    if (!paused) {
      found->second->coming.Begin(clock_);
      Enqueue(*found->second);
    }
  }
}

Listener::Next Listener::Receive() {
  if (Connection* last = std::exchange(current_, nullptr);
      last != nullptr && last->in.held() == 0) {
    Release(*last);
  }
  for (int looks = 0; looks < kLooksAReceive && !ready_.empty(); ++looks) {
    const auto found = connections_.find(ready_.front());
    ready_.pop_front();
    if (found == connections_.end()) {
      continue;
    }
    Connection& connection = *found->second;
    connection.queued = false;
    if (connection.paused || connection.doomed) {
      continue;
    }
    switch (connection.in.Take()) {
      case ZmtpReader::Next::kNothing:
        if (connection.readable && Read(connection)) {
          connection.queued = true;
          ready_.push_front(connection.id);
        } else if (!connection.starved) {
          Release(connection);
        }
        break;
      case ZmtpReader::Next::kMessage:
        connection.heard = clock_;
        current_ = &connection;
        EnqueueIfMore(connection);
        return Next::kMessage;
      case ZmtpReader::Next::kRefused:
        current_ = &connection;
        EnqueueIfMore(connection);
        return Next::kRefused;
      case ZmtpReader::Next::kPing:
        SendNow(connection, ZmtpPong(connection.in.body()));
        EnqueueIfMore(connection);
        break;
      case ZmtpReader::Next::kBroken:
        Close(connection.id);
        break;
    }
  }
  return Next::kNone;
}

// True if something came.
bool Listener::Read(Connection& connection) {
  const std::size_t has = connection.in.capacity();
  const std::size_t wants = connection.in.wanted();
  if (wants > kFree && wants > has && held_ > 0 && held_ + wants - has > bounds_.most_held) {
    connection.starved = true;
    starved_.push_back(connection.id);
    return false;
  }
  const std::span<char> room = connection.in.Room();
  held_ += connection.in.capacity() - has;
  const ssize_t count = ::recv(connection.fd, room.data(), room.size(), MSG_DONTWAIT);
  if (count > 0) {
    const auto bytes = static_cast<std::size_t>(count);
    if (connection.in.held() == 0) {
      connection.coming.Begin(clock_);
    }
    connection.in.Received(bytes);
    connection.coming.Moved(bytes, clock_);
    connection.readable = bytes == room.size() || connection.ends;
    return true;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    connection.readable = errno == EINTR;
  } else {
    Doom(connection);
  }
  return false;
}

std::string Listener::source() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(current_->fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return current_->remote;  // the connection is gone
  }
  return EndpointText(address, size);
}

// --- time

void Listener::Tend() {
  const auto now = std::chrono::steady_clock::now();
  clock_ += std::min<Time>(now - last_look_, kTendEvery);
  last_look_ = now;
  if (clock_ - last_tend_ < kTendEvery) {
    return;
  }
  last_tend_ = clock_;
  Bury();
  if (!accepting_) {
    SetAccepting(true);
  }
  CloseStalled();
}

void Listener::CloseStalled() {
  const bool short_of_in = held_ > bounds_.most_held / 2;
  const bool short_of_out = unsent_ > bounds_.most_unsent / 2;
  for (const auto& [id, connection] : connections_) {
    const bool comes = connection->in.held() > 0 && !connection->queued && !connection->paused &&
                       !connection->starved;
    const bool holds_much = connection->in.capacity() > kFree;
    const Time coming = clock_ - connection->coming.since;
    const Time going = clock_ - connection->going.since;
    if ((!connection->in.open() && clock_ - connection->heard > kHandshake) ||
        (comes && coming > (short_of_in && holds_much ? Time(kShortPatience) : Time(kPatience))) ||
        (connection->unsent > 0 &&
         going > (short_of_out ? Time(kShortPatience) : Time(kPatience)))) {
      Doom(*connection);
    }
  }
  Bury();
}

}  // namespace cairn::net
