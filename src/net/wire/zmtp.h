#pragma once
// ZMTP 3 (rfc.zeromq.org/spec/23 and 37) as far as a node needs it that is bound and that DEALERs
// and REQs connect to, without a socket: bytes in, messages out. ZeroMQ's own side of this can be
// brought to an assertion by a stranger (a full receive queue, two connections of one name), and
// does not say how many bytes wait for whom; so it is used where this node connects, and not where
// anybody may connect to it.
//
//   body                from a DEALER
//   empty | body        from a REQ: the reply needs the empty frame too
//
// Of a message with other frames nothing is kept, however many they are.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cairn::net {

/// What the side that was connected to says at once: greeting (mechanism NULL) and READY.
[[nodiscard]] std::string ZmtpGreeting();
/// "Are you there?"; the other side answers, and takes it for a sign of life.
[[nodiscard]] std::string ZmtpPing();
/// The answer to one with this context.
[[nodiscard]] std::string ZmtpPong(std::string_view context);

/// A message on its way to somebody: one piece of memory that is written once.
class ZmtpFrame {
 public:
  /// Memory for the body, as much as an Allocate (wire.h) wants.
  std::uint8_t* Allocate(std::size_t bytes);
  /// The frame as it goes to the wire, with the empty one before it if the other side wants that.
  /// Requires: Allocate was called.
  [[nodiscard]] std::string_view Close(bool delimited);

 private:
  std::unique_ptr<std::uint8_t[]> memory_;
  std::size_t bytes_ = 0;
};

/// The bytes of one connection, from its first one on.
class ZmtpReader {
 public:
  /// `max_frame_bytes`: of a body; one who sends more is not understood.
  explicit ZmtpReader(std::size_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}

  enum class Next : std::uint8_t {
    kNothing,  ///< More bytes are needed.
    kMessage,  ///< body() and delimited() hold it until the next call of any function.
    kRefused,  ///< A message had the wrong frames, and is gone.
    kPing,     ///< To be answered with ZmtpPong(body()).
    kBroken,   ///< This is no ZMTP, or a frame is too large: for ever.
  };
  Next Take();

  /// Where the next bytes go: never empty. How many came is to be told at once.
  std::span<char> Room();
  void Received(std::size_t bytes) { end_ += bytes; }
  /// Bytes of memory that it would hold once Room was called.
  [[nodiscard]] std::size_t wanted() const { return wanted(capacity_); }
  /// Bytes that came and are not yet taken.
  [[nodiscard]] std::size_t held() const { return end_ - begin_; }
  /// Bytes of memory.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  /// Gives back the memory that nothing is in.
  void Release();
  /// Greeting and READY have come.
  [[nodiscard]] bool open() const { return state_ == State::kOpen; }

  [[nodiscard]] std::string_view body() const { return body_; }
  [[nodiscard]] bool delimited() const { return delimited_; }

 private:
  enum class State : std::uint8_t { kGreeting, kReady, kOpen, kBroken };
  struct Head {
    std::size_t size = 0;  // 0: it is not all there.
    std::uint8_t flags = 0;
    std::uint64_t body = 0;
  };
  [[nodiscard]] std::string_view bytes() const { return {memory_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] Head HeadOf() const;
  [[nodiscard]] std::size_t wanted(std::size_t at_least) const;
  void Move(std::size_t capacity);
  Next Break();
  Next TakeGreeting();
  Next TakeCommand();
  Next TakePart(bool more);

  std::size_t max_frame_bytes_;
  State state_ = State::kGreeting;
  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t parts_ = 0;  // Of the message that is under way.
  bool first_empty_ = false;
  bool discards_ = false;
  std::string_view body_;
  bool delimited_ = false;
};

}  // namespace cairn::net
