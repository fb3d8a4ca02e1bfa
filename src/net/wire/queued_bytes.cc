#include "net/wire/queued_bytes.h"

#include <cstdint>
#include <new>

namespace cairn::net {

/// Before the bytes of a frame.
struct QueuedBytes::Piece {
  Count count;
  std::size_t bytes;
};

void QueuedBytes::Release(void* /*data*/, void* piece) {
  auto* const released = static_cast<Piece*>(piece);
  *released->count -= released->bytes;
  released->~Piece();
  ::operator delete(released);
}

Allocate QueuedBytes::InFrame(zmq::message_t& frame) {
  return [this, &frame](std::size_t bytes) -> std::uint8_t* {
    void* const memory = ::operator new(sizeof(Piece) + bytes, std::nothrow);
    if (memory == nullptr) {
      return nullptr;
    }
    auto* const piece = new (memory) Piece{count_, bytes};
    auto* const data = reinterpret_cast<std::uint8_t*>(piece + 1);
    *count_ += bytes;
    try {
      frame.rebuild(data, bytes, &Release, piece);
    } catch (const zmq::error_t&) {
      Release(data, piece);
      return nullptr;
    }
    return data;
  };
}

}  // namespace cairn::net
