#pragma once
// What the codecs of both wires share: bounded parsing, the check of every field, and the
// messages of proto/shared.proto. Only codec files include this header, for it knows Protobuf.
//
// Parsing trusts nothing: a frame's size is bounded by the socket, nesting by a recursion limit,
// the number of messages and of what is in them by PlausibleShape before a single one is allocated,
// and every field is checked afterwards, because a missing one reads as zero and an enum may hold
// any number.

#include <google/protobuf/arena.h>
#include <google/protobuf/message_lite.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/ballot.h"
#include "common/block.h"
#include "common/status.h"
#include "net/wire/wire.h"
#include "proto/shared.pb.h"
#include "replica/peer_message.h"

namespace cairn::net {

/// Remembers the first thing that is wrong with a message.
class FieldCheck {
 public:
  /// `wrong` says what is wrong with "it", the message.
  void Require(bool condition, const char* wrong) {
    if (!condition && wrong_.empty()) {
      wrong_ = wrong;
    }
  }
  void Fail(std::string wrong) {
    if (wrong_.empty()) {
      wrong_ = std::move(wrong);
    }
  }
  [[nodiscard]] bool ok() const { return wrong_.empty(); }
  /// Usage with what is wrong, or Ok.
  [[nodiscard]] Status status() const { return ok() ? Status::Ok() : Status::Usage(wrong_); }

 private:
  std::string wrong_;
};

/// False if the frame (in it, fields from number 16 on are messages, and in these bodies, as in all
/// envelopes) holds more messages than kMaxBatch, or one of them more elements than its size can
/// honestly need: two bytes on the wire become forty in memory.
[[nodiscard]] bool PlausibleShape(std::string_view bytes);
/// Parses into an empty message. False if the bytes are no such message, or nested too deeply.
[[nodiscard]] bool ParseBounded(std::string_view bytes, google::protobuf::MessageLite& message);
/// Writes the message into the memory that `allocate` returns. Usage if it is larger than `limit`.
Status WriteTo(const google::protobuf::MessageLite& message, std::size_t limit,
               const Allocate& allocate);

/// Where the messages of one frame live until the next one: few allocations for what fits into its
/// first block.
class FrameArena {
 public:
  FrameArena();
  /// Forgets the last frame; an empty envelope for the next.
  template <typename Envelope>
  Envelope* New() {
    arena_.Reset();
    return google::protobuf::Arena::CreateMessage<Envelope>(&arena_);
  }
  /// Forgets the last frame and parses the next; null if the bytes are none.
  template <typename Envelope>
  Envelope* Parse(std::string_view bytes) {
    auto* envelope = New<Envelope>();
    return PlausibleShape(bytes) && ParseBounded(bytes, *envelope) ? envelope : nullptr;
  }

 private:
  std::unique_ptr<char[]> first_block_;
  google::protobuf::Arena arena_;
};

/// Puts blocks into messages without copying them, and takes them out again when it ends; so it
/// must end before the messages do. The blocks are only read, though Protobuf wants them mutable.
class BlockLoan {
 public:
  using Field = google::protobuf::RepeatedPtrField<std::string>;

  BlockLoan() = default;
  ~BlockLoan();
  BlockLoan(const BlockLoan&) = delete;
  BlockLoan& operator=(const BlockLoan&) = delete;

  /// Requires: `field` is empty.
  void Lend(std::span<const BlockPtr> blocks, Field* field);

 private:
  std::vector<Field*> fields_;
};

/// A frame in the making, as bytes: its header, and messages that come one by one. Keeps its memory
/// from frame to frame, unless it is much.
class Batch {
 public:
  /// Of frames that begin with `header`, an envelope without messages, and have at most `limit`
  /// bytes.
  Batch(const google::protobuf::MessageLite& header, std::size_t limit);

