#pragma once
// What a client asks of the key-value store, and what became of it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/answer.h"
#include "common/block.h"
#include "common/status.h"
#include "common/types.h"

namespace cairn::client {

struct Operation {
  enum class Kind : std::uint8_t { kPut, kDel, kGet };
  Kind kind = Kind::kPut;
  std::string key;
  std::string value;  ///< Puts only.

  [[nodiscard]] bool is_write() const { return kind != Kind::kGet; }
};

/// Of a write.
[[nodiscard]] Op OpOf(Operation::Kind kind);
/// "put", "del" or "get".
[[nodiscard]] std::string NameOf(Operation::Kind kind);

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
[[nodiscard]] OperationResult ResultOf(const api::Answer& answer);
/// Usage if a key or value is not as it must be (api/operation.h).
[[nodiscard]] Status Check(const Operation& operation);
/// Nothing if the status is ok. Else the result of an operation that was never sent.
[[nodiscard]] std::optional<OperationResult> Unsent(const Status& status);
/// The sentence that a person is told of an operation which the cluster has settled.
void Explain(Operation::Kind kind, const std::string& key, OperationResult* result);

}  // namespace cairn::client
