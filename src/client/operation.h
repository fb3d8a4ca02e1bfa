#pragma once
// What a client asks of the key-value store, and what became of it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/status.h"
#include "common/types.h"
#include "replica/message.h"

namespace cairn::client {

struct Operation {
  enum class Kind : std::uint8_t { kPut, kDel, kGet };
  Kind kind = Kind::kPut;
  std::string key;
  std::string value;  ///< Puts only.

  [[nodiscard]] bool is_write() const { return kind != Kind::kGet; }
};

/// "put", "del" or "get".
[[nodiscard]] const char* NameOf(Operation::Kind kind);

/// What became of an operation.
struct OperationResult {
  Code code = Code::kOk;
  std::string message;  ///< A sentence for a person unless ok.
  Slot slot = 0;        ///< Decided at (writes), read at (reads).
  std::string value;    ///< Reads only.
  NodeId leader = 0;    ///< 0: not known.

  [[nodiscard]] bool ok() const { return code == Code::kOk; }
};

/// With nothing but the code and the sentence.
[[nodiscard]] OperationResult Failed(Code code, std::string message);
[[nodiscard]] OperationResult ResultOf(const Status& status);
/// All that the answer says.
[[nodiscard]] OperationResult ResultOf(const replica::Answer& answer);
/// Usage if the key is empty or something is over its limit (common/limits.h).
[[nodiscard]] std::optional<OperationResult> CheckSize(std::string_view key,
                                                       std::string_view value);
/// The sentence that a person is told of an operation which the cluster has settled.
void Explain(Operation::Kind kind, const std::string& key, OperationResult* result);

}  // namespace cairn::client
