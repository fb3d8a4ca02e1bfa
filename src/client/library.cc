#include "client/library.h"

#include <algorithm>
#include <utility>

#include "api/operation.h"
#include "client/acquaintance.h"
#include "common/limits.h"

namespace cairn {
namespace {

constexpr std::size_t kMostInRun = 4096;

using Outcome = Client::Outcome;

Outcome OutcomeOf(Code code) {
  switch (code) {
    case Code::kOk:
      return Outcome::kOk;
    case Code::kNotFound:
      return Outcome::kNotFound;
    case Code::kUsage:
      return Outcome::kUsage;
    case Code::kUnavailable:
      return Outcome::kUnavailable;
    case Code::kFull:
      return Outcome::kFull;
    case Code::kUnknownOutcome:
      return Outcome::kUnknown;
    case Code::kDenied:
      return Outcome::kDenied;
    case Code::kIntegrity:
      return Outcome::kIntegrity;
    default:
      return Outcome::kOther;
  }
}

Client::Reply ReplyOf(client::OperationResult result) {
  return {OutcomeOf(result.code), std::move(result.message), std::move(result.value), result.slot,
          result.leader};
}

Client::Reply ReplyOf(const cairn::Status& status) {
  return {OutcomeOf(status.code()), status.message(), {}, 0, 0};
}

Client::Reply Closed() {
  return {Outcome::kUnavailable, "the client was closed before this was sent", {}, 0, 0};
}

client::Operation OperationOf(Client::Operation operation) {
  using From = Client::Operation::Kind;
  using To = client::Operation::Kind;
  return {operation.kind == From::kPut   ? To::kPut
          : operation.kind == From::kDel ? To::kDel
                                         : To::kGet,
          std::move(operation.key), std::move(operation.value)};
}

Client::NodeStatus StatusOf(const client::NodeReport& report) {
  Client::NodeStatus status;
  status.node = report.node;
  status.message = report.reason;
  if (report.report) {
    const api::ReplicaStatus& replica = report.report->replica;
    status.reachable = true;
    status.role = replica.role;
    status.quorum = replica.quorum;
    status.decided = replica.decided;
    status.leader = replica.leader;
    status.message = replica.words;
  }
  return status;
}

Client::Block BlockOf(const cairn::Block& block, Slot decided) {
  Client::Block shown;
  shown.slot = block.slot();
  shown.hash = block.hash.Hex();
  shown.previous = block.header.parent.Hex();
  shown.time = block.header.time;
  shown.decided = block.slot() <= decided;
  for (const Request& request : block.requests) {
    shown.requests.push_back(
        {api::NameOf(request.op), request.key, request.value, request.client, request.sequence});
  }
  return shown;
}

}  // namespace

// --- the thread

Client::Impl::Impl(config::Cluster cluster, client::Options options,
                   client::Environment environment)
    : client_(std::move(cluster), options, std::move(environment)), thread_([this] { Work(); }) {}

Client::Impl::~Impl() {
  std::deque<Job> left;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    left = std::exchange(jobs_, {});
  }
  news_.notify_all();
  thread_.join();
  for (Job& job : left) {
    job.task ? job.skip() : job.done(Closed());
  }
}

void Client::Impl::Add(client::Operation operation, std::function<void(Reply)> done) {
  const std::size_t bytes = operation.key.size() + operation.value.size();
  std::unique_lock lock(mutex_);
  if (closed_ || jobs_.size() >= kMaxQueuedRequests || bytes_ + bytes > kMaxQueuedBytes) {
    const bool closed = closed_;
    lock.unlock();
    done(closed ? Closed()
                : Reply{Outcome::kUnavailable,
                        "too many operations of this client wait: nothing was sent",
                        {},
                        0,
                        0});
    return;
  }
  bytes_ += bytes;
  jobs_.push_back({std::move(operation), std::move(done), nullptr, nullptr});
  lock.unlock();
  news_.notify_one();
}

bool Client::Impl::Do(const std::function<void(client::Client&)>& task) {
  std::promise<bool> done;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return false;
    }
    jobs_.push_back({{},
                     nullptr,
                     [&] {
                       task(client_);
                       done.set_value(true);
                     },
                     [&] { done.set_value(false); }});
  }
  news_.notify_one();
  return done.get_future().get();
}

void Client::Impl::Work() {
  for (;;) {
    std::deque<Job> jobs = Take();
    if (jobs.empty()) {
      return;
    }
    if (jobs.front().task) {
      jobs.front().task();
    } else {
      RunAll(std::move(jobs));
    }
  }
}

