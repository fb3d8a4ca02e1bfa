#include "crash/workload.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <utility>
#include <variant>

namespace cairn::crash {
namespace {

constexpr int kTriesToRead = 5;
constexpr std::size_t kSmallValue = 200;

/// The session and sequence of the last write that left, which the library keeps to itself.
struct LastWrite {
  ClientId client = 0;
  Sequence sequence = 0;
};

class Watched final : public client::Transport {
 public:
  Watched(std::unique_ptr<client::Transport> inner, LastWrite* last)
      : inner_(std::move(inner)), last_(last) {}

  Status Send(const api::ClientCall& call) override {
    if (const auto* write = std::get_if<api::Write>(&call.body)) {
      *last_ = {write->request.client, write->request.sequence};
    }
    return inner_->Send(call);
  }
  std::optional<api::ClientReply> Receive(int timeout_ms) override {
    return inner_->Receive(timeout_ms);
  }
  bool Connected() override { return inner_->Connected(); }
  void MeantFor(const Hash& formed) override { inner_->MeantFor(formed); }

 private:
  std::unique_ptr<client::Transport> inner_;
  LastWrite* last_;
};

/// One client whose requests become records.
class PeerMemory {
 public:
  PeerMemory(const config::Cluster& cluster, Micros timeout)
      : environment_(Watching(cluster)), client_(cluster, {.timeout = timeout}, environment_) {}
  PeerMemory(const PeerMemory&) = delete;
  PeerMemory& operator=(const PeerMemory&) = delete;

  Record Do(Record::Kind kind, const std::string& key, const std::string& name,
            std::size_t value_size) {
    last_ = {};
    Record record;
    record.kind = kind;
    record.key = key;
    record.called = environment_.now();
    const client::OperationResult result = Ask(kind, key, name, value_size);
    record.returned = environment_.now();
    record.code = result.code;
    record.slot = result.slot;
    record.client = last_.client;
    record.sequence = last_.sequence;
    if (kind == Record::Kind::kPut) {
      record.value = name;
    } else if (kind == Record::Kind::kGet && result.ok()) {
      record.value = NameOf(result.value);
    }
    return record;
  }

 private:
  client::OperationResult Ask(Record::Kind kind, const std::string& key, const std::string& name,
                              std::size_t value_size) {
    switch (kind) {
      case Record::Kind::kPut:
        return client_.Put(key, ValueOf(name, value_size));
      case Record::Kind::kDel:
        return client_.Del(key);
      case Record::Kind::kGet:
        return client_.Get(key);
    }
    return {};
  }

  client::Environment Watching(const config::Cluster& cluster) {
    client::Environment real = client::RealEnvironment(cluster);
    client::Environment watching = real;
    watching.connect =
        [connect = real.connect, last = &last_](
            const config::NodeAddress& node) -> Result<std::unique_ptr<client::Transport>> {
      Result<std::unique_ptr<client::Transport>> inner = connect(node);
      if (!inner.ok()) {
        return inner;
      }
      return std::unique_ptr<client::Transport>(
          std::make_unique<Watched>(std::move(inner).value(), last));
    };
    return watching;
  }

  LastWrite last_;
  client::Environment environment_;
  client::Client client_;
};

Micros Now() {
  return static_cast<Micros>(std::chrono::duration_cast<std::chrono::microseconds>(
                                 std::chrono::steady_clock::now().time_since_epoch())
                                 .count());
}

}  // namespace

Workload::Workload(config::Cluster cluster, WorkloadOptions options, std::ostream* history)
    : cluster_(std::move(cluster)), options_(options), history_(history) {}

Workload::~Workload() { CAIRN_CHECK(threads_.empty(), "a workload is stopped before it goes"); }

void Workload::Start() {
  last_acknowledged_ = Now();
  for (std::size_t i = 0; i < options_.clients; ++i) {
    threads_.emplace_back([this, i] { RunClient(i); });
  }
}

void Workload::Stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

void Workload::RunClient(std::size_t index) {
  PeerMemory peer_memory(cluster_, index % 3 == 0 ? options_.short_timeout : options_.timeout);
  std::mt19937_64 random(options_.seed * 1000 + index);
  for (std::uint64_t count = 0; !stopping_; ++count) {
    const std::uint64_t set = begun_++ / (options_.keys * options_.operations);
    const std::string key = "key-" + std::to_string(set * options_.keys + random() % options_.keys);
    const std::string name = "c" + std::to_string(index) + "-" + std::to_string(count);
    const std::uint64_t die = random() % 10;
    const Record::Kind kind = die < 5   ? Record::Kind::kPut
                              : die < 6 ? Record::Kind::kDel
                                        : Record::Kind::kGet;
    const std::size_t large = value_size_;
    Write(peer_memory.Do(kind, key, name, random() % (large > 0 ? 2 * large : kSmallValue)));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % (2 * options_.pause + 1)));
  }
}

bool Workload::ReadAll() {
  std::vector<std::string> keys(keys_.begin(), keys_.end());
  std::atomic<bool> all = true;
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < options_.clients; ++i) {
    readers.emplace_back([this, i, &keys, &all] {
      if (!ReadKeys(i, keys)) {
        all = false;
      }
    });
  }
  for (std::thread& reader : readers) {
    reader.join();
  }
  return all;
}

bool Workload::ReadKeys(std::size_t index, const std::vector<std::string>& keys) {
  PeerMemory peer_memory(cluster_, options_.timeout);
  for (std::size_t i = index; i < keys.size(); i += options_.clients) {
    bool read = false;
    for (int tries = 0; tries < kTriesToRead && !read; ++tries) {
      const Record record = peer_memory.Do(Record::Kind::kGet, keys[i], "", 0);
      Write(record);
      read = record.Answered();
    }
    if (!read) {
      return false;
    }
  }
  return true;
}

void Workload::Write(const Record& record) {
  const std::string line = LineOf(record);
  const std::lock_guard<std::mutex> guard(mutex_);
  *history_ << line << '\n';
  keys_.insert(record.key);
  if (record.Answered()) {
    ++counts_.acknowledged;
    if (record.returned > last_acknowledged_) {
      counts_.longest_gap = std::max(counts_.longest_gap, record.returned - last_acknowledged_);
      last_acknowledged_ = record.returned;
    }
  } else {
    ++(record.code == Code::kUnknownOutcome ? counts_.unknown : counts_.refused);
  }
}

Counts Workload::Count() {
  const std::lock_guard<std::mutex> guard(mutex_);
  Counts counts = counts_;
  counts.keys = keys_.size();
  const Micros now = Now();
  if (!threads_.empty() && now > last_acknowledged_) {
    counts.longest_gap = std::max(counts.longest_gap, now - last_acknowledged_);
  }
  return counts;
}

void Workload::ForgetGap() {
  const std::lock_guard<std::mutex> guard(mutex_);
  counts_.longest_gap = 0;
}

}  // namespace cairn::crash
