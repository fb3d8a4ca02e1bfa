#include "storage/state/state_overlay.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <utility>

#include "common/check.h"

namespace cairn::storage {
namespace {

constexpr std::size_t kFirstPlaces = 1024;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
/// Places that are called for at a time: as many as a processor waits for at once, and some.
constexpr std::size_t kMostNoted = 64;
/// What a change costs a replay beside its bytes.
constexpr std::size_t kChangeBytes = 128;

bool ComesBefore(const Overlay::Entry* a, const Overlay::Entry* b) { return a->key() < b->key(); }
bool ComesAfter(const Overlay::Entry* a, const Overlay::Entry* b) { return b->key() < a->key(); }

std::size_t HashOf(std::string_view key) { return std::hash<std::string_view>()(key); }

void Copy(char* to, std::string_view bytes) {
  if (!bytes.empty()) {
    std::memcpy(to, bytes.data(), bytes.size());
  }
}

}  // namespace

Overlay::Overlay() : places_(kFirstPlaces) {}

/// Where the key is, or the free place where it would be.
std::size_t Overlay::PlaceOf(std::string_view key, std::size_t hash) const {
  const std::size_t mask = places_.size() - 1;
  std::size_t at = hash & mask;
  while (places_[at].entry != nullptr &&
         (places_[at].hash != hash || places_[at].entry->key() != key)) {
    at = (at + 1) & mask;
  }
  return at;
}

void Overlay::Grow() {
  std::vector<Place> old(places_.size() * 2);
  old.swap(places_);
  held_bytes_ += old.size() * sizeof(Place);
  const std::size_t mask = places_.size() - 1;
  for (const Place& place : old) {
    if (place.entry != nullptr) {
      std::size_t at = place.hash & mask;
      while (places_[at].entry != nullptr) {
        at = (at + 1) & mask;
      }
      places_[at] = place;
    }
  }
}

char* Overlay::Allocate(std::size_t bytes) {
  bytes = (bytes + alignof(Entry) - 1) / alignof(Entry) * alignof(Entry);
  held_bytes_ += bytes;
  if (bytes > free_bytes_) {
    const bool shared = bytes <= kPieceBytes / 8;
    const std::size_t size = shared ? kPieceBytes : bytes;
    pieces_.push_back(std::make_unique_for_overwrite<char[]>(size));
    if (!shared) {
      return pieces_.back().get();
    }
    free_ = pieces_.back().get();
    free_bytes_ = size;
  }
  free_bytes_ -= bytes;
  return std::exchange(free_, free_ + bytes);
}

Overlay::Entry* Overlay::NewEntry(std::string_view key, std::size_t room) {
  auto* const entry = new (Allocate(sizeof(Entry) + key.size() + room)) Entry();
  entry->key_bytes_ = static_cast<std::uint32_t>(key.size());
  entry->room_ = static_cast<std::uint32_t>(room);
  Copy(entry->Bytes(), key);
  return entry;
}

/// The key's entry, new or not, with room for such a value.
Overlay::Entry* Overlay::EntryFor(std::string_view key, std::size_t hash, std::size_t value_bytes) {
  std::size_t at = PlaceOf(key, hash);
  if (places_[at].entry == nullptr) {
    if ((count_ + 1) * 2 > places_.size()) {
      Grow();
      at = PlaceOf(key, hash);
    }
    ++count_;
    places_[at] = {hash, NewEntry(key, value_bytes)};
  } else if (places_[at].entry->room_ < value_bytes) {
    // It has grown and may grow again, as a session does; the old bytes are lost until the end.
    places_[at].entry = NewEntry(key, value_bytes + value_bytes / 2);
  }
  return places_[at].entry;
}

void Overlay::Note(std::string_view key, std::string_view value, bool erased) {
  noted_.push_back({HashOf(key), noted_bytes_.size(), key.size(), value.size(), erased});
  noted_bytes_.append(key).append(value);
  if (noted_.size() == kMostNoted) {
    Settle();
  }
}

void Overlay::Make(const Noted& noted) {
  const std::string_view bytes = noted_bytes_;
  const std::string_view key = bytes.substr(noted.offset, noted.key_bytes);
  const std::string_view value = bytes.substr(noted.offset + key.size(), noted.value_bytes);
  Entry* const entry = EntryFor(key, noted.hash, value.size());
  entry->erased_ = noted.erased;
  entry->value_bytes_ = static_cast<std::uint32_t>(value.size());
  Copy(entry->Bytes() + key.size(), value);
  changed_bytes_ += key.size() + value.size() + kChangeBytes;
}

void Overlay::Settle() {
  const std::size_t mask = places_.size() - 1;
  for (const Noted& noted : noted_) {
    __builtin_prefetch(&places_[noted.hash & mask]);
  }
  for (const Noted& noted : noted_) {
    std::size_t at = noted.hash & mask;
    while (places_[at].entry != nullptr && places_[at].hash != noted.hash) {
      at = (at + 1) & mask;
    }
    if (const Entry* const entry = places_[at].entry) {
      const auto* const bytes = reinterpret_cast<const char*>(entry);
      __builtin_prefetch(bytes);
      __builtin_prefetch(bytes + 64);
      __builtin_prefetch(bytes + 128);
    }
  }
  for (const Noted& noted : noted_) {
    Make(noted);
  }
  noted_.clear();
  noted_bytes_.clear();
  if (noted_bytes_.capacity() > kPieceBytes) {
    noted_bytes_.shrink_to_fit();
  }
}

const Overlay::Entry* Overlay::Find(std::string_view key) const {
  CAIRN_CHECK(noted_.empty(), "an overlay is read when its changes are made");
  return places_[PlaceOf(key, HashOf(key))].entry;
}

std::vector<const Overlay::Entry*> Overlay::Sorted() const {
  CAIRN_CHECK(noted_.empty(), "an overlay is read when its changes are made");
  std::vector<const Entry*> sorted;
  sorted.reserve(count_);
  for (const Place& place : places_) {
    if (place.entry != nullptr) {
      sorted.push_back(place.entry);
    }
  }
  std::sort(sorted.begin(), sorted.end(), ComesBefore);
  return sorted;
}

Overlay::Cursor::Cursor(const Overlay* overlay, std::string_view from, std::string_view to) {
  if (overlay == nullptr) {
    return;
  }
  CAIRN_CHECK(overlay->noted_.empty(), "an overlay is read when its changes are made");
  for (const Place& place : overlay->places_) {
    if (place.entry != nullptr && place.entry->key() >= from &&
        (to.empty() || place.entry->key() < to)) {
      heap_.push_back(place.entry);
    }
  }
  std::make_heap(heap_.begin(), heap_.end(), ComesAfter);
}

void Overlay::Cursor::Next() {
  std::pop_heap(heap_.begin(), heap_.end(), ComesAfter);
  heap_.pop_back();
}

}  // namespace cairn::storage
