#include "kv/table.h"

namespace cairn::kv {

std::optional<std::string> MemoryTable::Get(std::string_view key) const {
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) {
    return std::nullopt;
  }
  return entry->second;
}

void MemoryTable::Put(std::string_view key, std::string_view value) {
  const auto place = entries_.lower_bound(key);
  if (place != entries_.end() && place->first == key) {
    place->second = value;
  } else {
    entries_.emplace_hint(place, key, value);
  }
}

void MemoryTable::Erase(std::string_view key) {
  if (const auto entry = entries_.find(key); entry != entries_.end()) {
    entries_.erase(entry);
  }
}

void MemoryTable::Scan(std::string_view from, std::string_view to,
                       const std::function<bool(std::string_view, std::string_view)>& visit) const {
  for (auto entry = entries_.lower_bound(from);
       entry != entries_.end() && (to.empty() || entry->first < to); ++entry) {
    if (!visit(entry->first, entry->second)) {
      return;
    }
  }
}

}  // namespace cairn::kv
