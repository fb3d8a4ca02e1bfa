#include "node/service.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/limits.h"
#include "node/shares.h"
#include "system/clock.h"

namespace cairn::node {
namespace {

// Bytes that an answer takes beside its value, or a little more.
constexpr std::size_t kAnswerBytes = 256;

api::Answer ErrorAnswer(const Status& status) {
  return {status.code(), status.message(), 0, {}, 0};
}

}  // namespace

Service::Service(door::Door* door, replica::Replica* replica, const DurableState* durable,
                 std::string cluster_name, Hooks hooks)
    : door_(door),
      replica_(replica),
      durable_(durable),
      cluster_name_(std::move(cluster_name)),
      hooks_(std::move(hooks)),
      next_token_(system::RandomBits()) {}

void Service::TakeCalls(int most, const std::function<bool()>& time_is_up) {
  for (int i = 0; i < most && !time_is_up(); ++i) {
    std::optional<door::InboundCall> call = door_->Next();
    if (!call) {
      return;
    }
    Handle(*std::move(call));
  }
}

void Service::Handle(door::InboundCall&& call) {
  if (auto* write = std::get_if<api::Write>(&call.body)) {
    const replica::Token token = next_token_++;
    calls_.emplace(token, call.address);
    replica_->Submit(token, std::move(write->request));
  } else if (auto* read = std::get_if<api::Read>(&call.body);
             read != nullptr && door_->HasRoom(call.address)) {
    BeginRead(call.address, std::move(*read));
  } else {
    // Served when the turn is over, from what is durable, once there is room for a reply.
    door_->Owe(call.address, std::move(call.body));
  }
}

void Service::BeginRead(door::ReturnAddress from, api::Read&& read) {
  // The value that is there now says how much room its answer will take.
  const auto entry = machine().Get(read.key);
  door_->Await(&from, kAnswerBytes + (entry ? entry->value.size() : 0));
  const replica::Token token = next_token_++;
  calls_.emplace(token, from);
  replica_->Read(token, std::move(read.key));
}

void Service::AnswerQuestions() {
  if (!door_->OwesNow()) {
    door_->Flush();
    return;
  }
  const Micros until = system::ThreadTime() + kQuestionsTime;
  door_->Pay([&](door::InboundCall& call) { return ServeOwed(call); },
             [&] { return system::ThreadTime() >= until; });
  door_->Flush();
}

std::size_t Service::ServeOwed(door::InboundCall& call) {
  return std::visit(
      [&](auto& body) -> std::size_t {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, api::Write>) {
          CAIRN_CHECK(false, "a write is the replica's to answer");
          return 0;
        } else if constexpr (std::is_same_v<Body, api::Read>) {
          BeginRead(call.address, std::move(body));
          return kAnswerBytes;
        } else {
          const api::ReplyBody reply = Serve(body);
          door_->Reply(call.address, reply);
          const auto* answer = std::get_if<api::Answer>(&reply);
          return answer == nullptr ? kMaxCatchUpBytes : kAnswerBytes + answer->value.size();
        }
      },
      call.body);
}

void Service::Answer(const replica::LocalAnswer& answer) {
  const auto call = calls_.find(answer.token);
  if (call != calls_.end()) {
    door_->Reply(call->second, answer.answer);
    calls_.erase(call);
  }
}

api::ReplyBody Service::Serve(const api::Hello& /*call*/) const {
  const api::ReplicaStatus status = replica_->Report();
  return api::Welcome{identity().node, cluster_name_, identity().cluster, status.decided,
                      status.leader};
}

api::ReplyBody Service::Serve(const api::StaleRead& call) const {
  api::Answer answer;
  if (auto entry = machine().Get(call.key)) {
    answer.value = std::move(entry->value);
  } else {
    answer = ErrorAnswer(
        Status::NotFound("there is no such key at node " + std::to_string(identity().node)));
  }
  answer.slot = machine().applied();
  answer.leader = replica_->LeaderHint();
  return answer;
}

api::ReplyBody Service::Serve(const api::StatusCall& /*call*/) const { return hooks_.report(); }

api::ReplyBody Service::Serve(const api::ChainCall& call) const {
  // What is on the disk: the replica may be a turn ahead of it, and then knows another block as
  // decided than the disk has at that slot.
  const Slot tip = ledger().head().tip;
  const Slot decided = replica_->acceptor().changed() ? ledger().head().decided
                                                      : replica_->acceptor().log().decided();
  api::ChainPart part{{}, tip, std::min(decided, tip)};
  if (call.first <= std::min(call.last, tip)) {
    auto blocks = ledger().ReadRange(call.first, call.last, kMaxCatchUpBlocks, kMaxCatchUpBytes);
    if (!blocks.ok()) {
      return ErrorAnswer(blocks.status());  // the scrub finds it, if it is not known yet
    }
    part.blocks = std::move(blocks).value();
  }
  return part;
}

api::ReplyBody Service::Serve(const api::FaultCall& call) const {
  const Result<std::string> done = hooks_.fault(call);
  return done.ok() ? api::ReplyBody(api::FaultDone{done.value()}) : ErrorAnswer(done.status());
}

}  // namespace cairn::node
