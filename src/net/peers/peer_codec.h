#pragma once
// Frames between nodes: plain structs to Protobuf's bytes (proto/peer.proto) and back. A frame has
// one header and many messages. Decoding goes in steps, so that a frame that SenderOf refuses costs
// no verification of its blocks, and that only one message at a time takes memory beside the frame.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "common/status.h"
#include "net/wire/wire.h"
#include "replica/peer_message.h"

namespace cairn::net {

/// The message that a cut link still carries: failLink and fixLink, told to the other end.
struct LinkFault {
  bool cut = false;
};

using PeerBody = std::variant<replica::Message, LinkFault>;

/// Writes one frame after the other; keeps the memory in which it puts them together.
class PeerEncoder {
 public:
  PeerEncoder();
  ~PeerEncoder();
  PeerEncoder(const PeerEncoder&) = delete;
  PeerEncoder& operator=(const PeerEncoder&) = delete;

  /// Writes a frame with the first of the messages: as many as belong into one (kMaxBatch,
  /// kBatchBytes), and at least one. How many these are. Usage if the first one is larger than
  /// kMaxPeerFrameBytes. Requires: there is one.
  Result<std::size_t> Encode(const PeerHeader& header,
                             std::span<const replica::Message* const> messages,
                             const Allocate& allocate);
  Status Encode(const PeerHeader& header, const LinkFault& fault, const Allocate& allocate);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Decodes one frame after the other; keeps the memory that it parses into.
class PeerDecoder {
 public:
  PeerDecoder();
  ~PeerDecoder();
  PeerDecoder(const PeerDecoder&) = delete;
  PeerDecoder& operator=(const PeerDecoder&) = delete;

  /// Parses a frame and reads its header; whether to believe that is the caller's business. Usage
  /// if the bytes are no frame of ours. An unknown version may fail or yield a header with it; then
  /// no message is left to be taken.
  Result<PeerHeader> Open(std::string_view frame);
  /// Messages of that frame that are still to be taken.
  [[nodiscard]] std::size_t left() const;
  /// The next of them, with every field checked and every block verified. Usage with what is wrong
  /// otherwise: then it alone is lost. Requires: one is left.
  Result<PeerBody> Next();
  /// The rest of the frame is not taken.
  void Skip();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::net