std::deque<Client::Impl::Job> Client::Impl::Take() {
  std::unique_lock lock(mutex_);
  news_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
  std::deque<Job> taken;
  while (!jobs_.empty() && taken.size() < kMostInRun && (taken.empty() || !taken.back().task) &&
         (taken.empty() || !jobs_.front().task)) {
    const client::Operation& operation = jobs_.front().operation;
    bytes_ -= operation.key.size() + operation.value.size();
    taken.push_back(std::move(jobs_.front()));
    jobs_.pop_front();
  }
  return taken;
}

void Client::Impl::RunAll(std::deque<Job> jobs) {
  std::vector<client::Operation> operations;
  operations.reserve(jobs.size());
  for (Job& job : jobs) {
    operations.push_back(std::move(job.operation));
  }
  std::vector<client::OperationResult> results = client_.Run(operations);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].done(ReplyOf(std::move(results[i])));
  }
}

// --- the library

std::unique_ptr<Client> Client::Open(const Options& options, std::string* error) {
  const auto fail = [error](const cairn::Status& status) {
    if (error != nullptr) {
      *error = status.message();
    }
    return nullptr;
  };
  const Result<std::string> path = config::FindClusterFile(options.cluster_file);
  if (!path.ok()) {
    return fail(path.status());
  }
  Result<config::Cluster> cluster = config::LoadCluster(path.value());
  if (!cluster.ok()) {
    return fail(cluster.status());
  }
  if (options.timeout.count() <= 0) {
    return fail(cairn::Status::Usage("the time-out must be more than 0"));
  }
  if (options.preferred_node != 0 && cluster->Find(options.preferred_node) == nullptr) {
    return fail(cairn::Status::Usage("there is no node " + std::to_string(options.preferred_node) +
                                     " in " + cluster->path));
  }
  client::Options inner;
  inner.timeout = static_cast<Micros>(options.timeout.count());
  inner.preferred = options.preferred_node;
  client::Environment environment = client::RememberingEnvironment(cluster.value());
  return std::make_unique<Client>(
      std::make_unique<Impl>(std::move(cluster).value(), inner, std::move(environment)));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

Client::Reply Client::Put(const std::string& key, const std::string& value) {
  return RunAsync({Operation::Kind::kPut, key, value}).get();
}

Client::Reply Client::Del(const std::string& key) {
  return RunAsync({Operation::Kind::kDel, key, {}}).get();
}

Client::Reply Client::Get(const std::string& key) {
  return RunAsync({Operation::Kind::kGet, key, {}}).get();
}

std::vector<Client::Reply> Client::Run(const std::vector<Operation>& operations) {
  std::vector<Reply> replies;
  replies.reserve(operations.size());
  impl_->Do([&](client::Client& client) {
    std::vector<client::Operation> inner;
    inner.reserve(operations.size());
    for (const Operation& operation : operations) {
      inner.push_back(OperationOf(operation));
    }
    for (client::OperationResult& result : client.Run(inner)) {
      replies.push_back(ReplyOf(std::move(result)));
    }
  });
  replies.resize(operations.size(), Closed());
  return replies;
}

std::future<Client::Reply> Client::RunAsync(Operation operation) {
  auto promise = std::make_shared<std::promise<Reply>>();
  std::future<Reply> future = promise->get_future();
  RunAsync(std::move(operation), [promise](Reply reply) { promise->set_value(std::move(reply)); });
  return future;
}

void Client::RunAsync(Operation operation, std::function<void(Reply)> done) {
  impl_->Add(OperationOf(std::move(operation)), std::move(done));
}

std::vector<Client::NodeStatus> Client::Status() {
  std::vector<NodeStatus> all;
  impl_->Do([&all](client::Client& client) {
    for (const client::NodeReport& report : client.StatusOfAll()) {
      all.push_back(StatusOf(report));
    }
  });
  return all;
}

Client::Reply Client::Chain(unsigned node, std::uint64_t first, std::uint64_t last,
                            const std::function<void(const Block&)>& visit) {
  Reply reply = Closed();
  impl_->Do([&](client::Client& client) {
    cairn::Status status = node == 0 ? cairn::Status::Ok() : client.CheckNode(node);
    if (status.ok()) {
      status = client.Chain(node, first, last, [&](const cairn::Block& block, Slot decided) {
        visit(BlockOf(block, decided));
      });
    }
    reply = ReplyOf(status);
  });
  return reply;
}

}  // namespace cairn
