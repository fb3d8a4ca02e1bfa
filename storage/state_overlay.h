#pragma once
// An overlay: what blocks have changed in the state and RocksDB does not hold yet. A hash map,
// because the state machine puts all day and walks in order hardly ever; order is made when it
// is asked for.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn::storage {

class Overlay {
 public:
  /// A key, and its value or "erased".
  using Entry = std::pair<const std::string, std::optional<std::string>>;

  void Put(std::string_view key, std::string_view value);
  void Erase(std::string_view key);

  /// Null: this overlay says nothing about the key.
  [[nodiscard]] const Entry* Find(std::string_view key) const;
  /// All entries, by key.
  [[nodiscard]] std::vector<const Entry*> Sorted() const;

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Bytes of memory that the entries take, about.
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
  /// Bytes of all changes so far, those of a key that was changed again too, in the same measure:
  /// what a replay would have to do once more.
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
      return at() != nullptr && at()->first == key;
    }
    void Next();

   private:
    std::vector<const Entry*> heap_;
  };

 private:
  struct HashOf {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };

  std::optional<std::string>& Change(std::string_view key, std::size_t value_bytes);

  std::unordered_map<std::string, std::optional<std::string>, HashOf, std::equal_to<>> entries_;
  std::size_t held_bytes_ = 0;
  std::size_t changed_bytes_ = 0;
};

}  // namespace cairn::storage
