#pragma once
// `cairn verify --cluster`: do the nodes of a running cluster hold one chain, and does it verify?
//
// Equal hashes at a slot mean equal histories up to it. So the nodes are compared by the hash of
// one block each: at the common slot, the smallest that any of them knows as decided, and again as
// far up as each one knows. Decided blocks never change, so that a cluster under load can be
// compared as well as an idle one. Then the chain of one node, or of each (`full`), is fetched and
// verified block by block.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/render.h"
#include "client/client.h"
#include "text/json.h"

namespace cairn::cli {

/// What came out for one node.
struct NodeVerdict {
  NodeId node = 0;
  bool reachable = false;
  Slot decided = 0;
  Slot compared = 0;                     ///< At this slot, with the reference.
  std::optional<Slot> first_difference;  ///< From the reference.
  std::uint64_t blocks = 0;              ///< Of this node, fetched and verified.
  Status problem;                        ///< Why it does not verify, or does not answer.
};

struct ClusterVerdict {
  std::vector<NodeVerdict> nodes;  ///< Ascending by id.
  Slot common = 0;
  Hash hash;             ///< At the common slot, at the reference.
  NodeId reference = 0;  ///< Whom the others are compared with: one of those who agree most.
  std::uint64_t blocks = 0;
  std::uint64_t requests = 0;  ///< In the blocks that were verified.
  /// Integrity if nodes differ or a block does not verify; Unavailable if no majority answers.
  Status status;
};

/// Works on the blocks that are decided when it begins.
[[nodiscard]] ClusterVerdict VerifyCluster(client::Client* client, bool full);

/// A line for each node, and what was verified.
[[nodiscard]] std::string VerdictText(const ClusterVerdict& verdict);
/// ok error message common_slot hash reference blocks requests, nodes: each with id reachable
/// decided compared equal first_difference blocks message.
[[nodiscard]] text::Json VerdictJson(const ClusterVerdict& verdict);

}  // namespace cairn::cli
