#include "client/client.h"

#include <utility>

#include "client/text.h"
#include "common/check.h"
#include "common/limits.h"

namespace cairn::client {
namespace {

/// An idle session is given up after this time. Only evicted sessions are a danger, and 100,000
/// others must be used in the meantime for that.
constexpr Micros kSessionIdle = 60'000'000;

OperationResult Failed(Code code, std::string message) {
  OperationResult result;
  result.code = code;
  result.message = std::move(message);
  return result;
}

std::optional<OperationResult> CheckKey(const std::string& key) {
  if (key.empty()) {
    return Failed(Code::kUsage,
                  "the key is empty; a key has 1 to " + std::to_string(kMaxKeyBytes) + " bytes");
  }
  if (key.size() > kMaxKeyBytes) {
    return Failed(Code::kUsage, "the key has " + std::to_string(key.size()) +
                                    " bytes, the limit is " + std::to_string(kMaxKeyBytes) +
                                    " (4 KiB); nothing was sent");
  }
  return std::nullopt;
}

}  // namespace

Client::Client(config::Cluster cluster, Options options, Environment environment)
    : cluster_(std::move(cluster)), options_(options), environment_(std::move(environment)) {
  CAIRN_CHECK(!cluster_.nodes.empty(), "a cluster has nodes");
  for (const config::NodeAddress& node : cluster_.nodes) {
    links_.emplace(node.id, Link(node, &environment_));
  }
  if (options_.preferred == 0) {
    options_.preferred = cluster_.nodes[environment_.random() % cluster_.nodes.size()].id;
  }
  CAIRN_CHECK(links_.count(options_.preferred) > 0, "the preferred node is one of the cluster");
  RenewSession();
}

void Client::RenewSession() {
  session_ = Session{};
  while (session_.id == 0) {
    session_.id = environment_.random();
  }
  session_.last_use = environment_.now();
}

OperationResult Client::Put(const std::string& key, const std::string& value) {
  if (value.size() > kMaxValueBytes) {
    return Failed(Code::kUsage, "the value has " + std::to_string(value.size()) +
                                    " bytes, the limit is " + std::to_string(kMaxValueBytes) +
                                    " (1 MiB); nothing was sent");
  }
  return Write("put", Op::kPut, key, value);
}

OperationResult Client::Del(const std::string& key) { return Write("del", Op::kDel, key, ""); }

OperationResult Client::Write(const char* verb, Op op, const std::string& key,
                              const std::string& value) {
  if (std::optional<OperationResult> wrong = CheckKey(key)) {
    return *std::move(wrong);
  }
  if (environment_.now() - session_.last_use > kSessionIdle) {
    // A new session needs a new base: what is known as decided may be as old as the idle time.
    RenewSession();
    for (auto& [node, link] : links_) {
      link.GreetAgain();
    }
  }
  Request request;
  request.client = session_.id;
  request.sequence = session_.next++;
  request.first_open = request.sequence;
  request.op = op;
  request.key = key;
  request.value = value;
  Exchange exchange(verb, true, options_, &environment_, &links_, &knowledge_);
  OperationResult result = exchange.Run([this, &request]() -> net::CallBody {
    session_.base = session_.base.value_or(knowledge_.decided);
    request.session_base = *session_.base;
    return net::Write{request};
  });
  session_.last_use = environment_.now();
  if (result.code == Code::kNotFound) {
    result.message = "there was no key " + Quote(key) + " to delete";
  } else if (result.code == Code::kUnknownOutcome && result.slot > 0) {
    RenewSession();  // The cluster has forgotten this one.
  } else if (result.ok()) {
    result.message.clear();
  }
  return result;
}

OperationResult Client::Get(const std::string& key) {
  if (std::optional<OperationResult> wrong = CheckKey(key)) {
    return *std::move(wrong);
  }
  Exchange exchange("get", false, options_, &environment_, &links_, &knowledge_);
  OperationResult result = exchange.Run([&key]() -> net::CallBody { return net::Read{key}; });
  if (result.code == Code::kNotFound) {
    result.message = "there is no key " + Quote(key);
  }
  return result;
}

OperationResult Client::GetStale(NodeId node, const std::string& key) {
  if (std::optional<OperationResult> wrong = CheckKey(key)) {
    return *std::move(wrong);
  }
  const Result<net::ReplyBody> reply = Ask(node, net::StaleRead{key}, true);
  if (!reply.ok()) {
    return Failed(reply.status().code(), reply.status().message());
  }
  const auto* answer = std::get_if<replica::Answer>(&reply.value());
  if (answer == nullptr) {
    return Failed(Code::kOther, "node " + std::to_string(node) +
                                    " gave an answer of another kind; is it of another version?");
  }
  OperationResult result{answer->code, answer->message, answer->slot, answer->value,
                         answer->leader};
  if (result.code == Code::kNotFound) {
    result.message = "node " + std::to_string(node) + " has no key " + Quote(key);
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
                       (known.size() == 1 ? "node " : "nodes ") + JoinWords(known));
}

}  // namespace cairn::client
