#include "cli/summary.h"

#include <utility>

#include "text/text.h"

namespace cairn::cli {
namespace {

using api::ReplicaStatus;

const ReplicaStatus* Find(const std::vector<client::NodeReport>& reports, NodeId node) {
  for (const client::NodeReport& report : reports) {
    if (report.node == node && report.report) {
      return &report.report->replica;
    }
  }
  return nullptr;
}

/// The leader's own word counts more than what a follower still believes of it.
NodeId LeaderOf(const std::vector<client::NodeReport>& reports) {
  const ReplicaStatus* best = nullptr;
  for (const client::NodeReport& report : reports) {
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

/// Who answers and who does not.
struct Attendance {
  explicit Attendance(const std::vector<client::NodeReport>& reports) : total(reports.size()) {
    for (const client::NodeReport& report : reports) {
      if (!report.report) {
        silent.push_back(report.node);
        continue;
      }
      const ReplicaStatus& status = report.report->replica;
      (status.role == "learner" ? learners : voters).push_back(report.node);
      forming = forming || status.role == "forming";
      // One that learns can't say why nobody leads.
      if (newest == nullptr || Rank(*newest) < Rank(status)) {
        newest = &status;
      }
    }
  }
  static std::pair<bool, Ballot> Rank(const ReplicaStatus& status) {
    return std::pair(status.role != "learner", status.ballot);
  }
  [[nodiscard]] std::size_t answering() const { return total - silent.size(); }
  [[nodiscard]] std::string Count() const {
    return std::to_string(answering()) + " of " + std::to_string(total) +
           (total == 1 ? " node answers" : " nodes answer");
  }

  std::size_t total;
  std::vector<NodeId> silent;
  std::vector<NodeId> learners;  // those without a vote
  std::vector<NodeId> voters;
  const ReplicaStatus* newest = nullptr;
  bool forming = false;
};

/// So many have forgotten that the others are no majority (R7).
std::string TooManyForgot(const Attendance& there) {
  const std::size_t quorum = QuorumOf(there.total);
  const bool one = there.learners.size() == 1;
  std::string words = "no majority that knows the chain: " + text::NodesText(there.learners) +
                      (one ? " has lost what it knew" : " have lost what they knew") +
                      " and can't vote";
  words += "; " + std::to_string(there.voters.size()) +
           (there.voters.size() == 1 ? " other answers, " : " others answer, ") +
           std::to_string(quorum) + (quorum == 1 ? " is needed" : " are needed");
  if (there.voters.size() + there.silent.size() < quorum) {
    words +=
        ". If no older directory of theirs can be found, only an operator's decision helps: "
        "stop all nodes and run `cairn recover` on the directories of " +
        (there.voters.empty() ? "those that know most" : text::NodesText(there.voters));
  }
  return words;
}

std::string Words(const std::vector<client::NodeReport>& reports, NodeId leader) {
  const Attendance there(reports);
  const std::size_t quorum = QuorumOf(there.total);
  std::string words;
  if (leader != 0) {
    words = "node " + std::to_string(leader) + " leads; " + there.Count();
  } else if (there.forming && there.newest->tip == 0) {
    words = "the cluster is forming, for which all its nodes must be up once: " + there.Count();
  } else if (there.answering() < quorum) {
    words = "no majority: " + there.Count() + "; " + std::to_string(quorum) +
            (quorum == 1 ? " is needed" : " are needed");
  } else if (there.voters.size() < quorum) {
    words = TooManyForgot(there);
  } else {
    words = "no leader, though " + there.Count();
    if (!there.newest->words.empty()) {
      words += "; node " + std::to_string(there.newest->node) + " says: " + there.newest->words;
    }
  }
  if (!there.silent.empty() && there.answering() > 0) {
    words += "; no answer from " + text::NodesText(there.silent);
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

/// Nodes of another cluster that was made from the same file answer at an address of this one.
void CompareClusters(const std::vector<client::NodeReport>& reports, Summary* summary) {
  const client::NodeReport* first = nullptr;
  for (const client::NodeReport& report : reports) {
    if (!report.report || !report.report->formed) {
      continue;
    }
    if (first == nullptr) {
      first = &report;
      summary->formed = report.report->formed;
    } else if (*report.report->formed != *first->report->formed) {
      summary->formed.reset();
      summary->warnings.push_back(
          "TWO CLUSTERS: what answers as node " + std::to_string(first->node) +
          " has the block 1 " + first->report->formed->Hex() + ", what answers as node " +
          std::to_string(report.node) + " has " + report.report->formed->Hex() +
          ": compare the addresses in the cluster file.");
    }
  }
}

}  // namespace

Summary Summarize(const std::vector<client::NodeReport>& reports) {
  Summary summary;
  summary.leader = LeaderOf(reports);
  summary.quorum = summary.leader != 0;
  summary.words = Words(reports, summary.leader);
  CompareClusters(reports, &summary);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    for (std::size_t j = i + 1; j < reports.size(); ++j) {
      if (reports[i].report && reports[j].report) {
        WarnOfDifference(reports[i].report->replica, reports[j].report->replica, &summary);
      }
    }
  }
  return summary;
}

}  // namespace cairn::cli
