#pragma once
// What arrives at a ROUTER: one message after the other, of which a stranger may have made
// millions of frames. At most the frames that a message can have are kept, and at most a bounded
// number of others is thrown away at a time.
//
//   routing id | body              from a DEALER
//   routing id | empty | body      from a REQ: the reply needs the empty frame too

#include <string>
#include <zmq.hpp>

#include "net/doorbell.h"

namespace cairn::net {

class Inbox {
 public:
  enum class Next {
    kNone,     ///< No message waits.
    kMessage,  ///< routing_id(), body() and delimited() hold it until the next call.
    kRefused,  ///< A message had the wrong number of frames, and is gone.
    kMore,     ///< Such a message is not yet gone: call again, now or later.
  };

  /// `router` is not owned and must outlive this object.
  explicit Inbox(zmq::socket_t* router) : router_(router) {}

  /// Never waits.
  [[nodiscard]] Next Receive();
  /// Whether Receive may find something; if not, the socket's descriptor will tell.
  [[nodiscard]] bool MayReceive();
  /// After a wait for the descriptor, which began when MayReceive was false.
  void Waited(bool readable) { bell_.Waited(readable); }
  /// After something else was done with the socket.
  void Disturbed() { bell_.Disturbed(); }

  [[nodiscard]] const zmq::message_t& routing_id() const { return routing_id_; }
  [[nodiscard]] const zmq::message_t& body() const { return body_; }
  [[nodiscard]] bool delimited() const { return delimited_; }

 private:
  Next Discard();

  zmq::socket_t* router_;
  Doorbell bell_;
  zmq::message_t routing_id_;
  zmq::message_t body_;
  bool delimited_ = false;
  bool discarding_ = false;
};

}  // namespace cairn::net
