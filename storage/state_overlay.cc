#include "storage/state_overlay.h"

#include <algorithm>

namespace cairn::storage {
namespace {

/// What an entry costs beside its bytes: a node of the map, its bucket, and two strings.
constexpr std::size_t kEntryBytes = 128;

bool ComesBefore(const Overlay::Entry* a, const Overlay::Entry* b) { return a->first < b->first; }
bool ComesAfter(const Overlay::Entry* a, const Overlay::Entry* b) { return b->first < a->first; }

}  // namespace

std::optional<std::string>& Overlay::Change(std::string_view key, std::size_t value_bytes) {
  changed_bytes_ += key.size() + value_bytes + kEntryBytes;
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    found = entries_.emplace(key, std::nullopt).first;
    held_bytes_ += key.size() + kEntryBytes;
  }
  std::optional<std::string>& value = found->second;
  held_bytes_ -= value.has_value() ? value->size() : 0;
  held_bytes_ += value_bytes;
  return value;
}

void Overlay::Put(std::string_view key, std::string_view value) {
  std::optional<std::string>& place = Change(key, value.size());
  if (place.has_value()) {
    place->assign(value);  // Keeps its memory.
  } else {
    place.emplace(value);
  }
}

void Overlay::Erase(std::string_view key) { Change(key, 0).reset(); }

const Overlay::Entry* Overlay::Find(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &*found;
}

std::vector<const Overlay::Entry*> Overlay::Sorted() const {
  std::vector<const Entry*> sorted;
  sorted.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    sorted.push_back(&entry);
  }
  std::sort(sorted.begin(), sorted.end(), ComesBefore);
  return sorted;
}

Overlay::Cursor::Cursor(const Overlay* overlay, std::string_view from, std::string_view to) {
  if (overlay == nullptr) {
    return;
  }
  for (const Entry& entry : overlay->entries_) {
    if (entry.first >= from && (to.empty() || entry.first < to)) {
      heap_.push_back(&entry);
    }
  }
  std::make_heap(heap_.begin(), heap_.end(), ComesAfter);
}

void Overlay::Cursor::Next() {
  std::pop_heap(heap_.begin(), heap_.end(), ComesAfter);
  heap_.pop_back();
}

}  // namespace cairn::storage
