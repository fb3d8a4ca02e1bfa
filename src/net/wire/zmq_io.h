#pragma once
// ZeroMQ without exceptions and without waiting: cppzmq's types, made with the options that every
// socket of cairn has, and sends and receives that say by a bool whether they did it.

#include <cstdint>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "common/status.h"
#include "net/wire/wire.h"

namespace cairn::net {

/// What bounds the memory behind one socket.
struct SocketBounds {
  int send_queue = 0;               ///< Messages for each connection.
  std::size_t max_frame_bytes = 0;  ///< A connection that sends a larger frame is closed.
};

/// How a lost connection is tried again.
enum class Redial : std::uint8_t {
  kSteady,   ///< Always as soon: for nodes, since one that starts again waits to be found.
  kBackOff,  ///< Ever more rarely: for clients, of which a thousand may miss the same node.
};
/// A DEALER that connects to `host`:`port` in the background, again and again, and takes messages
/// only while the connection stands.
[[nodiscard]] Result<zmq::socket_t> MakeDealer(zmq::context_t& context, const SocketBounds& bounds,
                                               Redial redial, const std::string& host,
                                               std::uint16_t port);

/// False if the frame can't be taken right now: the connection is down or its queue full.
[[nodiscard]] bool TrySend(zmq::socket_t& socket, zmq::message_t& frame, bool more = false);
/// False if no frame waits.
[[nodiscard]] bool TryReceive(zmq::socket_t& socket, zmq::message_t& frame);
struct SocketEvents {
  bool can_send = false;     ///< A connection stands and its queue has room.
  bool can_receive = false;  ///< A frame waits.
};
/// As they are now, both at the same instant.
[[nodiscard]] SocketEvents EventsOf(zmq::socket_t& socket);

/// What becomes readable when something happens to the socket; then it must be asked. Constant.
/// What it keeps to itself: readiness.h.
[[nodiscard]] int DescriptorOf(zmq::socket_t& socket);

[[nodiscard]] std::string_view View(const zmq::message_t& frame);
/// Memory in `frame`, which must outlive the function.
[[nodiscard]] Allocate InFrame(zmq::message_t& frame);

}  // namespace cairn::net
