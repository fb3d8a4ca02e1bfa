#include "client/summary.h"

#include <algorithm>

#include "client/text.h"

namespace cairn::client {
namespace {

using replica::ReplicaStatus;

const ReplicaStatus* Find(const std::vector<NodeReport>& reports, NodeId node) {
  for (const NodeReport& report : reports) {
    if (report.node == node && report.report) {
      return &report.report->replica;
    }
  }
  return nullptr;
}

/// The leader's own word counts more than what a follower still believes of it.
NodeId LeaderOf(const std::vector<NodeReport>& reports) {
  const ReplicaStatus* best = nullptr;
  for (const NodeReport& report : reports) {
    if (!report.report) {
      continue;
    }
    const ReplicaStatus& status = report.report->replica;
    if (!status.quorum || status.leader == 0) {
      continue;
    }
    const ReplicaStatus* leader = Find(reports, status.leader);
    if (leader != nullptr && (leader->role != "leader" || !leader->quorum)) {
      continue;
    }
    if (best == nullptr || best->ballot < status.ballot) {
      best = &status;
    }
  }
  return best == nullptr ? 0 : best->leader;
}

std::string Words(const std::vector<NodeReport>& reports, NodeId leader) {
  std::vector<NodeId> silent;
  const ReplicaStatus* newest = nullptr;
  bool forming = false;
  for (const NodeReport& report : reports) {
    if (!report.report) {
      silent.push_back(report.node);
      continue;
    }
    const ReplicaStatus& status = report.report->replica;
    forming = forming || status.role == "forming";
    if (newest == nullptr || newest->ballot < status.ballot) {
      newest = &status;
    }
  }
  const std::size_t total = reports.size();
  const std::size_t answering = total - silent.size();
  const std::string count = std::to_string(answering) + " of " + std::to_string(total) +
                            (total == 1 ? " node answers" : " nodes answer");
  std::string words;
  if (leader != 0) {
    words = "node " + std::to_string(leader) + " leads; " + count;
  } else if (forming && newest->tip == 0) {
    words = "the cluster is forming, for which all its nodes must be up once: " + count;
  } else if (answering < QuorumOf(total)) {
    words = "no majority: " + count + "; " + std::to_string(QuorumOf(total)) +
            (QuorumOf(total) == 1 ? " is needed" : " are needed");
  } else {
    words = "no leader, though " + count;
    if (!newest->words.empty()) {
      words += "; node " + std::to_string(newest->node) + " says: " + newest->words;
    }
  }
  if (!silent.empty() && answering > 0) {
    words += silent.size() == 1 ? "; no answer from node " : "; no answer from nodes ";
    words += JoinWords(silent);
  }
  return words;
}

void WarnOfDifference(const ReplicaStatus& a, const ReplicaStatus& b, Summary* summary) {
  if (a.tip != b.tip || a.tip_hash == b.tip_hash) {
    return;
  }
  const std::string nodes = "nodes " + std::to_string(a.node) + " and " + std::to_string(b.node);
  const std::string slot = std::to_string(a.tip);
  if (a.decided >= a.tip && b.decided >= b.tip) {
    summary->warnings.push_back(
        "DISAGREEMENT: " + nodes + " both say that slot " + slot +
        " is decided, with different blocks. This must never happen: stop them and run "
        "`cairn verify` on their directories.");
  } else {
    summary->warnings.push_back("DIFFERENT TIPS: " + nodes + " have different blocks at slot " +
                                slot +
                                "; at least one is not decided, and the leader replaces it.");
  }
}

}  // namespace

Summary Summarize(const std::vector<NodeReport>& reports) {
  Summary summary;
  summary.leader = LeaderOf(reports);
  summary.quorum = summary.leader != 0;
  summary.words = Words(reports, summary.leader);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    for (std::size_t j = i + 1; j < reports.size(); ++j) {
      if (reports[i].report && reports[j].report) {
        WarnOfDifference(reports[i].report->replica, reports[j].report->replica, &summary);
      }
    }
  }
  return summary;
}

}  // namespace cairn::client
