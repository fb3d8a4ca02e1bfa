#pragma once
// Who is who by the chain (R7): the value of a kForm request names every node's incarnation, that
// of a kReadmit request the new one of a node that lost its memory, that of a kRecover request the
// new ones of all nodes after an operator's decision.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/block.h"
#include "common/types.h"

namespace cairn {

using Incarnations = std::map<NodeId, Incarnation>;

/// Sixteen hexadecimal digits.
[[nodiscard]] std::string FormatIncarnation(Incarnation incarnation);
/// u8 version=1, u32 count, then u32 node and u64 incarnation each, ascending.
[[nodiscard]] std::string EncodeIncarnations(const Incarnations& incarnations);
/// Nothing if the bytes are not such a list.
[[nodiscard]] std::optional<Incarnations> DecodeIncarnations(std::string_view bytes);
/// The request that makes block 1.
[[nodiscard]] Request MakeFormRequest(const Incarnations& incarnations);
/// The request that gives a node a vote again, under its new incarnation.
[[nodiscard]] Request MakeReadmitRequest(NodeId node, Incarnation incarnation);
/// The request by which an operator gives all nodes of a cluster that lost its majority new lives.
[[nodiscard]] Request MakeRecoverRequest(const Incarnations& incarnations);
/// The request is the cluster's own and says who is who.
[[nodiscard]] bool NamesIncarnations(const Request& request);
/// What a block says of incarnations; empty for nearly all blocks.
[[nodiscard]] Incarnations IncarnationsIn(const Block& block);

}  // namespace cairn
