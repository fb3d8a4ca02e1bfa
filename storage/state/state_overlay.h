#pragma once
// An overlay: what blocks have changed in the state and RocksDB does not hold yet. A hash table,
// because the state machine puts all day and walks in order hardly ever; order is made when it
// is asked for.
//
// Key and value of an entry lie together in large pieces of memory that are freed as one: a put
// touches two places and allocates nothing, and an overlay takes as much memory as it says. Both
// places are far away in memory, and to wait for them was half the cost of applying a block: so
// changes are noted first and made by the dozen, when all their places have been called for.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::storage {

class Overlay {
 public:
  /// A key, and its value or "erased".
  class Entry {
   public:
    [[nodiscard]] std::string_view key() const { return {Bytes(), key_bytes_}; }
    /// Nothing: erased.
    [[nodiscard]] std::optional<std::string_view> value() const {
      return erased_ ? std::nullopt
                     : std::optional<std::string_view>(std::in_place, Bytes() + key_bytes_,
                                                       value_bytes_);
    }

   private:
    friend class Overlay;
    // The bytes stand right behind the entry, the key's first.
    [[nodiscard]] const char* Bytes() const { return reinterpret_cast<const char*>(this + 1); }
    [[nodiscard]] char* Bytes() { return reinterpret_cast<char*>(this + 1); }

    std::uint32_t key_bytes_ = 0;
    std::uint32_t value_bytes_ = 0;
    std::uint32_t room_ = 0;  // For a value.
    bool erased_ = false;
  };

  Overlay();

  void Put(std::string_view key, std::string_view value) { Note(key, value, false); }
  void Erase(std::string_view key) { Note(key, {}, true); }
  /// Makes the changes that were only noted. All that follows requires it.
  void Settle();

  /// Null: this overlay says nothing about the key. Good until the next change.
  [[nodiscard]] const Entry* Find(std::string_view key) const;
  /// All entries, by key.
  [[nodiscard]] std::vector<const Entry*> Sorted() const;

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t size() const { return count_; }
  /// Bytes of memory that the entries take.
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  /// Bytes of all changes so far, those of a key that was changed again too: what a replay would
  /// have to do once more.
  [[nodiscard]] std::size_t changed_bytes() const { return changed_bytes_; }

  /// Walks the entries with from <= key < to (an empty `to`: to the end) in order. Takes time for
  /// all entries at its start, and little more for each that is visited: a short walk is cheap.
  /// The overlay must not change meanwhile; none at all (null) is an empty one.
  class Cursor {
   public:
    Cursor(const Overlay* overlay, std::string_view from, std::string_view to);

    /// Null at the end.
    [[nodiscard]] const Entry* at() const { return heap_.empty() ? nullptr : heap_.front(); }
    [[nodiscard]] bool IsAt(std::string_view key) const {
      return at() != nullptr && at()->key() == key;
    }
    void Next();

   private:
    std::vector<const Entry*> heap_;
  };

 private:
  struct Place {
    std::size_t hash = 0;
    Entry* entry = nullptr;
  };

  struct Noted {
    std::size_t hash = 0;
    std::size_t offset = 0;  // In noted_bytes_: the key, then the value.
    std::size_t key_bytes = 0;
    std::size_t value_bytes = 0;
    bool erased = false;
  };

  void Note(std::string_view key, std::string_view value, bool erased);
  void Make(const Noted& noted);
  [[nodiscard]] std::size_t PlaceOf(std::string_view key, std::size_t hash) const;
  Entry* EntryFor(std::string_view key, std::size_t hash, std::size_t value_bytes);
  Entry* NewEntry(std::string_view key, std::size_t room);
  void Grow();
  char* Allocate(std::size_t bytes);

  std::vector<Place> places_;  // Open addressing; a power of two of them.
  std::vector<Noted> noted_;
  std::string noted_bytes_;
  std::size_t count_ = 0;
  std::vector<std::unique_ptr<char[]>> pieces_;
  char* free_ = nullptr;  // In the last piece that is shared.
  std::size_t free_bytes_ = 0;
  std::size_t held_bytes_ = 0;
  std::size_t changed_bytes_ = 0;
};

}  // namespace cairn::storage
