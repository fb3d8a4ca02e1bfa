#pragma once
// What a node's loop waits for: a port that receives, whatever is spoken there.

#include <span>
#include <vector>

namespace cairn::net {

class Port {
 public:
  virtual ~Port() = default;

  /// Readable when Look has something to do.
  [[nodiscard]] virtual int descriptor() const = 0;
  /// Whether a message may wait that has been read already.
  [[nodiscard]] virtual bool MayReceive() = 0;
  /// Takes in what the system has for this port.
  virtual void Look() = 0;
  /// To be called now and then: ends connections that are silent for too long, and the like.
  virtual void Tend() = 0;
  /// Keeps the connections from being taken for dead while the loop is held up: another thread may
  /// call it while the loop calls nothing.
  virtual void StayAlive() = 0;
  /// Sends what was kept to be sent together.
  virtual void Flush() {}
};

/// Flushes all ports; then waits until one of them has a message, or a byte can be read on one of
/// `fds`, or for `timeout_ms` (-1: for ever). It may end early.
void WaitFor(std::span<Port* const> ports, int timeout_ms, const std::vector<int>& fds);

}  // namespace cairn::net
