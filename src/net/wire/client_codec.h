#pragma once
// Frames between clients and nodes: plain structs to Protobuf's bytes (proto/client.proto) and
// back. A frame has one header and many calls or replies. A node decodes in steps, so that a client
// whose call is refused is told why.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "api/call.h"
#include "common/status.h"
#include "net/wire/wire.h"

namespace cairn::net {

class Batch;

/// Calls that will be one frame of a client.
class CallBatch {
 public:
  explicit CallBatch(const ClientHeader& header);
  ~CallBatch();
  CallBatch(CallBatch&&) noexcept;
  CallBatch& operator=(CallBatch&&) noexcept;

  /// Whether the call belongs into this frame (kMaxBatch, kBatchBytes), or into the next. An empty
  /// one takes any.
  [[nodiscard]] bool Fits(const api::CallBody& body) const;
  /// Usage, and nothing is added, if the frame would be larger than kMaxCallFrameBytes.
  Status Add(std::uint64_t id, const api::CallBody& body);
  /// Writes the frame, and is empty then. Other, and nothing has changed, if there is no memory.
  Status Write(const Allocate& allocate);
  /// Calls of the frame.
  [[nodiscard]] std::size_t size() const;

 private:
  std::unique_ptr<Batch> batch_;
};

/// Replies that will be one frame of a node. As CallBatch, within kMaxReplyFrameBytes.
class ReplyBatch {
 public:
  explicit ReplyBatch(const ClientHeader& header);
  ~ReplyBatch();
  ReplyBatch(ReplyBatch&&) noexcept;
  ReplyBatch& operator=(ReplyBatch&&) noexcept;

  [[nodiscard]] bool Fits(const api::ReplyBody& body) const;
  Status Add(std::uint64_t id, const api::ReplyBody& body);
  Status Write(const Allocate& allocate);
  [[nodiscard]] std::size_t size() const;

 private:
  std::unique_ptr<Batch> batch_;
};

/// A call as it came: the id is that of the reply, even if the rest is refused.
struct ReceivedCall {
  std::uint64_t id = 0;
  Result<api::CallBody> body;  ///< Usage with what is wrong, if anything is.
};

/// Decodes one frame of calls after the other; keeps the memory that it parses into.
class CallDecoder {
 public:
  CallDecoder();
  ~CallDecoder();
  CallDecoder(const CallDecoder&) = delete;
  CallDecoder& operator=(const CallDecoder&) = delete;

  /// Parses a frame and reads its header; whether to believe that is the caller's business. Usage
  /// if the bytes are no frame of ours. An unknown version may fail or yield a header with it.
  Result<ClientHeader> Open(std::string_view frame);
  /// Calls of that frame that are still to be taken.
  [[nodiscard]] std::size_t left() const;
  /// The next of them, with every field checked. Requires: one is left.
  ReceivedCall Next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Decodes one frame of replies after the other; keeps the memory that it parses into.
class ReplyDecoder {
 public:
  ReplyDecoder();
  ~ReplyDecoder();
  ReplyDecoder(const ReplyDecoder&) = delete;
  ReplyDecoder& operator=(const ReplyDecoder&) = delete;

  /// Parses a frame. Usage, and nothing is left to be taken, if the bytes are none of ours or of
  /// another version.
  Status Open(std::string_view frame);
  /// Who speaks, and of which cluster, by the last frame that was one of ours.
  [[nodiscard]] const ClientHeader& header() const;
  /// Replies of that frame that are still to be taken.
  [[nodiscard]] std::size_t left() const;
  /// The next of them, with every field checked and every block verified. Usage with what is wrong
  /// otherwise: then it alone is lost. Requires: one is left.
  Result<api::ClientReply> Next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::net
