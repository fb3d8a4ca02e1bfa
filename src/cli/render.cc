#include "cli/render.h"

#include <algorithm>
#include <array>

#include "api/operation.h"
#include "chain/block_format.h"
#include "common/roster.h"
#include "text/text.h"

namespace cairn::cli {
namespace {

/// Digits of a hash that are enough to compare by eye.
constexpr std::size_t kShortHash = 12;

std::string GenesisText(const Block& block) {
  const Result<chain::GenesisParameters> parameters = chain::ReadGenesis(block);
  if (!parameters.ok()) {
    return "genesis";
  }
  return "genesis of cluster " + text::Quote(parameters->name) + " with " +
         (parameters->nodes.size() == 1 ? "node " : "nodes ") + text::JoinWords(parameters->nodes);
}

std::string FormText(const Request& request) {
  std::string text = request.op == Op::kForm ? "form the cluster:"
                     : request.op == Op::kReadmit
                         ? "readmit:"
                         : "recover the cluster, by an operator's decision:";
  const std::optional<Incarnations> incarnations = DecodeIncarnations(request.value);
  if (!incarnations) {
    return text + " " + text::Quote(request.value);
  }
  const char* separator = " ";
  for (const auto& [node, incarnation] : *incarnations) {
    text += separator + ("node " + std::to_string(node)) + " is " + text::ClientText(incarnation);
    separator = ", ";
  }
  return text;
}

std::string RequestText(const Block& block, const Request& request) {
  const std::string who = "  (client " + text::ClientText(request.client) + ", sequence " +
                          std::to_string(request.sequence) + ")";
  const api::OperationRow* row = api::FindOperation(request.op);
  if (request.op == Op::kGenesis) {
    return GenesisText(block);
  }
  if (row != nullptr && !row->of_clients) {
    return FormText(request);
  }
  return api::NameOf(request.op) + " " + text::Quote(request.key) +
         (row != nullptr && row->has_value ? " = " + text::Quote(request.value) : "") + who;
}

text::Json BallotJson(const Ballot& ballot) {
  return ballot.IsNone() ? text::Json(nullptr) : text::Json(ballot.ToString());
}

text::Json NodeJson(const client::NodeReport& report) {
  text::Json json;
  json["id"] = report.node;
  json["reachable"] = report.report.has_value();
  for (const char* field :
       {"role", "ballot", "promised", "decided", "applied", "tip", "tip_hash", "links", "goal",
        "lost", "full", "verified", "sessions", "longest_turn_us", "notes", "formed"}) {
    json[field] = nullptr;
  }
  if (report.report) {
    const api::ReplicaStatus& status = report.report->replica;
    json["role"] = status.role;
    json["ballot"] = BallotJson(status.ballot);
    json["promised"] = BallotJson(status.promised);
    json["decided"] = status.decided;
    json["applied"] = status.applied;
    json["tip"] = status.tip;
    json["tip_hash"] = status.tip_hash.Hex();
    json["links"] = text::Json::object();
    for (const api::LinkStatus& link : report.report->links) {
      json["links"][std::to_string(link.peer)] = link.state;
    }
    json["goal"] = status.goal;
    json["lost"] = status.lost;
    json["full"] = status.full;
    json["verified"] = report.report->verified;
    json["sessions"] = report.report->sessions;
    json["longest_turn_us"] = report.report->longest_turn;
    json["notes"] = report.report->notes;
    json["formed"] =
        report.report->formed ? text::Json(report.report->formed->Hex()) : text::Json(nullptr);
  }
  return json;
}

/// Under load a follower is some blocks behind what it hears of; that is no news.
constexpr Slot kNewsBehind = 64;

constexpr std::size_t kColumns = 10;
using Row = std::array<std::string, kColumns>;

Row NodeRow(const client::NodeReport& report) {
  const std::string id = std::to_string(report.node);
  if (!report.report) {
    return {id, "-", "", "", "", "", "", "", "", report.reason};
  }
  const api::ReplicaStatus& status = report.report->replica;
  std::vector<std::string> links;
  for (const api::LinkStatus& link : report.report->links) {
    links.push_back(std::to_string(link.peer) + " " + link.state);
  }
  std::string link_text;
  for (const std::string& link : links) {
    link_text += (link_text.empty() ? "" : ", ") + link;
  }
  return {id,
          status.role,
          status.ballot.ToString(),
          std::to_string(status.decided),
          std::to_string(status.applied),
          std::to_string(status.tip),
          status.tip_hash.Hex().substr(0, kShortHash),
          std::to_string(report.report->sessions),
          text::MillisText(report.report->longest_turn),
          link_text};
}

std::string Table(const std::vector<Row>& rows) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

/// The slot is known when the request was decided or read; else the number means something else.
bool HasSlot(const client::OperationResult& result) {
  return result.slot > 0 &&
         (result.code == Code::kOk || result.code == Code::kNotFound ||
          result.code == Code::kConditionFailed || result.code == Code::kUnknownOutcome);
}

}  // namespace

std::string BlockText(const Block& block) {
  std::string text = "block " + std::to_string(block.slot()) + "\n";
  text += "  hash      " + block.hash.Hex() + "\n";
  text += "  previous  " + block.header.parent.Hex() + "\n";
  text += "  nonce     " + std::to_string(block.header.nonce) + "\n";
  text += "  time      " + text::TimeText(block.header.time) + "\n";
  for (const Request& request : block.requests) {
    text += "    " + RequestText(block, request) + "\n";
  }
  return text;
}

text::Json BlockJson(const Block& block) {
  text::Json json;
  json["slot"] = block.slot();
  json["hash"] = block.hash.Hex();
  json["prev_hash"] = block.header.parent.Hex();
  json["nonce"] = block.header.nonce;
  json["time"] = block.header.time;
  json["requests"] = text::Json::array();
  for (const Request& request : block.requests) {
    text::Json one;
    one["op"] = api::NameOf(request.op);
    one["key"] = text::BytesJson(request.key);
    const api::OperationRow* row = api::FindOperation(request.op);
    one["value"] =
        row == nullptr || row->has_value ? text::BytesJson(request.value) : text::Json(nullptr);
    one["client"] = text::ClientText(request.client);
    one["sequence"] = request.sequence;
    json["requests"].push_back(std::move(one));
  }
  return json;
}

std::vector<std::string> NotesOf(const api::StatusReport& report) {
  const api::ReplicaStatus& status = report.replica;
  std::vector<std::string> notes;
  if (status.goal > status.decided + kNewsBehind) {
    notes.push_back("catching up: " + text::CountText(status.decided) + " of " +
                    text::CountText(status.goal) + " blocks");
  }
  if (status.lost > 0) {
    notes.push_back(status.lost == 1
                        ? "1 decided block is lost on its disk and being fetched again"
                        : text::CountText(status.lost) +
                              " decided blocks are lost on its disk and being fetched again");
  }
  if (status.full) {
    notes.emplace_back("its disk is full: it takes no new blocks until there is room again");
  }
  notes.insert(notes.end(), report.notes.begin(), report.notes.end());
  return notes;
}

std::string StatusText(const std::vector<client::NodeReport>& reports, const Summary& summary) {
  std::vector<Row> rows = {{"node", "role", "ballot", "decided", "applied", "tip", "tip hash",
                            "sessions", "longest turn", "links"}};
  for (const client::NodeReport& report : reports) {
    rows.push_back(NodeRow(report));
  }
  std::string text = Table(rows) + summary.words + "\n";
  if (summary.formed) {
    text += "cluster identity: " + summary.formed->Hex() + " (the hash of block 1)\n";
  }
  for (const client::NodeReport& report : reports) {
    for (const std::string& note :
         report.report ? NotesOf(*report.report) : std::vector<std::string>()) {
      text += "node " + std::to_string(report.node) + ": " + note + "\n";
    }
  }
  for (const std::string& warning : summary.warnings) {
    text += "!!! " + warning + "\n";
  }
  return text;
}

text::Json StatusJson(const std::vector<client::NodeReport>& reports, const Summary& summary) {
  text::Json json;
  json["leader"] = summary.leader == 0 ? text::Json(nullptr) : text::Json(summary.leader);
  json["quorum"] = summary.quorum;
  json["nodes"] = text::Json::array();
  for (const client::NodeReport& report : reports) {
    json["nodes"].push_back(NodeJson(report));
  }
  return json;
}

text::Json OperationJson(const Asked& asked, const client::OperationResult& result,
                         bool with_value) {
  text::Json json;
  json["op"] = asked.op.empty() ? text::Json(nullptr) : text::Json(asked.op);
  json["key"] = asked.key ? text::BytesJson(*asked.key) : text::Json(nullptr);
  if (with_value) {
    json["value"] = asked.value ? text::BytesJson(*asked.value) : text::Json(nullptr);
  }
  json["ok"] = result.ok();
  json["error"] =
      result.ok() ? text::Json(nullptr) : text::Json(std::string(CodeName(result.code)));
  json["slot"] = HasSlot(result) ? text::Json(result.slot) : text::Json(nullptr);
  json["leader"] = result.leader == 0 ? text::Json(nullptr) : text::Json(result.leader);
  if (!result.ok()) {
    json["message"] = result.message;
  }
  return json;
}

}  // namespace cairn::cli
