#include "client/verbs.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "client/verify_cluster.h"
#include "common/limits.h"

namespace cairn::client {
namespace {

/// What of standard input shows whether it is a value: all of it, or enough to see that it is too
/// long. Not ok: nothing may be sent.
Result<std::string> ReadValue(const World& world) {
  Result<std::string> value = world.read(kMaxValueBytes + 1);
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

Verbs::Verbs(Client* client, const World& world, bool json)
    : client_(client), world_(world), json_(json) {}

/// What could not be written was not said: an error of its own.
int Verbs::Written(Code code) {
  world_.out->flush();
  if (!*world_.out) {
    *world_.err << "cairn: can't write to standard output; is its disk full or its reader gone?\n";
    return ExitCode(Code::kOther);
  }
  return ExitCode(code);
}

int Verbs::Finish(const Asked& asked, const OperationResult& result, const std::string& note) {
  if (json_) {
    *world_.out << Dump(OperationJson(asked, result, asked.op == "get")) << "\n";
  } else if (!result.ok()) {
    *world_.err << "cairn " << asked.op << ": " << result.message << "\n";
  } else if (!note.empty()) {
    *world_.err << note << "\n";
  }
  return Written(result.code);
}

int Verbs::Put(const std::string& key, const std::string& value) {
  const Result<std::string> bytes = value == "-" ? ReadValue(world_) : value;
  const OperationResult result =
      bytes.ok() ? client_->Put(key, bytes.value()) : ResultOf(bytes.status());
  return Finish({"put", key, {}}, result, "decided at slot " + std::to_string(result.slot));
}

int Verbs::Get(const std::string& key, bool raw, NodeId stale_node) {
  const OperationResult result =
      stale_node == 0 ? client_->Get(key) : client_->GetStale(stale_node, key);
  Asked asked{"get", key, {}};
  if (result.ok()) {
    asked.value = result.value;
    if (!json_) {
      *world_.out << result.value << (raw ? "" : "\n");
    }
  }
  return Finish(asked, result, "");
}

int Verbs::Del(const std::string& key) {
  const OperationResult result = client_->Del(key);
  return Finish({"del", key, {}}, result, "decided at slot " + std::to_string(result.slot));
}

int Verbs::Status() {
  const std::vector<NodeReport> reports = client_->StatusOfAll();
  const Summary summary = Summarize(reports);
  if (json_) {
    *world_.out << Dump(StatusJson(reports, summary)) << "\n";
    for (const std::string& warning : summary.warnings) {
      *world_.err << "!!! " << warning << "\n";
    }
  } else {
    *world_.out << StatusText(reports, summary);
  }
  const auto refused =
      std::ranges::find_if(reports, [](const NodeReport& one) { return one.refused != Code::kOk; });
  return Written(refused != reports.end() ? refused->refused
                 : summary.quorum         ? Code::kOk
                                          : Code::kUnavailable);
}

int Verbs::Chain(NodeId node, Slot from, std::optional<Slot> to) {
  const cairn::Status status =
      client_->Chain(node, from, to, [this](const Block& block, Slot decided) {
        if (json_) {
          *world_.out << Dump(BlockJson(block)) << "\n";
        } else {
          *world_.out << BlockText(block)
                      << (block.slot() > decided ? "  (not yet known as decided there)\n" : "");
        }
      });
  if (!status.ok()) {
    Refuse(world_, json_, "chain", status);
  }
  return Written(status.code());
}

int Verbs::VerifyCluster(bool full) {
  const ClusterVerdict verdict = client::VerifyCluster(client_, full);
  *world_.out << (json_ ? Dump(VerdictJson(verdict)) + "\n" : VerdictText(verdict));
  if (!verdict.status.ok()) {
    *world_.err << "cairn verify: " << verdict.status.message() << "\n";
  }
  return Written(verdict.status.code());
}

int Verbs::FaultLink(const std::string& name, net::FaultCall::Kind kind, NodeId a, NodeId b) {
  return FinishFault(name, client_->FaultLink(kind, a, b));
}

int Verbs::FailProcess(NodeId node) {
  return FinishFault("failProcess", client_->FailProcess(node));
}

int Verbs::FinishFault(const std::string& name, const Result<std::string>& done) {
  if (json_) {
    Json json = OperationJson({name, {}, {}}, ResultOf(done.status()), false);
    if (done.ok()) {
      json["message"] = done.value();
    }
    *world_.out << Dump(json) << "\n";
  } else if (done.ok()) {
    *world_.err << done.value() << "\n";
  } else {
    *world_.err << "cairn fault: " << done.status().message() << "\n";
  }
  return Written(done.status().code());
}

int Refuse(const World& world, bool json, const std::string& op, const Status& status) {
  if (json) {
    *world.out << Dump(OperationJson({op, {}, {}}, ResultOf(status), false)) << "\n";
    world.out->flush();
  } else {
    *world.err << "cairn" << (op.empty() ? "" : " ") << op << ": " << status.message() << "\n";
  }
  return ExitCode(status.code());
}

}  // namespace cairn::client
