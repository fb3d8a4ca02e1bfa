#include "sim/real_client.h"

#include <algorithm>
#include <utility>

namespace cairn::sim {
namespace {

constexpr Micros kSecond = 1'000'000;

bool IsOf(const Request& request, const client::Operation& operation) {
  return request.key == operation.key && request.value == operation.value &&
         (request.op == Op::kDel) == (operation.kind == client::Operation::Kind::kDel);
}

Operation::Kind KindOf(client::Operation::Kind kind) {
  switch (kind) {
    case client::Operation::Kind::kPut:
      return Operation::Kind::kPut;
    case client::Operation::Kind::kDel:
      return Operation::Kind::kDel;
    case client::Operation::Kind::kGet:
      break;
  }
  return Operation::Kind::kGet;
}

}  // namespace

RealClient::RealClient(World* world, Doors* doors, History* history, std::uint64_t number,
                       std::size_t keys)
    : world_(world),
      doors_(doors),
      history_(history),
      number_(number),
      keys_(keys),
      random_(world->random().Next()),
      fiber_([this] { Live(); }) {}

RealClient::~RealClient() {
  closing_ = true;
  while (!fiber_.finished()) {
    fiber_.Resume();
  }
}

void RealClient::Run() {
  world_->At(world_->now(), [this] { fiber_.Resume(); });
}

void RealClient::Live() {
  client::Client client(doors_->cluster(), MakeOptions(), MakeEnvironment());
  while (!closing_) {
    Wait(world_->now() + random_.Below(30'000));
    if (!stopped_ && !closing_) {
      busy_ = true;
      Work(client);
      busy_ = false;
    }
  }
}

/// One operation, or some of one batch.
void RealClient::Work(client::Client& client) {
  sent_.clear();
  const Micros called = world_->now();
  if (random_.Chance(0.7)) {
    const client::Operation operation = Next();
    Took(operation,
         operation.kind == client::Operation::Kind::kPut
             ? client.Put(operation.key, operation.value)
         : operation.kind == client::Operation::Kind::kDel ? client.Del(operation.key)
                                                           : client.Get(operation.key),
         called);
    return;
  }
  std::vector<client::Operation> operations;
  bool deletes = false;  // two of one key could not be told from each other
  for (std::uint64_t left = random_.Between(2, 8); left > 0; --left) {
    client::Operation operation = Next();
    if (operation.kind != client::Operation::Kind::kDel || !std::exchange(deletes, true)) {
      operations.push_back(std::move(operation));
    }
  }
  const std::vector<client::OperationResult> results = client.Run(operations);
  for (std::size_t i = 0; i < results.size(); ++i) {
    Took(operations[i], results[i], called);
  }
}

client::Operation RealClient::Next() {
  client::Operation operation;
  operation.key = "k" + std::to_string(random_.Below(keys_));
  const std::uint64_t dice = random_.Below(10);
  operation.kind = dice < 5   ? client::Operation::Kind::kPut
                   : dice < 6 ? client::Operation::Kind::kDel
                              : client::Operation::Kind::kGet;
  if (operation.kind == client::Operation::Kind::kPut) {
    operation.value = std::to_string(number_) + "." + std::to_string(++values_);
  }
  return operation;
}

void RealClient::Took(const client::Operation& operation, const client::OperationResult& result,
                      Micros called) {
  const bool answered = result.code == Code::kOk || result.code == Code::kNotFound;
  (answered ? acknowledged_ : given_up_) += 1;
  if (answered || (operation.is_write() && result.code == Code::kUnknownOutcome)) {
    Operation seen;
    seen.kind = KindOf(operation.kind);
    seen.value = operation.kind == client::Operation::Kind::kGet ? result.value : operation.value;
    seen.found = result.code != Code::kNotFound;
    seen.called = called;
    seen.returned = answered ? world_->now() : kNever;
    history_->Add(operation.key, seen);
  } else if (operation.is_write()) {
    for (const Request& request : sent_) {
      if (IsOf(request, operation)) {
        refused_.emplace_back(request.client, request.sequence);
      }
    }
  }
}

client::Options RealClient::MakeOptions() {
  client::Options options;
  options.timeout = random_.Between(300'000, 5 * kSecond);
  options.preferred = random_.Chance(0.5) ? 0 : world_->ids()[random_.Below(world_->ids().size())];
  options.try_timeout =
      random_.Chance(0.5) ? options.try_timeout : random_.Between(50'000, kSecond);
  return options;
}

client::Environment RealClient::MakeEnvironment() {
  client::Environment environment;
  environment.connect =
      [this](const config::NodeAddress& address) -> Result<std::unique_ptr<client::Transport>> {
    return doors_->Connect(address.id,
                           {[this] { Wake(); }, [this](Micros until) { Wait(until); },
                            [this](const Request& request) { sent_.push_back(request); }});
  };
  environment.now = [this] { return Now(); };
  environment.sleep = [this](Micros pause) { Wait(world_->now() + pause); };
  environment.random = [this] { return random_.Next() | 1; };
  environment.wait = [this](const std::vector<client::Transport*>& /*transports*/, Micros until) {
    Wait(until);
  };
  return environment;
}

Micros RealClient::Now() {
  hurry_ += closing_ ? kSecond : 0;
  return world_->now() + hurry_;
}

void RealClient::Wait(Micros until) {
  if (closing_) {
    return;
  }
  world_->At(until, [this, wait = ++wait_] {
    if (wait == wait_) {
      fiber_.Resume();
    }
  });
  fiber_.Yield();
  ++wait_;
}

void RealClient::Wake() {
  world_->At(world_->now(), [this, wait = wait_] {
    if (wait == wait_) {
      fiber_.Resume();
    }
  });
}

}  // namespace cairn::sim
