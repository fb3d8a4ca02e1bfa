#pragma once
// Frames between nodes: plain structs to Protobuf's bytes (proto/peer.proto) and back. Decoding
// goes in two steps, so that a frame that SenderOf refuses costs no verification of its blocks.

#include <memory>
#include <string_view>
#include <variant>

#include "common/status.h"
#include "net/wire.h"
#include "replica/message.h"

namespace cairn::net {

/// The message that a cut link still carries: failLink and fixLink, told to the other end.
struct LinkFault {
  bool cut = false;
};

using PeerBody = std::variant<replica::Message, LinkFault>;

/// Writes a frame. Usage if it is larger than kMaxPeerFrameBytes.
Status EncodePeer(const PeerHeader& header, const replica::Message& message,
                  const Allocate& allocate);
Status EncodePeer(const PeerHeader& header, const LinkFault& fault, const Allocate& allocate);

/// Decodes one frame after the other; keeps the memory that it parses into.
class PeerDecoder {
 public:
  PeerDecoder();
  ~PeerDecoder();
  PeerDecoder(const PeerDecoder&) = delete;
  PeerDecoder& operator=(const PeerDecoder&) = delete;

  /// Parses a frame and reads its header; whether to believe that is the caller's business. Usage
  /// if the bytes are no frame of ours. An unknown version may fail or yield a header with it.
  Result<PeerHeader> Open(std::string_view frame);
  /// The body of the frame that was opened last, with every field checked and every block
  /// verified. Usage with what is wrong otherwise. Requires: Open succeeded.
  Result<PeerBody> Body() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::net
