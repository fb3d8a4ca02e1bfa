#include "chain/record.h"

#include <string>

#include "api/operation.h"
#include "common/limits.h"

namespace cairn::chain {
namespace {

Status TooLong(std::string_view what, std::size_t length, std::size_t limit) {
  return Status::Integrity("a " + std::string(what) + " of " + std::to_string(length) +
                           " bytes is over the limit of " + std::to_string(limit));
}

}  // namespace

void AppendRecord(Writer& writer, const Request& request, std::string_view value) {
  writer.U8(kRecordVersion)
      .U64(request.client)
      .U64(request.sequence)
      .U64(request.first_open)
      .U64(request.session_base)
      .U8(static_cast<std::uint8_t>(request.op))
      .String(request.key)
      .String(value);
}

Result<Request> DecodeRecord(std::string_view bytes) {
  Request request;
  if (Status status = DecodeRecordInto(bytes, &request); !status.ok()) {
    return status;
  }
  return request;
}

Status DecodeRecordInto(std::string_view bytes, Request* request) {
  Reader r(bytes);
  const std::uint8_t version = r.U8();
  if (r.ok() && version != kRecordVersion) {
    return Status::Integrity("a request has format version " + std::to_string(version) +
                             ", and this program reads version " + std::to_string(kRecordVersion));
  }
  request->client = r.U64();
  request->sequence = r.U64();
  request->first_open = r.U64();
  request->session_base = r.U64();
  request->op = static_cast<Op>(r.U8());
  const std::string_view key = r.String();
  const std::string_view value = r.String();
  if (!r.AtEnd()) {
    return Status::Integrity("a request's lengths do not add up");
  }
  // Before the copies: what is over the limit is not worth memory.
  if (key.size() > kMaxKeyBytes) {
    return TooLong("key", key.size(), kMaxKeyBytes);
  }
  if (value.size() > kMaxValueBytes) {
    return TooLong("value", value.size(), kMaxValueBytes);
  }
  request->key = key;
  request->value = value;
  return Status::Ok();
}

Status CheckRequest(const Request& request, Slot slot) {
  const api::OperationRow* row = api::FindOperation(request.op);
  if (row == nullptr) {
    return Status::Integrity("operation " + std::to_string(static_cast<int>(request.op)) +
                             " is unknown to this program");
  }
  if (slot < row->first || (row->last && slot > *row->last)) {
    return Status::Integrity("a " + std::string(row->name) + " request stands at slot " +
                             std::to_string(slot) + ", where none may be");
  }
  if (request.key.size() > kMaxKeyBytes) {
    return TooLong("key", request.key.size(), kMaxKeyBytes);
  }
  if (request.value.size() > kMaxValueBytes) {
    return TooLong("value", request.value.size(), kMaxValueBytes);
  }
  return Status::Ok();
}

}  // namespace cairn::chain
