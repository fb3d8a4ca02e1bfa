#pragma once
// How many bytes wait in a connection's queue. ZeroMQ bounds its queues in frames, and a frame may
// have a hundred bytes or some megabytes. So the memory of a frame counts itself: from when it is
// put together until ZeroMQ, which has given it to the kernel, releases it.

#include <atomic>
#include <cstddef>
#include <memory>
#include <zmq.hpp>

#include "net/wire/wire.h"

namespace cairn::net {

class QueuedBytes {
 public:
  /// Memory in `frame`, which must outlive the function. It counts as long as anybody has it, also
  /// when this object is no more.
  [[nodiscard]] Allocate InFrame(zmq::message_t& frame);
  /// Right now; the sockets' thread lowers it meanwhile.
  [[nodiscard]] std::size_t count() const { return *count_; }

 private:
  using Count = std::shared_ptr<std::atomic<std::size_t>>;
  struct Piece;
  static void Release(void* data, void* piece);

  Count count_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace cairn::net
