#pragma once
// Which node is asked next: the preferred one first, or who leads as far as is known, or who
// answered last; then whom the last answer named as leader; then the others in turn. Nodes that
// were silent lately come last.

#include <functional>
#include <map>
#include <set>

#include "client/knowledge.h"
#include "client/link.h"

namespace cairn::client {

using Links = std::map<NodeId, Link>;

class Route {
 public:
  /// `preferred`: 0 for none. What is pointed to is not owned; there is at least one link.
  Route(NodeId preferred, const Links* links, const Knowledge* knowledge);

  [[nodiscard]] NodeId First() const;
  /// Who comes after `last`, whose answer named `hint` as leader (0: nobody).
  [[nodiscard]] NodeId Next(NodeId last, NodeId hint);
  /// The node is being asked now.
  void Asked(NodeId node) { round_.insert(node); }
  /// It was not yet asked in this round, and was not silent lately.
  [[nodiscard]] bool Usable(NodeId node) const;

 private:
  [[nodiscard]] NodeId InTurn(NodeId last, const std::function<bool(const Link&)>& usable) const;

  NodeId preferred_;
  const Links* links_;
  const Knowledge* knowledge_;
  std::set<NodeId> round_;  // asked since every node was last asked
};

}  // namespace cairn::client
