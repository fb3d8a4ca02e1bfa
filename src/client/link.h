#pragma once
// The connection to one node, opened when it is first needed, with what is known of the node's
// health: whether it has answered a Hello on this connection, and whether it was silent lately.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/transport.h"

namespace cairn::client {

class Link {
 public:
  /// `environment` is not owned.
  Link(config::NodeAddress address, const Environment* environment);

  [[nodiscard]] NodeId node() const { return address_.id; }
  /// "node 2 (127.0.0.1:5002)".
  [[nodiscard]] std::string Name() const;

  /// The id of the call. Not ok: surely not sent.
  Result<std::uint64_t> Send(const net::CallBody& body);
  /// The next reply; waits for it until the time `until`.
  std::optional<net::ClientReply> Receive(Micros until);
  [[nodiscard]] bool Connected();
  /// The next Send opens a new connection; replies to earlier calls will not come.
  void Close();

  /// Whether the node has answered a Hello and has not been silent since.
  [[nodiscard]] bool greeted() const { return greeted_; }
  void Greeted();
  /// The node did not answer: it is greeted again before it is trusted with a request, and
  /// other nodes are preferred for a while.
  void Silent();
  [[nodiscard]] bool IsQuiet() const;
  /// The next request begins with a Hello.
  void GreetAgain() { greeted_ = false; }

 private:
  config::NodeAddress address_;
  const Environment* environment_;
  std::unique_ptr<Transport> transport_;
  std::uint64_t last_id_ = 0;
  bool greeted_ = false;
  Micros quiet_until_ = 0;
};

}  // namespace cairn::client
