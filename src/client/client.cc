#include "client/client.h"

#include <utility>

#include "api/operation.h"
#include "common/check.h"
#include "common/limits.h"
#include "text/text.h"

namespace cairn::client {
Client::Client(config::Cluster cluster, Options options, Environment environment)
    : cluster_(std::move(cluster)), options_(options), environment_(std::move(environment)) {
  CAIRN_CHECK(!cluster_.nodes.empty(), "a cluster has nodes");
  for (const config::NodeAddress& node : cluster_.nodes) {
    links_.emplace(node.id, Link(node, &environment_, &view_));
  }
  view_.formed = environment_.formed;
  view_.kept_at = environment_.kept_at;
  CAIRN_CHECK(options_.preferred == 0 || links_.count(options_.preferred) > 0,
              "the preferred node is one of the cluster");
  view_.good = cluster_.nodes[environment_.random() % cluster_.nodes.size()].id;
  RenewSession();
}

void Client::RenewSession() { session_ = NewSession(environment_); }

void Client::FreshenSession() {
  if (session_.IsOld(environment_.now())) {
    // A new session needs a new base: what is known as decided may be as old as the idle time.
    RenewSession();
    for (auto& [node, link] : links_) {
      link.GreetAgain();
    }
  }
}

OperationResult Client::Put(const std::string& key, const std::string& value) {
  return Write(Operation::Kind::kPut, key, value);
}

OperationResult Client::Del(const std::string& key) {
  return Write(Operation::Kind::kDel, key, "");
}

OperationResult Client::Write(Operation::Kind kind, const std::string& key,
                              const std::string& value) {
  if (std::optional<OperationResult> wrong = Unsent(api::CheckOperation(OpOf(kind), key, value))) {
    return *std::move(wrong);
  }
  FreshenSession();
  Request request;
  request.client = session_.id;
  request.sequence = session_.next++;
  request.first_open = request.sequence;
  request.op = OpOf(kind);
  request.key = key;
  request.value = value;
  Exchange exchange(NameOf(kind), true, options_, &environment_, &links_, &view_);
  OperationResult result = exchange.Run([this, &request]() -> api::CallBody {
    request.session_base = session_.BaseFor(view_.decided);
    return api::Write{request};
  });
  session_.last_use = environment_.now();
  if (result.code == Code::kFull || (result.code == Code::kUnknownOutcome && result.slot > 0)) {
    RenewSession();  // The cluster has not taken this one in, or has forgotten it.
  }
  Explain(kind, key, &result);
  return result;
}

OperationResult Client::Get(const std::string& key) {
  if (std::optional<OperationResult> wrong = Unsent(api::CheckKey(key))) {
    return *std::move(wrong);
  }
  Exchange exchange("get", false, options_, &environment_, &links_, &view_);
  OperationResult result = exchange.Run([&key]() -> api::CallBody { return api::Read{key}; });
  Explain(Operation::Kind::kGet, key, &result);
  return result;
}

std::vector<OperationResult> Client::Run(const std::vector<Operation>& operations) {
  FreshenSession();
  Batch batch(options_, &environment_, &links_, &view_, &session_);
  std::vector<OperationResult> results = batch.Run(operations);
  session_.last_use = environment_.now();
  return results;
}

OperationResult Client::GetStale(NodeId node, const std::string& key) {
  if (std::optional<OperationResult> wrong = Unsent(api::CheckKey(key))) {
    return *std::move(wrong);
  }
  const Result<api::ReplyBody> reply = Ask(node, api::StaleRead{key}, true);
  if (!reply.ok()) {
    return ResultOf(reply.status());
  }
  const auto* answer = std::get_if<api::Answer>(&reply.value());
  if (answer == nullptr) {
    return Failed(Code::kOther, "node " + std::to_string(node) +
                                    " gave an answer of another kind; is it of another version?");
  }
  OperationResult result = ResultOf(*answer);
  if (result.code == Code::kNotFound) {
    result.message = "node " + std::to_string(node) + " has no key " + text::Quote(key);
  }
  return result;
}

Status Client::CheckNode(NodeId node) const {
  if (links_.count(node) > 0) {
    return Status::Ok();
  }
  std::vector<NodeId> known;
  for (const auto& [id, link] : links_) {
    known.push_back(id);
  }
  return Status::Usage("there is no node " + std::to_string(node) + "; " + cluster_.path + " has " +
                       text::NodesText(known));
}

}  // namespace cairn::client
