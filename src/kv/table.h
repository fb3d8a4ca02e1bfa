#pragma once
// The ordered table that the state machine lives on, and nothing of what lies behind it: a map
// in memory (the simulator, a replay) or storage/state (the node).

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/types.h"

namespace cairn::kv {

/// Keys and values are any bytes; order is byte order. A read can't fail: an implementation on a
/// disk that can't read stops the process (a state that can't be read must not be served).
class Table {
 public:
  virtual ~Table() = default;

  [[nodiscard]] virtual std::optional<std::string> Get(std::string_view key) const = 0;
  virtual void Put(std::string_view key, std::string_view value) = 0;
  virtual void Erase(std::string_view key) = 0;
  /// Calls `visit` for every entry with from <= key < to, in order, until it returns false.
  /// An empty `to` means: to the end. `visit` must not change the table.
  virtual void Scan(
      std::string_view from, std::string_view to,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
  /// A block's changes are complete: what a crash leaves is a prefix of such points.
  virtual void EndBlock() = 0;
};

/// The table in memory.
class MemoryTable final : public Table {
 public:
  [[nodiscard]] std::optional<std::string> Get(std::string_view key) const override;
  void Put(std::string_view key, std::string_view value) override;
  void Erase(std::string_view key) override;
  void Scan(std::string_view from, std::string_view to,
            const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  void EndBlock() override {}

  friend bool operator==(const MemoryTable& a, const MemoryTable& b) {
    return a.entries_ == b.entries_;
  }

 private:
  std::map<std::string, std::string, std::less<>> entries_;
};

}  // namespace cairn::kv
