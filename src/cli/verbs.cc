#include "cli/verbs.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/verify_cluster.h"
#include "common/limits.h"

namespace cairn::cli {
namespace {

/// What of standard input shows whether it is a value: all of it, or enough to see that it is too
/// long. Not ok: nothing may be sent.
Result<std::string> ReadValue(const Streams& streams) {
  Result<std::string> value = streams.read(kMaxValueBytes + 1);
  if (!value.ok()) {
    return cairn::Status::Other("can't read the value from standard input: " +
                                value.status().message() + "; nothing was sent");
  }
  return value->size() <= kMaxValueBytes
             ? std::move(value)
             : cairn::Status::Usage("the value on standard input has more than " +
                                    std::to_string(kMaxValueBytes) +
                                    " bytes (1 MiB), the limit; nothing was sent");
}

}  // namespace

Verbs::Verbs(client::Client* client, const Streams& streams, bool json)
    : client_(client), streams_(streams), json_(json) {}

/// What could not be written was not said: an error of its own.
int Verbs::Written(Code code) {
  streams_.out->flush();
  if (!*streams_.out) {
    *streams_.err
        << "cairn: can't write to standard output; is its disk full or its reader gone?\n";
    return ExitCode(Code::kOther);
  }
  return ExitCode(code);
}

int Verbs::Finish(const Asked& asked, const client::OperationResult& result,
                  const std::string& note) {
  if (json_) {
    *streams_.out << text::Dump(OperationJson(asked, result, asked.op == "get")) << "\n";
  } else if (!result.ok()) {
    *streams_.err << "cairn " << asked.op << ": " << result.message << "\n";
  } else if (!note.empty()) {
    *streams_.err << note << "\n";
  }
  return Written(result.code);
}

int Verbs::Put(const std::string& key, const std::string& value) {
  const Result<std::string> bytes = value == "-" ? ReadValue(streams_) : value;
  const client::OperationResult result =
      bytes.ok() ? client_->Put(key, bytes.value()) : client::ResultOf(bytes.status());
  return Finish({"put", key, {}}, result, "decided at slot " + std::to_string(result.slot));
}

int Verbs::Get(const std::string& key, bool raw, NodeId stale_node) {
  const client::OperationResult result =
      stale_node == 0 ? client_->Get(key) : client_->GetStale(stale_node, key);
  Asked asked{"get", key, {}};
  if (result.ok()) {
    asked.value = result.value;
    if (!json_) {
      *streams_.out << result.value << (raw ? "" : "\n");
    }
  }
  return Finish(asked, result, "");
}

int Verbs::Del(const std::string& key) {
  const client::OperationResult result = client_->Del(key);
  return Finish({"del", key, {}}, result, "decided at slot " + std::to_string(result.slot));
}

int Verbs::Status() {
  const std::vector<client::NodeReport> reports = client_->StatusOfAll();
  const Summary summary = Summarize(reports);
  if (json_) {
    *streams_.out << text::Dump(StatusJson(reports, summary)) << "\n";
    for (const std::string& warning : summary.warnings) {
      *streams_.err << "!!! " << warning << "\n";
    }
  } else {
    *streams_.out << StatusText(reports, summary);
  }
  const auto refused = std::ranges::find_if(
      reports, [](const client::NodeReport& one) { return one.refused != Code::kOk; });
  return Written(refused != reports.end() ? refused->refused
                 : summary.quorum         ? Code::kOk
                                          : Code::kUnavailable);
}

int Verbs::Chain(NodeId node, Slot from, std::optional<Slot> to) {
  const cairn::Status status =
      client_->Chain(node, from, to, [this](const Block& block, Slot decided) {
        if (json_) {
          *streams_.out << text::Dump(BlockJson(block)) << "\n";
        } else {
          *streams_.out << BlockText(block)
                        << (block.slot() > decided ? "  (not yet known as decided there)\n" : "");
        }
      });
  if (!status.ok()) {
    Refuse(streams_, json_, "chain", status);
  }
  return Written(status.code());
}

int Verbs::VerifyCluster(bool full) {
  const ClusterVerdict verdict = cli::VerifyCluster(client_, full);
  *streams_.out << (json_ ? text::Dump(VerdictJson(verdict)) + "\n" : VerdictText(verdict));
  if (!verdict.status.ok()) {
    *streams_.err << "cairn verify: " << verdict.status.message() << "\n";
  }
  return Written(verdict.status.code());
}

int Verbs::FaultLink(const std::string& name, api::FaultCall::Kind kind, NodeId a, NodeId b) {
  return FinishFault(name, client_->FaultLink(kind, a, b));
}

int Verbs::FailProcess(NodeId node) {
  return FinishFault("failProcess", client_->FailProcess(node));
}

int Verbs::FinishFault(const std::string& name, const Result<std::string>& done) {
  if (json_) {
    text::Json json = OperationJson({name, {}, {}}, client::ResultOf(done.status()), false);
    if (done.ok()) {
      json["message"] = done.value();
    }
    *streams_.out << text::Dump(json) << "\n";
  } else if (done.ok()) {
    *streams_.err << done.value() << "\n";
  } else {
    *streams_.err << "cairn fault: " << done.status().message() << "\n";
  }
  return Written(done.status().code());
}

}  // namespace cairn::cli
