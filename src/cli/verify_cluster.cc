#include "cli/verify_cluster.h"

#include <algorithm>
#include <map>
#include <utility>

#include "chain/block_format.h"
#include "text/text.h"

namespace cairn::cli {
namespace {

std::string Name(NodeId node) { return "node " + std::to_string(node); }

class Comparison {
 public:
  explicit Comparison(client::Client* client) : client_(client) {}

  ClusterVerdict Run(bool full) {
    for (const client::NodeReport& report : client_->StatusOfAll()) {
      NodeVerdict node;
      node.node = report.node;
      node.reachable = report.report.has_value();
      node.decided = node.reachable ? report.report->replica.decided : 0;
      node.problem = node.reachable
                         ? Status::Ok()
                         : Status(report.refused == Code::kOk ? Code::kUnavailable : report.refused,
                                  report.reason);
      verdict_.nodes.push_back(std::move(node));
    }
    if (ChooseReference()) {
      for (NodeVerdict& node : verdict_.nodes) {
        CompareWithReference(&node);
      }
      for (NodeVerdict& node : verdict_.nodes) {
        if (full || node.node == verdict_.reference) {
          VerifyChain(&node);
        }
      }
    }
    verdict_.status = Conclude();
    return std::move(verdict_);
  }

 private:
  /// A node that has gone meanwhile is unreachable; whatever else it says is a problem of its.
  static void Note(NodeVerdict* node, const Status& status) {
    node->reachable = node->reachable && status.code() != Code::kUnavailable;
    node->problem = status;
  }

  [[nodiscard]] std::size_t Answering() const {
    return static_cast<std::size_t>(
        std::count_if(verdict_.nodes.begin(), verdict_.nodes.end(),
                      [](const NodeVerdict& node) { return node.reachable; }));
  }

  /// The node's hash at the slot; nothing, with its problem noted, if it can't give one.
  std::optional<Hash> HashOf(NodeVerdict* node, Slot slot) {
    const auto known = hashes_.find({node->node, slot});
    if (known != hashes_.end()) {
      return known->second;
    }
    std::optional<Hash> hash;
    const Status status =
        client_->Chain(node->node, slot, slot,
                       [&hash](const Block& block, Slot /*decided*/) { hash = block.hash; });
    if (!status.ok()) {
      Note(node, status);
      return std::nullopt;
    }
    hashes_[{node->node, slot}] = *hash;
    return hash;
  }

  /// Of those who agree at the common slot, and are most, the one that knows most.
  bool ChooseReference() {
    if (Answering() < QuorumOf(verdict_.nodes.size())) {
      return false;
    }
    std::optional<Slot> common;
    for (const NodeVerdict& node : verdict_.nodes) {
      if (node.reachable) {
        common = std::min(common.value_or(node.decided), node.decided);
      }
    }
    verdict_.common = *common;
    std::map<Hash, std::vector<NodeVerdict*>> groups;
    for (NodeVerdict& node : verdict_.nodes) {
      if (!node.reachable) {
        continue;
      }
      if (const auto hash = HashOf(&node, *common)) {
        groups[*hash].push_back(&node);
      }
    }
    const std::vector<NodeVerdict*>* most = nullptr;
    for (const auto& [hash, nodes] : groups) {
      if (most == nullptr || nodes.size() > most->size()) {
        most = &nodes;
        verdict_.hash = hash;
      }
    }
    if (most == nullptr) {
      return false;
    }
    reference_ = *std::max_element(
        most->begin(), most->end(),
        [](const NodeVerdict* a, const NodeVerdict* b) { return a->decided < b->decided; });
    verdict_.reference = reference_->node;
    return true;
  }

  void CompareWithReference(NodeVerdict* node) {
    if (!node->reachable || !node->problem.ok()) {
      return;
    }
    node->compared = std::min(node->decided, reference_->decided);
    const auto its = HashOf(node, node->compared);
    const auto reference = HashOf(reference_, node->compared);
    if (its && reference && *its != *reference) {
      FindFirstDifference(node);
    }
  }

  /// Equal hash, equal history: below the first difference all are equal, from it on none is.
  void FindFirstDifference(NodeVerdict* node) {
    Slot low = 0;
    Slot high = node->compared;
    while (low < high) {
      const Slot middle = low + (high - low) / 2;
      const auto its = HashOf(node, middle);
      const auto reference = HashOf(reference_, middle);
      if (!its || !reference) {
        return;
      }
      (*its == *reference ? low : high) = *its == *reference ? middle + 1 : middle;
    }
    const auto its = HashOf(node, low);
    const auto reference = HashOf(reference_, low);
    if (!its || !reference) {
      return;
    }
    node->first_difference = low;
    node->problem = Status::Integrity(
        "DISAGREEMENT: " + Name(node->node) + " and " + Name(reference_->node) +
        " know different blocks as decided from slot " + std::to_string(low) +
        " on: " + its->Hex() + " and " + reference->Hex() +
        ". This must never happen: stop both and run `cairn verify` on their directories.");
  }

