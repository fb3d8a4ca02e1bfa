#include "sim/client.h"

#include <algorithm>

namespace cairn::sim {
namespace {

constexpr Micros kTryFor = 400'000;
constexpr int kMaxTries = 12;

}  // namespace

Client::Client(World* world, History* history, std::uint64_t number, std::size_t keys)
    : world_(world), history_(history), number_(number), keys_(keys) {
  node_ = world_->ids()[number % world_->ids().size()];
  NewSession();
}

void Client::NewSession() {
  request_ = {};
  request_.client = world_->random().Next() | 1;
  for (const NodeId id : world_->ids()) {
    if (world_->Up(id)) {
      request_.session_base =
          std::max(request_.session_base, world_->replica(id).acceptor().log().decided());
    }
  }
}

void Client::Run() {
  world_->At(world_->now() + world_->random().Below(30'000), [this] {
    if (!stopped_ && !busy_) {
      Begin();
    }
  });
}

void Client::Begin() {
  Random& random = world_->random();
  busy_ = true;
  ++operations_;
  tries_ = 0;
  in_doubt_ = 0;
  request_.sequence += 1;
  request_.first_open = request_.sequence;
  request_.key = "k" + std::to_string(random.Below(keys_));
  const std::uint64_t dice = random.Below(10);
  operation_ = {};
  operation_.kind = dice < 5   ? Operation::Kind::kPut
                    : dice < 6 ? Operation::Kind::kDel
                               : Operation::Kind::kGet;
  operation_.called = world_->now();
  request_.op = operation_.kind == Operation::Kind::kDel ? Op::kDel : Op::kPut;
  request_.value.clear();
  if (operation_.kind == Operation::Kind::kPut) {
    request_.value = std::to_string(number_) + "." + std::to_string(++values_);
    operation_.value = request_.value;
  }
  Send();
}

void Client::Send() {
  const std::uint64_t attempt = ++attempt_;
  const auto on_answer = [this, operation = operations_, attempt](const api::Answer& answer) {
    OnAnswer(operation, attempt, answer);
  };
  ++in_doubt_;  // before the answer, which may come at once
  const bool sent = operation_.kind == Operation::Kind::kGet
                        ? world_->Read(node_, request_.key, on_answer)
                        : world_->Write(node_, request_, on_answer);
  if (!sent) {
    --in_doubt_;
    RetryLater();
    return;
  }
  world_->At(world_->now() + kTryFor, [this, attempt] {
    if (attempt == attempt_ && busy_) {
      RetryLater();
    }
  });
}

void Client::OnAnswer(std::uint64_t operation, std::uint64_t attempt, const api::Answer& answer) {
  if (!busy_ || operation != operations_) {
    return;
  }
  const bool answered = answer.code == Code::kOk || answer.code == Code::kNotFound;
  if (attempt != attempt_ && !(answered && operation_.kind != Operation::Kind::kGet)) {
    return;  // late; but a write's answer is the same whichever try brings it
  }
  if (!answered) {
    in_doubt_ -= answer.code == Code::kUnavailable || answer.code == Code::kFull ? 1 : 0;
    if (answer.leader != 0) {
      node_ = answer.leader;
    }
    RetryLater();
    return;
  }
  ++attempt_;
  operation_.found = answer.code == Code::kOk;
  if (operation_.kind == Operation::Kind::kGet) {
    operation_.value = answer.value;
  }
  ++acknowledged_;
  Finish(world_->now());
}

void Client::RetryLater() {
  ++attempt_;
  if (++tries_ >= kMaxTries || stopped_) {
    ++given_up_;
    if (in_doubt_ == 0 && operation_.kind != Operation::Kind::kGet) {
      refused_.emplace_back(request_.client, request_.sequence);
    }
    Finish(kNever);
    NewSession();
    return;
  }
  node_ = world_->ids()[world_->random().Below(world_->ids().size())];
  world_->At(world_->now() + world_->random().Between(1'000, 50'000), [this, attempt = attempt_] {
    if (busy_ && attempt == attempt_) {
      Send();
    }
  });
}

void Client::Finish(Micros returned) {
  operation_.returned = returned;
  history_->Add(request_.key, operation_);
  busy_ = false;
  Run();
}

}  // namespace cairn::sim
