#pragma once
// The client's side of the wire: one ZeroMQ DEALER socket to one node's client port.
// One thread owns it. Every send is lossy: the caller has timeouts and retries.

#include <memory>
#include <optional>
#include <string>

#include "common/status.h"
#include "common/types.h"
#include "net/client_message.h"

namespace cairn::net {

class ClientLink {
 public:
  /// Begins to connect (in the background, again and again) to tcp://host:port. `cluster` is
  /// the hash of the genesis block; a node of another cluster answers with an Answer that says so
  /// by name.
  static Result<std::unique_ptr<ClientLink>> Open(const std::string& host, std::uint16_t port,
                                                  const Hash& cluster,
                                                  const std::string& cluster_name);
  ~ClientLink();
  ClientLink(const ClientLink&) = delete;
  ClientLink& operator=(const ClientLink&) = delete;

  /// Queues the call. Unavailable if the queue is full: surely not sent.
  Status Send(const ClientCall& call);
  /// The next reply, waiting at most `timeout_ms` for it; nothing if none came. Bytes that are no
  /// reply are dropped.
  std::optional<ClientReply> Receive(int timeout_ms);
  /// True once the TCP connection stands (asks the socket's monitor or an equivalent; no waiting).
  [[nodiscard]] bool Connected();

 private:
  struct Impl;
  explicit ClientLink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::net
