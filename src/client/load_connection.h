#pragma once
// One of the connections that a load's clients share. It says Hello until its node has answered,
// and again when the node was silent or the connection broke: only then is it trusted.

#include <memory>
#include <optional>
#include <string>

#include "client/transport.h"

namespace cairn::client {

class LoadConnection {
 public:
  LoadConnection(config::NodeAddress address, std::unique_ptr<Transport> transport);

  /// Looks how the connection is, and says Hello if need be.
  void Tick(Micros now);
  /// Usage if the node is not the one that it should be.
  [[nodiscard]] Status Greeted(const net::Welcome& welcome);
  /// The node did not answer in time.
  void Silent() { trusted_ = false; }

  /// What is sent now will probably be answered.
  [[nodiscard]] bool trusted() const { return trusted_; }
  /// False once it is sure that what was sent will not be answered.
  [[nodiscard]] bool standing() const { return missed_ < 2; }
  [[nodiscard]] NodeId node() const { return address_.id; }
  [[nodiscard]] Transport* transport() const { return transport_.get(); }

 private:
  config::NodeAddress address_;
  std::unique_ptr<Transport> transport_;
  bool trusted_ = false;
  Micros next_hello_ = 0;
  int missed_ = 0;  // ticks without a connection
};

/// The id of every Hello; those of a load's clients begin above it.
inline constexpr std::uint64_t kHelloId = 0;

}  // namespace cairn::client
