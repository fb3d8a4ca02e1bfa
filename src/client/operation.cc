#include "client/operation.h"

#include <utility>

#include "client/text.h"
#include "common/limits.h"

namespace cairn::client {

const char* NameOf(Operation::Kind kind) {
  return kind == Operation::Kind::kPut ? "put" : kind == Operation::Kind::kDel ? "del" : "get";
}

OperationResult Failed(Code code, std::string message) {
  OperationResult result;
  result.code = code;
  result.message = std::move(message);
  return result;
}

OperationResult ResultOf(const Status& status) { return Failed(status.code(), status.message()); }

OperationResult ResultOf(const replica::Answer& answer) {
  return {answer.code, answer.message, answer.slot, answer.value, answer.leader};
}

std::optional<OperationResult> CheckSize(std::string_view key, std::string_view value) {
  if (key.empty()) {
    return Failed(Code::kUsage,
                  "the key is empty; a key has 1 to " + std::to_string(kMaxKeyBytes) + " bytes");
  }
  if (key.size() > kMaxKeyBytes) {
    return Failed(Code::kUsage, "the key has " + std::to_string(key.size()) +
                                    " bytes, the limit is " + std::to_string(kMaxKeyBytes) +
                                    " (4 KiB); nothing was sent");
  }
  if (value.size() > kMaxValueBytes) {
    return Failed(Code::kUsage, "the value has " + std::to_string(value.size()) +
                                    " bytes, the limit is " + std::to_string(kMaxValueBytes) +
                                    " (1 MiB); nothing was sent");
  }
  return std::nullopt;
}

void Explain(Operation::Kind kind, const std::string& key, OperationResult* result) {
  if (result->code == Code::kNotFound) {
    result->message = kind == Operation::Kind::kGet
                          ? "there is no key " + Quote(key)
                          : "there was no key " + Quote(key) + " to delete";
  } else if (result->ok()) {
    result->message.clear();
  }
}

}  // namespace cairn::client
