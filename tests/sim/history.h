#pragma once
// What clients saw, and whether it is linearizable: a register per key with put, delete and get
// (Herlihy and Wing 1990; the search is Wing and Gong's with the states seen remembered).

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/types.h"

namespace cairn::sim {

inline constexpr Micros kNever = std::numeric_limits<Micros>::max();

/// One operation of one client on one key.
struct Operation {
  enum class Kind : std::uint8_t { kPut, kDel, kGet };
  Kind kind = Kind::kGet;
  std::string value;  ///< Put: what was written. Get: what was read.
  bool found = true;  ///< Get, Del: the key was there.
  Micros called = 0;
  Micros returned = kNever;  ///< kNever: the outcome is unknown.
};

class History {
 public:
  void Add(const std::string& key, const Operation& operation) { keys_[key].push_back(operation); }
  /// Nothing if every key's operations can be put into one order that explains all answers;
  /// else the key whose can't.
  [[nodiscard]] std::optional<std::string> FirstViolation() const;
  [[nodiscard]] const std::map<std::string, std::vector<Operation>>& keys() const { return keys_; }

 private:
  std::map<std::string, std::vector<Operation>> keys_;
};

/// Reads of unknown outcome are left out; writes of unknown outcome may have happened at any
/// time after the call, or never.
[[nodiscard]] bool IsLinearizable(const std::vector<Operation>& operations);

}  // namespace cairn::sim
