#include "load/load_client.h"

#include <utility>

#include "common/check.h"

namespace cairn::load {
namespace {

// A call's id: the transmission, counted from 1, above the client's index.
constexpr unsigned kIndexBits = 16;

}  // namespace

LoadClient::LoadClient(std::uint32_t index, ClientId id) : index_(index) {
  Renew(id);
  CAIRN_CHECK(index < kMaxLoadClients, "a call's id has room for the client's index");
}

void LoadClient::Renew(ClientId id) {
  session_ = {};
  session_.id = id;
}

void LoadClient::Begin(const LoadOperation& operation, LoadWork* work, Micros due, Micros now) {
  CAIRN_CHECK(!busy_, "a client has one operation open at a time");
  busy_ = true;
  tracker_ = client::OutcomeTracker(operation.is_write);
  due_ = due;
  began_ = now;
  first_call_ = calls_ + 1;
  transmissions_ = 0;
  session_lost_ = false;
  hint_ = 0;
  pause = 0;
  followed = false;
  if (!operation.is_write) {
    LoadWork::SetKey(operation.number, &call_.body.emplace<api::Read>().key);
    return;
  }
  // Written in place: the strings keep their memory from one put to the next.
  auto* write = std::get_if<api::Write>(&call_.body);
  Request& request = (write != nullptr ? *write : call_.body.emplace<api::Write>()).request;
  request.client = session_.id;
  request.sequence = session_.next++;
  request.first_open = request.sequence;
  request.op = Op::kPut;
  LoadWork::SetKey(operation.number, &request.key);
  work->SetValue(request.key, &request.value);
}

const api::ClientCall& LoadClient::Transmit(Slot decided) {
  if (auto* write = std::get_if<api::Write>(&call_.body)) {
    write->request.session_base = session_.BaseFor(decided);
  }
  ++calls_;
  ++transmissions_;
  call_.id = (calls_ << kIndexBits) | index_;
  return call_;
}

std::optional<std::uint32_t> LoadClient::IndexOf(std::uint64_t call_id) {
  if (call_id >> kIndexBits == 0) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(call_id & (kMaxLoadClients - 1));
}

LoadClient::Verdict LoadClient::Take(const api::ClientReply& reply) {
  const std::uint64_t call = reply.id >> kIndexBits;
  if (!busy_ || call < first_call_ || call > calls_) {
    return Verdict::kStray;
  }
  const auto* answer = std::get_if<api::Answer>(&reply.body);
  if (answer == nullptr) {
    outcome_ = Code::kOther;
    return Verdict::kSettled;
  }
  hint_ = answer->leader;
  if (!tracker_.Settles(*answer)) {
    return call == calls_ ? Verdict::kAgain : Verdict::kStray;
  }
  session_lost_ = answer->code == Code::kUnknownOutcome || answer->code == Code::kFull;
  outcome_ = Settle(*answer);
  return Verdict::kSettled;
}

Code LoadClient::Settle(const api::Answer& answer) const {
  const auto* read = std::get_if<api::Read>(&call_.body);
  if (answer.code == Code::kOk && read != nullptr && !LoadWork::Belongs(read->key, answer.value)) {
    return Code::kIntegrity;
  }
  return answer.code;
}

}  // namespace cairn::load
