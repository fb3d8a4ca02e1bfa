#pragma once
// What is known of a ZeroMQ socket's messages without a look at it: a look takes a system call or
// two, and a loop over many sockets looks mostly in vain. The socket's descriptor (ZMQ_FD) becomes
// readable when something comes, but only since a look that found nothing, and only if no other
// call on the socket came after that look: each call may take in what the descriptor would have
// told.

#include <cstdint>

namespace cairn::net {

class SocketReadiness {
 public:
  /// After a look at the socket.
  void Looked(bool found) { state_ = found ? State::kUnknown : State::kTells; }
  /// After any other call on the socket.
  void Disturbed() { state_ = State::kUnknown; }
  /// Whether the descriptor tells of the next message. If not, only a look does.
  [[nodiscard]] bool tells() const { return state_ != State::kUnknown; }
  /// After a wait for the descriptor, which began when it told.
  void Waited(bool readable) { state_ = readable ? State::kUnknown : State::kSilent; }
  /// Whether the next look is in vain, since the wait for the descriptor has just said so; once.
  [[nodiscard]] bool TakeSilence() {
    const bool silent = state_ == State::kSilent;
    if (silent) {
      state_ = State::kTells;
    }
    return silent;
  }

 private:
  enum class State : std::uint8_t { kUnknown, kTells, kSilent };
  State state_ = State::kUnknown;
};

}  // namespace cairn::net
