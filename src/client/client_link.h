#pragma once
// The client's side of the wire: one ZeroMQ DEALER socket to one node's client port.
// One thread owns it. Every send is lossy: the caller has timeouts and retries.
//
// Calls leave together, one frame for all that were made since the last one, for it is the frame
// that costs. They leave when the caller looks for replies and there are none to be read, so that a
// lone call leaves as soon as its reply is waited for, and those that many replies give rise to go
// as one frame.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/call.h"
#include "common/status.h"
#include "common/types.h"

namespace cairn::client {

/// ZeroMQ's threads in the background, which many links can share.
class ClientContext {
 public:
  static Result<std::shared_ptr<ClientContext>> Open();
  ~ClientContext();
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;

 private:
  friend class ClientLink;
  struct Impl;
  explicit ClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class ClientLink {
 public:
  /// Begins to connect (in the background, again and again) to tcp://host:port. `cluster` is
  /// the hash of the genesis block; a node of another cluster answers with an Answer that says so
  /// by name. Without a context the link has one of its own.
  static Result<std::unique_ptr<ClientLink>> Open(const std::string& host, std::uint16_t port,
                                                  const Hash& cluster,
                                                  const std::string& cluster_name,
                                                  std::shared_ptr<ClientContext> context = nullptr);
  ~ClientLink();
  ClientLink(const ClientLink&) = delete;
  ClientLink& operator=(const ClientLink&) = delete;

  /// The call waits here until the next Flush. Unavailable if too many wait: surely not sent. Usage
  /// if it is larger than a message may be.
  Status Send(const api::ClientCall& call);
  /// Calls from now on say that they are meant for the cluster with this block 1.
  void MeantFor(const Hash& formed);
  /// Sends the calls that wait here, if the connection stands. Receive (once there is nothing to be
  /// read), WaitForAny and Connected do the same.
  void Flush();
  /// Calls that wait here: surely not sent, if the link is closed now.
  [[nodiscard]] std::size_t unsent() const;
  /// The next reply, waiting at most `timeout_ms` for it; nothing if none came. For a frame that
  /// can't be taken, such as one of another version, an Answer with the id 0 that says so.
  std::optional<api::ClientReply> Receive(int timeout_ms);
  /// True while a connection to something that speaks ZeroMQ's protocol stands and takes calls. No
  /// waiting.
  [[nodiscard]] bool Connected();

  /// Waits until a reply may have come on one of the links, at most so long; it may end early.
  /// Where it saw nothing come, the next Receive(0) takes its word for that.
  static void WaitForAny(const std::vector<ClientLink*>& links, std::chrono::microseconds longest);

 private:
  struct Impl;
  explicit ClientLink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::client
