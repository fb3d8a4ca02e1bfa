#include "offline/verify_state.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/coding.h"
#include "common/roster.h"
#include "text/text.h"

namespace cairn::offline {
namespace {

constexpr char kNext[] =
    "Move the directory away and start the node, which rebuilds it from the chain.";

/// Keys at which two tables differ, ascending.
std::vector<std::string> Differences(const kv::Table& one, const kv::Table& two) {
  std::vector<std::string> keys;
  const auto compare = [&keys](const kv::Table& from, const kv::Table& to, bool only_missing) {
    from.Scan("", "", [&](std::string_view key, std::string_view value) {
      const std::optional<std::string> other = to.Get(key);
      if (only_missing ? !other.has_value() : other != value) {
        keys.emplace_back(key);
      }
      return true;
    });
  };
  compare(one, two, false);
  compare(two, one, true);
  std::sort(keys.begin(), keys.end());
  return keys;
}

/// The number at that place of a record, if it is so long.
std::optional<Slot> NumberAt(const std::optional<std::string>& record, std::size_t offset) {
  if (!record || record->size() < offset + sizeof(Slot)) {
    return std::nullopt;
  }
  return Reader(std::string_view(*record).substr(offset)).U64();
}

}  // namespace

StateReplay::StateReplay(const kv::Table* stored, std::uint64_t max_sessions)
    : stored_(stored), stands_(kv::PositionOf(*stored).value()), replayed_(&table_, max_sessions) {}

void StateReplay::Apply(const Block& block) {
  if (block.slot() > stands_.applied) {
    return;
  }
  replayed_.Apply(block);
  if (!IncarnationsIn(block).empty()) {
    roster_slot_ = block.slot();
  }
}

StateReplay::Entry StateReplay::Describe(const std::string& key) const {
  constexpr std::size_t kSlotOfSession = 1 + sizeof(std::uint64_t);
  const std::optional<std::string> record = table_.Get(key);
  switch (key.empty() ? '\0' : key.front()) {
    case 'a':
      return {"where it stands", stands_.applied};
    case 'c':
    case 'd':
      return {"who is who", roster_slot_};
    case 'h':
      return {"the horizon of sessions", NumberAt(record, 0)};
    case 'k':
      return {"the entry of key " + text::Quote(std::string_view(key).substr(1)),
              NumberAt(record, 0)};
    case 's':
      if (key.size() == 1 + sizeof(ClientId)) {
        return {"the session of client " +
                    text::ClientText(ParseOrderedU64(std::string_view(key).substr(1))),
                NumberAt(record, kSlotOfSession)};
      }
      break;
    default:
      break;
  }
  return {"a record " + text::Quote(key) + " that no state has", std::nullopt};
}

std::optional<StateReplay::Difference> StateReplay::Compare(const std::string& path) const {
  if (replayed_.applied() != stands_.applied) {
    std::string text = fmt::format(
        "the state in {} has applied slot {}, beyond the chain, which ends at slot {}. {}", path,
        stands_.applied, replayed_.applied(), kNext);
    return Difference{stands_.applied, Status::Integrity(std::move(text))};
  }
  const std::vector<std::string> keys = Differences(table_, *stored_);
  if (keys.empty()) {
    return std::nullopt;
  }
  // The records that were written first come first; those that the chain never wrote, last.
  std::string first;
  Entry entry;
  for (const std::string& key : keys) {
    Entry found = Describe(key);
    if (first.empty() || (found.slot && (!entry.slot || *found.slot < *entry.slot))) {
      first = key;
      entry = std::move(found);
    }
  }
  const std::string how = !stored_->Get(first) ? "is missing"
                          : !table_.Get(first) ? "was never written by the chain"
                                               : "is another one";
  std::string text = fmt::format(
      "the state in {} differs from the replay of the chain up to slot {} in {}: {}{} {}. {}", path,
      stands_.applied,
      keys.size() == 1 ? "one entry" : fmt::format("{} entries, the first one", keys.size()),
      entry.what,
      entry.slot ? fmt::format(", last written at slot {},", *entry.slot) : std::string(), how,
      kNext);
  return Difference{entry.slot, Status::Integrity(std::move(text))};
}

}  // namespace cairn::offline
