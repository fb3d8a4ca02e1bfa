#pragma once
// What the codecs of both wires share: bounded parsing, the check of every field, and the
// messages of proto/shared.proto. Only codec files include this header, for it knows Protobuf.
//
// Parsing trusts nothing: a frame's size is bounded by the socket, nesting by a recursion limit,
// the number of elements by PlausibleShape before a single one is allocated, and every field is
// checked afterwards, because a missing one reads as zero and an enum may hold any number.

#include <google/protobuf/arena.h>
#include <google/protobuf/message_lite.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/block.h"
#include "common/status.h"
#include "net/wire.h"
#include "paxos/ballot.h"
#include "proto/shared.pb.h"
#include "replica/message.h"

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

/// False if the message (fields from number 16 on are bodies, as in both envelopes) holds more
/// elements than its size can honestly need: two bytes on the wire become forty in memory.
[[nodiscard]] bool PlausibleShape(std::string_view bytes);
/// Parses into an empty message. False if the bytes are no such message, or nested too deeply.
[[nodiscard]] bool ParseBounded(std::string_view bytes, google::protobuf::MessageLite& message);
/// Writes the message into the memory that `allocate` returns. Usage if it is larger than `limit`.
Status WriteTo(const google::protobuf::MessageLite& message, std::size_t limit,
               const Allocate& allocate);

/// Where parsed messages live until the next one: no allocation for what fits into its first block.
class ParseArena {
 public:
  ParseArena();
  /// Forgets the last message and parses the next; null if the bytes are none.
  template <typename Envelope>
  const Envelope* Parse(std::string_view bytes) {
    arena_.Reset();
    if (!PlausibleShape(bytes)) {
      return nullptr;
    }
    auto* envelope = google::protobuf::Arena::CreateMessage<Envelope>(&arena_);
    return ParseBounded(bytes, *envelope) ? envelope : nullptr;
  }

 private:
  std::vector<char> first_block_;
  google::protobuf::Arena arena_;
};

/// Puts blocks into a message without copying them, and takes them out again when it ends; so it
/// must end before the message does, which must not live on an arena. The blocks are only read,
/// though Protobuf wants them mutable.
class BlockLoan {
 public:
  using Field = google::protobuf::RepeatedPtrField<std::string>;

  BlockLoan() = default;
  ~BlockLoan();
  BlockLoan(const BlockLoan&) = delete;
  BlockLoan& operator=(const BlockLoan&) = delete;

  /// Requires: nothing lent yet, `field` is empty.
  void Lend(std::span<const BlockPtr> blocks, Field* field);

 private:
  Field* field_ = nullptr;
};

void Fill(const paxos::Ballot& from, wire::Ballot* to);
void Fill(const Request& from, wire::Request* to);
void Fill(const replica::Answer& from, wire::Answer* to);
[[nodiscard]] std::string ToBytes(const Hash& hash);

[[nodiscard]] Slot CheckedSlot(std::uint64_t slot, FieldCheck& check);
/// 0 .. kMaxNodes.
[[nodiscard]] NodeId CheckedNode(std::uint32_t node, FieldCheck& check);
/// 1 .. kMaxNodes.
[[nodiscard]] NodeId CheckedNodeNotNone(std::uint32_t node, FieldCheck& check);
[[nodiscard]] Hash CheckedHash(const std::string& bytes, FieldCheck& check);
[[nodiscard]] std::string CheckedKey(const std::string& key, FieldCheck& check);
[[nodiscard]] std::string CheckedText(const std::string& text, FieldCheck& check);
[[nodiscard]] paxos::Ballot CheckedBallot(const wire::Ballot& from, FieldCheck& check);
/// As CheckedBallot, but "none" is refused.
[[nodiscard]] paxos::Ballot CheckedBallotNotNone(const wire::Ballot& from, FieldCheck& check);
/// A put or delete of a client: anything else never travels alone.
[[nodiscard]] Request CheckedRequest(const wire::Request& from, FieldCheck& check);
[[nodiscard]] replica::Answer CheckedAnswer(const wire::Answer& from, FieldCheck& check);
/// As CheckedBlocks, of a field that must hold one block. Null if it is refused.
[[nodiscard]] BlockPtr CheckedOneBlock(const BlockLoan::Field& field, FieldCheck& check);
/// Decodes and verifies blocks, each of which must stand on the one before. Empty if one is
/// refused.
[[nodiscard]] std::vector<BlockPtr> CheckedBlocks(const BlockLoan::Field& field, FieldCheck& check);

}  // namespace cairn::net
