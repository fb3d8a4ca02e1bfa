#include "net/wire/shared_codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "api/operation.h"
#include "chain/block_format.h"
#include "common/check.h"
#include "common/limits.h"

namespace cairn::net {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr int kMaxNesting = 16;
// In frames the fields from this number on are messages, and in messages bodies.
constexpr int kFirstBodyField = 16;
// In all envelopes the field of the messages.
constexpr int kMessagesField = 32;
// What an envelope may hold beside its messages.
constexpr std::size_t kHeaderFields = kFirstBodyField;
// No honest message has more than this many fields beside its blocks, and a block has at least
// this many bytes: those of its header.
constexpr std::size_t kMaxFields = 64;
constexpr std::size_t kMinBlockBytes = 100;
// Holds some hundred messages without blocks or large values.
constexpr std::size_t kArenaBytes = std::size_t{64} * 1024;
// A batch that was larger gives its memory back: one a connection is kept.
constexpr std::size_t kKeptBytes = std::size_t{16} * 1024;

std::span<const std::uint8_t> Octets(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

enum class Level { kBody, kMessage, kFrame };

// Counts down `budget` for each field; false if it is used up or the bytes are no fields. A message
// and its body share the budget that the message's size earns.
bool WalkFields(std::string_view bytes, Level level, std::size_t* budget) {
  const auto octets = Octets(bytes);
  CodedInputStream in(octets.data(), static_cast<int>(octets.size()));
  while (const std::uint32_t tag = in.ReadTag()) {
    if (*budget == 0) {
      return false;
    }
    --*budget;
    const bool deeper =
        level != Level::kBody && WireFormatLite::GetTagFieldNumber(tag) >= kFirstBodyField &&
        WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (!deeper) {
      if (!WireFormatLite::SkipField(&in, tag)) {
        return false;
      }
      continue;
    }
    std::uint32_t length = 0;
    if (!in.ReadVarint32(&length)) {
      return false;
    }
    const auto at = static_cast<std::size_t>(in.CurrentPosition());
    if (length > bytes.size() - at) {
      return false;
    }
    const std::string_view inner = bytes.substr(at, length);
    std::size_t own = kMaxFields + length / kMinBlockBytes;
    const bool plausible = level == Level::kFrame ? WalkFields(inner, Level::kMessage, &own)
                                                  : WalkFields(inner, Level::kBody, budget);
    if (!plausible || !in.Skip(static_cast<int>(length))) {
      return false;
    }
  }
  return in.ConsumedEntireMessage();
}

void RequireSize(const char* what, const std::string& bytes, std::size_t limit, FieldCheck& check) {
  if (bytes.size() > limit) {
    check.Fail(std::string("its ") + what + " has " + std::to_string(bytes.size()) +
               " bytes, and the limit is " + std::to_string(limit));
  }
}

Status TooLarge(std::size_t size, std::size_t limit) {
  return Status::Usage("a message of " + std::to_string(size) +
                       " bytes is not sent, for the limit is " + std::to_string(limit));
}

Status NoMemory(std::size_t size) {
  return Status::Other("no memory for a message of " + std::to_string(size) + " bytes");
}

BlockPtr CheckedBlock(const std::string& bytes, FieldCheck& check) {
  Result<BlockPtr> block = chain::DecodeBlock(bytes);
  if (!block.ok()) {
    check.Fail(block.status().message());
    return nullptr;
  }
  check.Require(block->get()->slot() < kMaxPlausible, "it holds a block that no chain has reached");
  return std::move(block).value();
}

}  // namespace

bool PlausibleShape(std::string_view bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return false;
  }
  std::size_t budget = kHeaderFields + kMaxBatch;
  return WalkFields(bytes, Level::kFrame, &budget);
}

bool ParseBounded(std::string_view bytes, google::protobuf::MessageLite& message) {
  const auto octets = Octets(bytes);
  CodedInputStream in(octets.data(), static_cast<int>(octets.size()));
  in.SetRecursionLimit(kMaxNesting);
  return message.ParseFromCodedStream(&in) && in.ConsumedEntireMessage();
}