  /// Whether a message of about so many bytes belongs into this frame, or into the next. An empty
  /// one takes any.
  [[nodiscard]] bool Fits(std::size_t bytes) const;
  /// Usage, and nothing is added, if the frame would be larger than the limit.
  Status Add(const google::protobuf::MessageLite& message);
  /// Writes the frame into the memory that `allocate` returns, and is empty then. Other, and
  /// nothing has changed, if there is no memory.
  Status Write(const Allocate& allocate);
  /// Messages of the frame.
  [[nodiscard]] std::size_t size() const { return messages_; }

 private:
  void Reset();

  std::string header_;
  std::size_t limit_;
  std::string bytes_;
  std::size_t messages_ = 0;
};

/// About how many bytes a message takes: what grows, and some for the rest. Requires: if it is one
/// of a single block, it has that.
template <typename Verb>
[[nodiscard]] std::size_t LoadOf(const Verb& verb) {
  constexpr std::size_t kSmall = 64;
  constexpr std::size_t kReport = 4096;
  if constexpr (requires { verb.blocks; }) {
    std::size_t bytes = kSmall;
    for (const BlockPtr& block : verb.blocks) {
      bytes += block->encoded.size();
    }
    return bytes;
  } else if constexpr (requires { verb.block; }) {
    return kSmall + verb.block->encoded.size();
  } else if constexpr (requires { verb.request; }) {
    return kSmall + verb.request.key.size() + verb.request.value.size();
  } else if constexpr (requires { verb.answer; }) {
    return LoadOf(verb.answer);
  } else if constexpr (requires { verb.key; }) {
    return kSmall + verb.key.size();
  } else if constexpr (requires { verb.value; }) {
    return kSmall + verb.message.size() + verb.value.size();
  } else if constexpr (requires { verb.notes; }) {
    return kReport;
  } else {
    return kSmall;
  }
}

void Fill(const Ballot& from, wire::Ballot* to);
void Fill(const Request& from, wire::Request* to);
void Fill(const api::Answer& from, wire::Answer* to);
[[nodiscard]] std::string ToBytes(const Hash& hash);

[[nodiscard]] Slot CheckedSlot(std::uint64_t slot, FieldCheck& check);
/// 0 .. kMaxNodes.
[[nodiscard]] NodeId CheckedNode(std::uint32_t node, FieldCheck& check);
/// 1 .. kMaxNodes.
[[nodiscard]] NodeId CheckedNodeNotNone(std::uint32_t node, FieldCheck& check);
[[nodiscard]] Hash CheckedHash(const std::string& bytes, FieldCheck& check);
/// Nothing if there are no bytes.
[[nodiscard]] std::optional<Hash> CheckedHashOrNone(const std::string& bytes, FieldCheck& check);
/// Takes the bytes out of the message, if they are short enough.
[[nodiscard]] std::string CheckedKey(std::string* key, FieldCheck& check);
[[nodiscard]] std::string CheckedText(std::string* text, FieldCheck& check);
[[nodiscard]] Ballot CheckedBallot(const wire::Ballot& from, FieldCheck& check);
/// As CheckedBallot, but "none" is refused.
[[nodiscard]] Ballot CheckedBallotNotNone(const wire::Ballot& from, FieldCheck& check);
/// A put or delete of a client: anything else never travels alone. Key and value are taken out.
[[nodiscard]] Request CheckedRequest(wire::Request* from, FieldCheck& check);
/// Sentence and value are taken out.
[[nodiscard]] api::Answer CheckedAnswer(wire::Answer* from, FieldCheck& check);
/// As CheckedBlocks, of a field that must hold one block. Null if it is refused.
[[nodiscard]] BlockPtr CheckedOneBlock(const BlockLoan::Field& field, FieldCheck& check);
/// Decodes and verifies blocks, each of which must stand on the one before. Empty if one is
/// refused.
[[nodiscard]] std::vector<BlockPtr> CheckedBlocks(const BlockLoan::Field& field, FieldCheck& check);

}  // namespace cairn::net
