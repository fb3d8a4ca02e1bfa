#pragma once
// What happens on the stage as lines of text. A block is named by the first six digits of its hash.

#include <string>

#include "replica/replica.h"

namespace cairn::scenarios {

/// sim::Describe, and the blocks that the message carries.
[[nodiscard]] std::string MessageWords(const replica::Message& message);
[[nodiscard]] std::string WriteWords(const replica::LedgerWrite& write);
[[nodiscard]] std::string AnswerWords(const api::Answer& answer);
[[nodiscard]] std::string BlockName(const Block& block);
/// What the requests of a block do: "put a=1, del b".
[[nodiscard]] std::string RequestWords(const Block& block);
[[nodiscard]] std::string RequestWords(const Request& request);
[[nodiscard]] std::string StatusWords(const api::ReplicaStatus& status);

}  // namespace cairn::scenarios
