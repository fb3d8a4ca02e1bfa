#pragma once
// Frames between clients and nodes: plain structs to Protobuf's bytes (proto/client.proto) and
// back. A node decodes in two steps, so that a client whose call is refused is told why.

#include <memory>
#include <string_view>

#include "common/status.h"
#include "net/client_message.h"
#include "net/wire.h"

namespace cairn::net {

/// Writes a client's frame. Usage if it is larger than kMaxCallFrameBytes.
Status EncodeCall(const ClientHeader& header, const CallBody& body, const Allocate& allocate);
/// Writes a node's frame. Usage if it is larger than kMaxReplyFrameBytes.
Status EncodeReply(const ClientHeader& header, const ReplyBody& body, const Allocate& allocate);

/// Decodes one call after the other; keeps the memory that it parses into.
class CallDecoder {
 public:
  CallDecoder();
  ~CallDecoder();
  CallDecoder(const CallDecoder&) = delete;
  CallDecoder& operator=(const CallDecoder&) = delete;

  /// Parses a frame and reads its header; whether to believe that is the caller's business. Usage
  /// if the bytes are no frame of ours. An unknown version may fail or yield a header with it.
  Result<ClientHeader> Open(std::string_view frame);
  /// The body of the frame that was opened last, with every field checked. Usage with what is wrong
  /// otherwise. Requires: Open succeeded.
  Result<CallBody> Body() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Decodes one reply after the other; keeps the memory that it parses into.
class ReplyDecoder {
 public:
  ReplyDecoder();
  ~ReplyDecoder();
  ReplyDecoder(const ReplyDecoder&) = delete;
  ReplyDecoder& operator=(const ReplyDecoder&) = delete;

  /// A reply with every field checked and every block verified. Usage if the bytes are none.
  Result<ClientReply> Decode(std::string_view frame);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::net
