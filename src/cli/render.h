#pragma once
// What cairn prints: blocks, states of nodes and results of operations, once for people and once
// as JSON. The JSON is one object on one line, without the newline; its fields keep the order in
// which they are documented. Bytes are text where they are valid UTF-8, else {"base64": "…"}.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/summary.h"
#include "client/client.h"
#include "common/block.h"
#include "text/json.h"

namespace cairn::cli {

/// Some lines, the last one with its newline: slot, hash, previous hash, nonce, time, operations.
[[nodiscard]] std::string BlockText(const Block& block);
/// slot hash prev_hash nonce time requests; `time` in microseconds since the Unix epoch, each
/// request with op key value client sequence; `client` as 16 hexadecimal digits.
[[nodiscard]] text::Json BlockJson(const Block& block);

/// What a person should know of a node beside its line of the table, a sentence each: that it
/// catches up, that blocks of its are lost, that its disk is full, and its own notes.
[[nodiscard]] std::vector<std::string> NotesOf(const api::StatusReport& report);
/// A table of the nodes, the situation in words, the nodes' notes, and warnings.
[[nodiscard]] std::string StatusText(const std::vector<client::NodeReport>& reports,
                                     const Summary& summary);
/// leader (id or null), quorum, nodes: each with id reachable role ballot promised decided applied
/// tip tip_hash links goal lost full verified notes formed (all null when it is not reachable;
/// links: the state by the peer's id; goal: the greatest slot that it has heard of as decided;
/// lost: decided blocks that it fetches again; verified: blocks that it read and verified again
/// since it began to; notes: sentences; formed: the hash of block 1, null as long as the node does
/// not know it).
[[nodiscard]] text::Json StatusJson(const std::vector<client::NodeReport>& reports,
                                    const Summary& summary);

/// What a person asked for, and what became of it.
struct Asked {
  std::string op;
  std::optional<std::string> key;
  std::optional<std::string> value;
};
/// op key value ok error slot leader; also message, when it went wrong. The value is left out if
/// `with_value` is false, else null if there is none.
[[nodiscard]] text::Json OperationJson(const Asked& asked, const client::OperationResult& result,
                                       bool with_value);

}  // namespace cairn::cli
