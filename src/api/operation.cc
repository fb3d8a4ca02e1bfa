#include "api/operation.h"

#include <algorithm>
#include <array>

#include "common/limits.h"

namespace cairn::api {
namespace {

constexpr std::array<OperationRow, 6> kTable = {{
    {Op::kPut, "put", true, true, 0, std::nullopt},
    {Op::kDel, "del", true, false, 0, std::nullopt},
    {Op::kGenesis, "genesis", false, true, 0, 0},
    {Op::kForm, "form", false, true, 1, 1},
    {Op::kReadmit, "readmit", false, true, 2, std::nullopt},
    {Op::kRecover, "recover", false, true, 2, std::nullopt},
}};

Status TooLong(std::string_view what, std::size_t size, std::size_t limit, const char* in_words) {
  return Status::Usage("the " + std::string(what) + " has " + std::to_string(size) +
                       " bytes, the limit is " + std::to_string(limit) + " (" + in_words + ")");
}

}  // namespace

const OperationRow* FindOperation(Op op) {
  const auto* row = std::ranges::find(kTable, op, &OperationRow::op);
  return row == kTable.end() ? nullptr : row;
}

std::string NameOf(Op op) {
  const OperationRow* row = FindOperation(op);
  return row != nullptr ? std::string(row->name) : "op " + std::to_string(static_cast<int>(op));
}

Status CheckKey(std::string_view key) {
  if (key.empty()) {
    return Status::Usage("the key is empty; a key has 1 to " + std::to_string(kMaxKeyBytes) +
                         " bytes");
  }
  return key.size() <= kMaxKeyBytes ? Status::Ok()
                                    : TooLong("key", key.size(), kMaxKeyBytes, "4 KiB");
}

Status CheckOperation(Op op, std::string_view key, std::string_view value) {
  const OperationRow* row = FindOperation(op);
  if (row == nullptr || !row->of_clients) {
    return Status::Denied("\"" + NameOf(op) + "\" is no operation of clients");
  }
  if (Status status = CheckKey(key); !status.ok()) {
    return status;
  }
  if (value.size() > kMaxValueBytes) {
    return TooLong("value", value.size(), kMaxValueBytes, "1 MiB");
  }
  return row->has_value || value.empty() ? Status::Ok()
                                         : Status::Usage("a " + NameOf(op) + " has no value");
}

Status CheckRequest(const Request& request) {
  if (Status status = CheckOperation(request.op, request.key, request.value); !status.ok()) {
    return status;
  }
  return request.client != 0 && request.sequence != 0
             ? Status::Ok()
             : Status::Usage("a write needs a client id and a sequence number, both above 0");
}

}  // namespace cairn::api