  void VerifyChain(NodeVerdict* node) {
    if (!node->reachable || !node->problem.ok()) {
      return;
    }
    const BlockPtr genesis = chain::MakeGenesis(config::ParametersOf(client_->cluster()));
    std::uint64_t requests = 0;
    Hash last;
    const Status status =
        client_->Chain(node->node, 0, node->decided, [&](const Block& block, Slot /*decided*/) {
          if (block.slot() == 0 && block.hash != genesis->hash) {
            node->problem = Status::Integrity(
                Name(node->node) + " begins with another genesis block than the cluster file " +
                client_->cluster().path + " makes: " + block.hash.Hex());
          }
          ++node->blocks;
          requests += block.requests.size();
          last = block.hash;
        });
    if (!status.ok()) {
      return Note(node, status);
    }
    const auto known = hashes_.find({node->node, node->decided});
    if (known != hashes_.end() && last != known->second) {
      node->problem = Status::Integrity(Name(node->node) + " gave two different blocks for slot " +
                                        std::to_string(node->decided) + ", which is decided.");
    }
    verdict_.blocks += node->blocks;
    verdict_.requests += requests;
  }

  [[nodiscard]] Status Conclude() const {
    for (const NodeVerdict& node : verdict_.nodes) {
      if (!node.problem.ok() && node.problem.code() != Code::kUnavailable) {
        return Status::Integrity(node.first_difference
                                     ? node.problem.message()
                                     : Name(node.node) + ": " + node.problem.message());
      }
    }
    const std::size_t total = verdict_.nodes.size();
    if (Answering() < QuorumOf(total)) {
      return Status::Unavailable("no majority to compare: " + std::to_string(Answering()) + " of " +
                                 std::to_string(total) + " nodes answer, " +
                                 std::to_string(QuorumOf(total)) + " are needed");
    }
    return reference_ != nullptr && reference_->reachable
               ? Status::Ok()
               : Status::Unavailable(Name(verdict_.reference) +
                                     " has gone while its chain was being verified; try again");
  }

  client::Client* client_;
  ClusterVerdict verdict_;
  NodeVerdict* reference_ = nullptr;
  std::map<std::pair<NodeId, Slot>, Hash> hashes_;
};

std::string NodeLine(const NodeVerdict& node, const ClusterVerdict& verdict) {
  if (!node.reachable) {
    return node.problem.code() == Code::kUnavailable ? "no answer" : "NOT COMPARED";
  }
  std::string line = "decided up to slot " + text::CountText(node.decided);
  if (node.first_difference) {
    line += ", DIFFERENT from slot " + text::CountText(*node.first_difference) + " on";
  } else if (!node.problem.ok()) {
    line += ", DOES NOT VERIFY";
  } else if (node.node != verdict.reference) {
    line +=
        ", equal to " + Name(verdict.reference) + " up to slot " + text::CountText(node.compared);
  }
  return line + (node.blocks > 0 && node.problem.ok()
                     ? ", " + text::CountText(node.blocks) + " blocks verified"
                     : "");
}

}  // namespace

ClusterVerdict VerifyCluster(client::Client* client, bool full) {
  return Comparison(client).Run(full);
}

std::string VerdictText(const ClusterVerdict& verdict) {
  std::string text;
  for (const NodeVerdict& node : verdict.nodes) {
    text += Name(node.node) + ": " + NodeLine(node, verdict) + "\n";
  }
  if (verdict.status.ok()) {
    text += "the nodes that answer hold one chain: equal at slot " +
            text::CountText(verdict.common) + " (" + verdict.hash.Hex() + "); " +
            text::CountText(verdict.blocks) + " blocks and " + text::CountText(verdict.requests) +
            " requests verify: hashes, links, nonces and request roots\n";
  }
  return text;
}

text::Json VerdictJson(const ClusterVerdict& verdict) {
  const auto message = [](const Status& status) {
    return status.ok() ? text::Json(nullptr) : text::Json(status.message());
  };
  text::Json json;
  json["ok"] = verdict.status.ok();
  json["error"] = verdict.status.ok() ? text::Json(nullptr)
                                      : text::Json(std::string(CodeName(verdict.status.code())));
  json["message"] = message(verdict.status);
  json["common_slot"] = verdict.reference == 0 ? text::Json(nullptr) : text::Json(verdict.common);
  json["hash"] = verdict.reference == 0 ? text::Json(nullptr) : text::Json(verdict.hash.Hex());
  json["reference"] = verdict.reference == 0 ? text::Json(nullptr) : text::Json(verdict.reference);
  json["blocks"] = verdict.blocks;
  json["requests"] = verdict.requests;
  json["nodes"] = text::Json::array();
  for (const NodeVerdict& node : verdict.nodes) {
    text::Json one;
    one["id"] = node.node;
    one["reachable"] = node.reachable;
    one["decided"] = node.reachable ? text::Json(node.decided) : text::Json(nullptr);
    one["compared"] = node.reachable ? text::Json(node.compared) : text::Json(nullptr);
    one["equal"] = node.reachable ? text::Json(!node.first_difference && node.problem.ok())
                                  : text::Json(nullptr);
    one["first_difference"] =
        node.first_difference ? text::Json(*node.first_difference) : text::Json(nullptr);
    one["blocks"] = node.blocks;
    one["message"] = message(node.problem);
    json["nodes"].push_back(std::move(one));
  }
  return json;
}

}  // namespace cairn::cli
