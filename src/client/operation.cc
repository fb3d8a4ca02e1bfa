#include "client/operation.h"

#include <utility>

#include "api/operation.h"
#include "common/check.h"
#include "text/text.h"

namespace cairn::client {

Op OpOf(Operation::Kind kind) {
  CAIRN_CHECK(kind != Operation::Kind::kGet, "a read is no request");
  return kind == Operation::Kind::kPut ? Op::kPut : Op::kDel;
}

std::string NameOf(Operation::Kind kind) {
  return kind == Operation::Kind::kGet ? "get" : api::NameOf(OpOf(kind));
}

Status Check(const Operation& operation) {
  return operation.is_write()
             ? api::CheckOperation(OpOf(operation.kind), operation.key, operation.value)
             : api::CheckKey(operation.key);
}

OperationResult Failed(Code code, std::string message) {
  OperationResult result;
  result.code = code;
  result.message = std::move(message);
  return result;
}

OperationResult ResultOf(const Status& status) { return Failed(status.code(), status.message()); }

OperationResult ResultOf(const api::Answer& answer) {
  return {answer.code, answer.message, answer.slot, answer.value, answer.leader};
}

std::optional<OperationResult> Unsent(const Status& status) {
  if (status.ok()) {
    return std::nullopt;
  }
  return Failed(status.code(), status.message() + "; nothing was sent");
}

void Explain(Operation::Kind kind, const std::string& key, OperationResult* result) {
  if (result->code == Code::kNotFound) {
    result->message = kind == Operation::Kind::kGet
                          ? "there is no key " + text::Quote(key)
                          : "there was no key " + text::Quote(key) + " to delete";
  } else if (result->ok()) {
    result->message.clear();
  }
}

}  // namespace cairn::client
