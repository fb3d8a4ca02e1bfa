#pragma once
// One of the connections that a load's clients share. It says Hello until its node has answered,
// and again when the node was silent or the connection broke: only then is it trusted.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "client/transport.h"

namespace cairn::load {

class LoadConnection {
 public:
  LoadConnection(config::NodeAddress address, std::unique_ptr<client::Transport> transport);

  /// Looks how the connection is, and says Hello if need be.
  void Tick(Micros now);
  /// The node has answered the Hello; it is trusted if it is the one that it should be.
  void Greeted(const api::Welcome& welcome);
  /// It does not take this client, or is somebody else.
  void Refused(Status why);
  /// Why, when it did so last; ok if it did not.
  [[nodiscard]] const Status& refusal() const { return refusal_; }
  /// The node did not answer in time.
  void Silent() { trusted_ = false; }
  /// It answered something.
  void Heard(Micros now) { heard_at_ = now; }
  [[nodiscard]] Micros heard_at() const { return heard_at_; }

  // The load's notes.
  std::size_t open = 0;               ///< Clients that wait for an answer over it.
  std::deque<std::uint32_t> waiting;  ///< Clients that wait for a place, and some that do no more.

  /// What is sent now will probably be answered.
  [[nodiscard]] bool trusted() const { return trusted_; }
  /// False once it is sure that what was sent will not be answered.
  [[nodiscard]] bool standing() const { return missed_ < 2; }
  [[nodiscard]] NodeId node() const { return address_.id; }
  [[nodiscard]] const config::NodeAddress& address() const { return address_; }
  [[nodiscard]] client::Transport* transport() const { return transport_.get(); }

 private:
  config::NodeAddress address_;
  std::unique_ptr<client::Transport> transport_;
  bool trusted_ = false;
  Status refusal_;
  Micros next_hello_ = 0;
  int missed_ = 0;  // ticks without a connection
  Micros heard_at_ = 0;
};

/// The id of every Hello; those of a load's clients begin above it.
inline constexpr std::uint64_t kHelloId = 0;

}  // namespace cairn::load
