#pragma once
// The table of operations: what a request may ask for. A new operation is a row here, a case where
// the state machine applies it (kv/state_machine.cc) and a verb (cli).

#include <optional>
#include <string>
#include <string_view>

#include "common/block.h"
#include "common/status.h"

namespace cairn::api {

struct OperationRow {
  Op op;
  std::string_view name;     ///< What a person types and reads, and the "op" of JSON.
  bool of_clients;           ///< False: the cluster's own; no client may ask for it.
  bool has_value;            ///< False: its value is empty.
  Slot first;                ///< Where it may stand in the chain: from this slot
  std::optional<Slot> last;  ///< to this one, inclusive; nothing: everywhere after it.
};

/// Null if this program does not know the operation.
[[nodiscard]] const OperationRow* FindOperation(Op op);
/// "put"; "op 9" if this program does not know it.
[[nodiscard]] std::string NameOf(Op op);

/// Usage if a key is empty or over its limit (common/limits.h).
[[nodiscard]] Status CheckKey(std::string_view key);
/// Whether a client may ask for this. Usage if something is over its limit or too much; Denied if
/// the operation is none of clients.
[[nodiscard]] Status CheckOperation(Op op, std::string_view key, std::string_view value);
/// The same of a request, which must name its session, too: else Usage.
[[nodiscard]] Status CheckRequest(const Request& request);

}  // namespace cairn::api