Status WriteTo(const google::protobuf::MessageLite& message, std::size_t limit,
               const Allocate& allocate) {
  const std::size_t size = message.ByteSizeLong();
  if (size > limit) {
    return TooLarge(size, limit);
  }
  std::uint8_t* memory = allocate(size);
  if (memory == nullptr) {
    return NoMemory(size);
  }
  const std::uint8_t* end = message.SerializeWithCachedSizesToArray(memory);
  CAIRN_CHECK(end == memory + size, "a message is as long as it said");
  return Status::Ok();
}

FrameArena::FrameArena()
    : first_block_(std::make_unique_for_overwrite<char[]>(kArenaBytes)),
      arena_(first_block_.get(), kArenaBytes) {}

BlockLoan::~BlockLoan() {
  for (Field* field : fields_) {
    field->UnsafeArenaExtractSubrange(0, field->size(), nullptr);
  }
}

void BlockLoan::Lend(std::span<const BlockPtr> blocks, Field* field) {
  CAIRN_CHECK(field->empty(), "blocks are lent to an empty field");
  fields_.push_back(field);
  field->Reserve(static_cast<int>(blocks.size()));
  for (const BlockPtr& block : blocks) {
    field->UnsafeArenaAddAllocated(const_cast<std::string*>(&block->encoded));
  }
}

Batch::Batch(const google::protobuf::MessageLite& header, std::size_t limit)
    : header_(header.SerializeAsString()), limit_(limit), bytes_(header_) {}

bool Batch::Fits(std::size_t bytes) const {
  return messages_ == 0 || (messages_ < kMaxBatch && bytes_.size() + bytes <= kBatchBytes);
}

Status Batch::Add(const google::protobuf::MessageLite& message) {
  constexpr std::uint32_t kTag =
      static_cast<std::uint32_t>(kMessagesField) << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
  const std::size_t size = message.ByteSizeLong();
  if (size > limit_) {
    return TooLarge(size, limit_);
  }
  const std::size_t before = bytes_.size();
  const std::size_t with =
      before + CodedOutputStream::VarintSize32(kTag) + CodedOutputStream::VarintSize64(size) + size;
  if (with > limit_) {
    return TooLarge(with, limit_);
  }
  bytes_.resize(with);
  auto* at = reinterpret_cast<std::uint8_t*>(bytes_.data());
  std::uint8_t* end = CodedOutputStream::WriteTagToArray(kTag, at + before);
  end = CodedOutputStream::WriteVarint64ToArray(size, end);
  end = message.SerializeWithCachedSizesToArray(end);
  CAIRN_CHECK(end == at + with, "a message is as long as it said");
  ++messages_;
  return Status::Ok();
}

Status Batch::Write(const Allocate& allocate) {
  std::uint8_t* memory = allocate(bytes_.size());
  if (memory == nullptr) {
    return NoMemory(bytes_.size());
  }
  std::copy(bytes_.begin(), bytes_.end(), memory);
  Reset();
  return Status::Ok();
}

void Batch::Reset() {
  bytes_.resize(header_.size());
  if (bytes_.capacity() > kKeptBytes) {
    bytes_.shrink_to_fit();
  }
  messages_ = 0;
}

void Fill(const Ballot& from, wire::Ballot* to) {
  to->set_round(from.round);
  to->set_node(from.node);
  to->set_incarnation(from.incarnation);
}

void Fill(const Request& from, wire::Request* to) {
  to->set_client(from.client);
  to->set_sequence(from.sequence);
  to->set_first_open(from.first_open);
  to->set_session_base(from.session_base);
  to->set_op(static_cast<wire::Op>(from.op));
  to->set_key(from.key);
  to->set_value(from.value);
}

void Fill(const api::Answer& from, wire::Answer* to) {
  to->set_code(static_cast<wire::Code>(from.code));
  to->set_message(from.message.substr(0, kMaxTextBytes));
  to->set_slot(from.slot);
  to->set_value(from.value);
  to->set_leader(from.leader);
}

std::string ToBytes(const Hash& hash) { return {hash.bytes.begin(), hash.bytes.end()}; }

Slot CheckedSlot(std::uint64_t slot, FieldCheck& check) {
  check.Require(slot < kMaxPlausible, "it names a slot that no chain has reached");
  return slot;
}

