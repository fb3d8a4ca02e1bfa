#include "kv/state_machine.h"

#include <algorithm>
#include <utility>

#include "api/operation.h"
#include "common/check.h"
#include "common/coding.h"
#include "common/roster.h"

namespace cairn::kv {
namespace {

constexpr std::uint8_t kTableVersion = 2;
constexpr std::string_view kAppliedKey = "a";
constexpr std::string_view kIncarnationsKey = "c";
constexpr std::string_view kReplacedKey = "d";
// Incarnations that were replaced: a directory is lost rarely, and older selves than these are long
// gone.
constexpr std::size_t kMaxReplaced = 1000;
constexpr char kKeyPrefix = 'k';
constexpr std::size_t kSlotBytes = 8;

std::string Prefixed(std::string_view key) {
  std::string prefixed(1, kKeyPrefix);
  prefixed += key;
  return prefixed;
}

using Replaced = std::deque<std::pair<NodeId, Incarnation>>;

std::string Encode(const Replaced& replaced) {
  Writer w;
  for (const auto& [node, incarnation] : replaced) {
    w.U32(node).U64(incarnation);
  }
  return w.bytes();
}

std::optional<Replaced> DecodeReplaced(std::string_view bytes) {
  Replaced replaced;
  Reader r(bytes);
  while (r.ok() && !r.AtEnd()) {
    const NodeId node = r.U32();
    replaced.emplace_back(node, r.U64());
  }
  return r.ok() ? std::optional(std::move(replaced)) : std::nullopt;
}

Slot SlotOf(std::string_view record) {
  Reader r(record);
  const Slot slot = r.U64();
  CAIRN_CHECK(r.ok(), "a value in the state carries its slot");
  return slot;
}

}  // namespace

Result<Position> PositionOf(const Table& table) {
  const std::optional<std::string> record = table.Get(kAppliedKey);
  if (!record) {
    return Position{};
  }
  Reader r(*record);
  if (const std::uint8_t version = r.U8(); version != kTableVersion) {
    return Status::Integrity("the key-value state has format version " + std::to_string(version) +
                             ", and this program reads version " + std::to_string(kTableVersion));
  }
  Position position;
  position.applied = r.U64();
  position.hash = r.Digest();
  if (!r.AtEnd()) {
    return Status::Integrity(
        "the record of the key-value state that says where it stands is damaged");
  }
  return position;
}

Status CheckFormat(const Table& table) {
  if (const Result<Position> position = PositionOf(table); !position.ok()) {
    return position.status();
  }
  const std::optional<std::string> incarnations = table.Get(kIncarnationsKey);
  const std::optional<std::string> replaced = table.Get(kReplacedKey);
  return (!incarnations || DecodeIncarnations(*incarnations)) &&
                 (!replaced || DecodeReplaced(*replaced))
             ? Status::Ok()
             : Status::Integrity(
                   "the record of the key-value state that says who is who is damaged");
}

StateMachine::StateMachine(Table* table, std::uint64_t max_sessions, Micros session_rest)
    : table_(table), sessions_(table, max_sessions, session_rest) {
  Load();
}

void StateMachine::Load() {
  const Result<Position> position = PositionOf(*table_);
  CAIRN_CHECK(position.ok(), "the state is of this version's format, and says where it stands");
  applied_ = position->applied;
  applied_hash_ = position->hash;
  if (const std::optional<std::string> bytes = table_->Get(kIncarnationsKey)) {
    const std::optional<Incarnations> incarnations = DecodeIncarnations(*bytes);
    CAIRN_CHECK(incarnations.has_value(), "the incarnations in the state are whole");
    incarnations_ = *incarnations;
  }
  if (const std::optional<std::string> bytes = table_->Get(kReplacedKey)) {
    std::optional<Replaced> replaced = DecodeReplaced(*bytes);
    CAIRN_CHECK(replaced.has_value(), "the replaced incarnations in the state are whole");
    replaced_ = std::move(*replaced);
  }
}

std::vector<Outcome> StateMachine::Apply(const Block& block) {
  CAIRN_CHECK(block.slot() == applied_ + 1, "blocks are applied in order, without a gap");
  CAIRN_CHECK(applied_ == 0 || block.header.parent == applied_hash_,
              "a block is applied on its parent");
  std::vector<Outcome> outcomes;
  outcomes.reserve(block.requests.size());
  for (const Request& request : block.requests) {
    outcomes.push_back(ApplyRequest(request, block.header));
  }
  sessions_.EndBlock();
  applied_ = block.slot();
  applied_hash_ = block.hash;
  Writer w;
  w.U8(kTableVersion).U64(applied_).Digest(applied_hash_);
  table_->Put(kAppliedKey, w.bytes());
  table_->EndBlock();
  return outcomes;
}

Outcome StateMachine::ApplyRequest(const Request& request, const BlockHeader& header) {
  const Slot slot = header.slot;
  if (NamesIncarnations(request)) {
    return ApplyIncarnations(request, slot);
  }
  const api::OperationRow* row = api::FindOperation(request.op);
  if (row == nullptr || !row->of_clients) {
    return {Code::kUsage, slot};
  }
  if (std::optional<Outcome> known = sessions_.Begin(request, slot, header.time)) {
    return *known;
  }
  const Outcome outcome = ApplyOperation(request, slot);
  sessions_.Record(request, outcome);
  return outcome;
}

Outcome StateMachine::ApplyOperation(const Request& request, Slot slot) {
  const std::string_view key = TableKey(request.key);
  if (request.op == Op::kPut) {
    FixedWriter(&value_, kSlotBytes + request.value.size()).U64(slot).Raw(request.value);
    table_->Put(key, value_);
    return {Code::kOk, slot};
  }
  if (!table_->Get(key)) {
    return {Code::kNotFound, slot};
  }
  table_->Erase(key);
  return {Code::kOk, slot};
}

Outcome StateMachine::ApplyIncarnations(const Request& request, Slot slot) {
  std::optional<Incarnations> incarnations = DecodeIncarnations(request.value);
  if (!incarnations) {
    return {Code::kUsage, slot};
  }
  const std::size_t before = replaced_.size();
  for (const auto& [node, incarnation] : *incarnations) {
    Incarnation& present = incarnations_[node];
    if (present != 0 && present != incarnation) {
      replaced_.emplace_back(node, present);
    }
    present = incarnation;
  }
  if (replaced_.size() > before) {
    while (replaced_.size() > kMaxReplaced) {
      replaced_.pop_front();
    }
    table_->Put(kReplacedKey, Encode(replaced_));
  }
  table_->Put(kIncarnationsKey, EncodeIncarnations(incarnations_));
  return {Code::kOk, slot};
}

std::string_view StateMachine::TableKey(std::string_view key) {
  key_.assign(1, kKeyPrefix);
  key_ += key;
  return key_;
}

bool StateMachine::IsReplaced(NodeId node, Incarnation incarnation) const {
  const auto known = incarnations_.find(node);
  return known != incarnations_.end() && known->second != incarnation &&
         std::ranges::find(replaced_, std::pair(node, incarnation)) != replaced_.end();
}

std::optional<Entry> StateMachine::Get(std::string_view key) const {
  std::optional<std::string> record = table_->Get(Prefixed(key));
  if (!record) {
    return std::nullopt;
  }
  Entry entry;
  entry.slot = SlotOf(*record);
  entry.value = std::move(*record);
  entry.value.erase(0, kSlotBytes);
  return entry;
}

void StateMachine::Scan(
    std::string_view from, std::string_view to,
    const std::function<bool(std::string_view key, const Entry& entry)>& visit) const {
  const std::string end = to.empty() ? std::string(1, kKeyPrefix + 1) : Prefixed(to);
  table_->Scan(Prefixed(from), end, [&](std::string_view key, std::string_view record) {
    const Slot slot = SlotOf(record);
    const Entry entry{std::string(record.substr(kSlotBytes)), slot};
    return visit(key.substr(1), entry);
  });
}

std::optional<Outcome> StateMachine::Recall(ClientId client, Sequence sequence) const {
  return sessions_.Recall(client, sequence);
}

}  // namespace cairn::kv
