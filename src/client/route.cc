#include "client/route.h"

#include "client/outcome_tracker.h"
#include "text/text.h"

namespace cairn::client {

Route::Route(const Options& options, const Links* links, const ClusterView* view)
    : preferred_(options.preferred),
      only_(options.only_preferred ? options.preferred : 0),
      links_(links),
      view_(view) {}

NodeId Route::First() const {
  if (only_ != 0) {
    return only_;
  }
  for (const NodeId node : {preferred_, view_->leader, view_->good}) {
    if (Usable(node)) {
      return node;
    }
  }
  return InTurn(preferred_ != 0 ? preferred_ : view_->good,
                [](const Link& link) { return !link.IsQuiet(); });
}

NodeId Route::Next(NodeId last, NodeId hint) {
  if (only_ != 0) {
    return only_;
  }
  if (Usable(hint)) {
    return hint;
  }
  const NodeId next = InTurn(last, [this](const Link& link) { return Usable(link.node()); });
  if (Usable(next)) {
    return next;
  }
  round_.clear();
  return InTurn(last, [](const Link& link) { return !link.IsQuiet(); });
}

/// The first usable node after `last`, which comes last itself; if none is usable, the one
/// after `last`.
NodeId Route::InTurn(NodeId last, const std::function<bool(const Link&)>& usable) const {
  auto place = links_->upper_bound(last);
  NodeId fallback = 0;
  for (std::size_t i = 0; i < links_->size(); ++i, ++place) {
    if (place == links_->end()) {
      place = links_->begin();
    }
    if (usable(place->second)) {
      return place->first;
    }
    fallback = fallback == 0 ? place->first : fallback;
  }
  return fallback;
}

const Status* Route::Hopeless() const {
  const Status* reason = nullptr;
  for (const auto& [node, link] : *links_) {
    if (only_ != 0 && node != only_) {
      continue;
    }
    if (asked_.count(node) == 0 || !IsLasting(link.refusal())) {
      return nullptr;
    }
    reason = reason == nullptr || node == preferred_ ? &link.refusal() : reason;
  }
  return reason;
}

std::string Route::Refusals() const {
  std::map<std::string, std::set<NodeId>> by_reason;
  for (const NodeId node : asked_) {
    if (const Status& refusal = links_->at(node).refusal(); !refusal.ok()) {
      by_reason[refusal.message()].insert(node);
    }
  }
  std::string text;
  for (const auto& [reason, nodes] : by_reason) {
    text +=
        text::NodesText(nodes) + (nodes.size() == 1 ? " refuses: " : " refuse: ") + reason + "; ";
  }
  return text;
}

bool Route::Usable(NodeId node) const {
  const auto place = links_->find(node);
  return place != links_->end() && (only_ == 0 || node == only_) && round_.count(node) == 0 &&
         !place->second.IsQuiet();
}

}  // namespace cairn::client