NodeId CheckedNode(std::uint32_t node, FieldCheck& check) {
  check.Require(node <= kMaxNodes, "it names a node that no cluster can have");
  return node;
}

NodeId CheckedNodeNotNone(std::uint32_t node, FieldCheck& check) {
  check.Require(node != 0, "it names no node");
  return CheckedNode(node, check);
}

Hash CheckedHash(const std::string& bytes, FieldCheck& check) {
  Hash hash;
  check.Require(bytes.size() == hash.bytes.size(), "a hash in it is not 32 bytes long");
  if (bytes.size() == hash.bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
  }
  return hash;
}

std::optional<Hash> CheckedHashOrNone(const std::string& bytes, FieldCheck& check) {
  return bytes.empty() ? std::nullopt : std::optional(CheckedHash(bytes, check));
}

std::string CheckedKey(std::string* key, FieldCheck& check) {
  RequireSize("key", *key, kMaxKeyBytes, check);
  return check.ok() ? std::move(*key) : std::string();
}

std::string CheckedText(std::string* text, FieldCheck& check) {
  RequireSize("text", *text, kMaxTextBytes, check);
  return check.ok() ? std::move(*text) : std::string();
}

Ballot CheckedBallot(const wire::Ballot& from, FieldCheck& check) {
  check.Require(from.round() < kMaxPlausible, "it names a ballot that no election has reached");
  return {from.round(), CheckedNode(from.node(), check), from.incarnation()};
}

Ballot CheckedBallotNotNone(const wire::Ballot& from, FieldCheck& check) {
  check.Require(from.round() != 0 && from.node() != 0, "it names no ballot");
  return CheckedBallot(from, check);
}

Request CheckedRequest(wire::Request* from, FieldCheck& check) {
  check.Require(from->sequence() < kMaxPlausible && from->first_open() < kMaxPlausible,
                "its request bears a sequence number that no session has reached");
  check.Require(from->op() > 0 && from->op() <= std::numeric_limits<std::uint8_t>::max(),
                "its request names no operation");
  Request request;
  if (!check.ok()) {
    return request;
  }
  request.client = from->client();
  request.sequence = from->sequence();
  request.first_open = from->first_open();
  request.session_base = CheckedSlot(from->session_base(), check);
  request.op = static_cast<Op>(from->op());
  request.key = std::move(*from->mutable_key());
  request.value = std::move(*from->mutable_value());
  if (const Status status = api::CheckRequest(request); !status.ok()) {
    check.Fail("its request can't be done: " + status.message());
  }
  return request;
}

api::Answer CheckedAnswer(wire::Answer* from, FieldCheck& check) {
  const int code = from->code();
  check.Require(code >= 0 && code <= static_cast<int>(Code::kFull),
                "its answer has a code that this version does not know");
  RequireSize("value", from->value(), kMaxValueBytes, check);
  api::Answer answer;
  if (!from->message().empty()) {
    answer.message = CheckedText(from->mutable_message(), check);
  }
  answer.slot = CheckedSlot(from->slot(), check);
  answer.leader = CheckedNode(from->leader(), check);
  if (check.ok()) {
    answer.code = static_cast<Code>(code);
    if (!from->value().empty()) {
      answer.value = std::move(*from->mutable_value());
    }
  }
  return answer;
}

BlockPtr CheckedOneBlock(const BlockLoan::Field& field, FieldCheck& check) {
  check.Require(field.size() == 1, "it does not hold exactly one block");
  return check.ok() ? CheckedBlock(field.Get(0), check) : nullptr;
}

std::vector<BlockPtr> CheckedBlocks(const BlockLoan::Field& field, FieldCheck& check) {
  std::vector<BlockPtr> blocks;
  blocks.reserve(static_cast<std::size_t>(field.size()));
  for (const std::string& bytes : field) {
    BlockPtr block = CheckedBlock(bytes, check);
    if (check.ok() && !blocks.empty()) {
      if (Status link = chain::VerifyLink(*blocks.back(), *block); !link.ok()) {
        check.Fail(link.message());
      }
    }
    if (!check.ok()) {
      return {};
    }
    blocks.push_back(std::move(block));
  }
  return blocks;
}

}  // namespace cairn::net
