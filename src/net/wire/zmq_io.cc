#include "net/wire/zmq_io.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "common/check.h"
#include "net/wire/endpoint.h"

namespace cairn::net {
namespace {

// Milliseconds; each time somewhat more, by chance.
constexpr int kReconnect = 50;
constexpr int kReconnectMax = 500;
constexpr int kConnectTimeout = 2000;
// Milliseconds. A half-open connection holds a file until then.
constexpr int kHandshake = 5000;
// Milliseconds. TCP alone takes minutes to notice a cut cable.
constexpr int kHeartbeat = 1000;
constexpr int kHeartbeatTimeout = 3000;

void SetCommon(zmq::socket_t& socket, const SocketBounds& bounds, const std::string& host) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, bounds.send_queue);
  // A queue that is full stops a connection's input, and libzmq 4.3.4 meets an assertion of its own
  // where one ends that is stopped. So none is ever full: who owns the socket takes what comes.
  socket.set(zmq::sockopt::rcvhwm, 0);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(bounds.max_frame_bytes));
  socket.set(zmq::sockopt::handshake_ivl, kHandshake);
  socket.set(zmq::sockopt::heartbeat_ivl, kHeartbeat);
  socket.set(zmq::sockopt::heartbeat_timeout, kHeartbeatTimeout);
  socket.set(zmq::sockopt::heartbeat_ttl, kHeartbeatTimeout);
  if (host.find(':') != std::string::npos) {
    socket.set(zmq::sockopt::ipv6, true);
  }
}

}  // namespace

Result<zmq::socket_t> MakeDealer(zmq::context_t& context, const SocketBounds& bounds, Redial redial,
                                 const std::string& host, std::uint16_t port) {
  const std::string endpoint = Endpoint(host, port);
  try {
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    SetCommon(socket, bounds, host);
    // Without it messages are kept for a peer that is down, for as long as it is.
    socket.set(zmq::sockopt::immediate, true);
    socket.set(zmq::sockopt::reconnect_ivl, kReconnect);
    if (redial == Redial::kBackOff) {
      socket.set(zmq::sockopt::reconnect_ivl_max, kReconnectMax);
    }
    socket.set(zmq::sockopt::connect_timeout, kConnectTimeout);
    socket.connect(endpoint);
    return socket;
  } catch (const zmq::error_t& error) {
    return Status::Other("can't connect to " + endpoint + ": " + error.what() +
                         "; compare the address in the cluster file");
  }
}

bool TrySend(zmq::socket_t& socket, zmq::message_t& frame, bool more) {
  const int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
  return zmq_msg_send(frame.handle(), socket.handle(), flags) >= 0;
}

bool TryReceive(zmq::socket_t& socket, zmq::message_t& frame) {
  while (zmq_msg_recv(frame.handle(), socket.handle(), ZMQ_DONTWAIT) < 0) {
    if (errno == EAGAIN) {
      return false;
    }
    CAIRN_CHECK(errno == EINTR, "a socket is received from while it is open");
  }
  return true;
}

SocketEvents EventsOf(zmq::socket_t& socket) {
  int events = 0;
  std::size_t size = sizeof events;
  while (zmq_getsockopt(socket.handle(), ZMQ_EVENTS, &events, &size) != 0) {
    CAIRN_CHECK(errno == EINTR, "a socket is asked while it is open");
  }
  return {.can_send = (events & ZMQ_POLLOUT) != 0, .can_receive = (events & ZMQ_POLLIN) != 0};
}

int DescriptorOf(zmq::socket_t& socket) {
  int descriptor = -1;
  std::size_t size = sizeof descriptor;
  const int got = zmq_getsockopt(socket.handle(), ZMQ_FD, &descriptor, &size);
  CAIRN_CHECK(got == 0, "an open socket has a descriptor");
  return descriptor;
}

std::string_view View(const zmq::message_t& frame) {
  return {static_cast<const char*>(frame.data()), frame.size()};
}

Allocate InFrame(zmq::message_t& frame) {
  return [&frame](std::size_t bytes) -> std::uint8_t* {
    try {
      frame.rebuild(bytes);
    } catch (const zmq::error_t&) {
      return nullptr;
    }
    return static_cast<std::uint8_t*>(frame.data());
  };
}

}  // namespace cairn::net
