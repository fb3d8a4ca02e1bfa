#pragma once
// Which node is asked next: the preferred one first, or who leads as far as is known, or who
// answered last; then whom the last answer named as leader; then the others in turn. Nodes that
// were silent lately, or refused this client, come last. And why nobody is left to be asked, or did
// not answer.

#include <functional>
#include <map>
#include <set>
#include <string>

#include "client/cluster_view.h"
#include "client/link.h"
#include "client/options.h"

namespace cairn::client {

using Links = std::map<NodeId, Link>;

class Route {
 public:
  /// What is pointed to is not owned; there is at least one link.
  Route(const Options& options, const Links* links, const ClusterView* view);

  [[nodiscard]] NodeId First() const;
  /// Who comes after `last`, whose answer named `hint` as leader (0: nobody).
  [[nodiscard]] NodeId Next(NodeId last, NodeId hint);
  /// The node is being asked now.
  void Asked(NodeId node) {
    round_.insert(node);
    asked_.insert(node);
  }
  /// All nodes that were asked, in any round.
  [[nodiscard]] const std::set<NodeId>& asked() const { return asked_; }
  /// Why no node will do it: all were asked, and each refuses this client, and not for a while
  /// only. Null if one may do it.
  [[nodiscard]] const Status* Hopeless() const;
  /// Which nodes refuse this client, with their reasons, as parts of a sentence that end with "; ".
  [[nodiscard]] std::string Refusals() const;
  /// It was not yet asked in this round, and was not silent lately.
  [[nodiscard]] bool Usable(NodeId node) const;

 private:
  [[nodiscard]] NodeId InTurn(NodeId last, const std::function<bool(const Link&)>& usable) const;

  NodeId preferred_;
  NodeId only_;  // 0: any may be asked
  const Links* links_;
  const ClusterView* view_;
  std::set<NodeId> round_;  // asked since every node was last asked
  std::set<NodeId> asked_;
};

}  // namespace cairn::client
