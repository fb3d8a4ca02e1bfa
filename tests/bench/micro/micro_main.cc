// What a request passes on its way, each piece by itself, and its whole way through a cluster of
// replicas on one core, without disk and network. 16-byte keys, 100-byte values; the argument is
// the number of requests in a block. Printed for each request: time, processor cycles (of the time
// stamp counter) and calls of operator new.
//
//   build/cairn-micro-bench [--benchmark_filter=REGEX]

#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include <filesystem>
#include <string>
#include <vector>

#include "bench/micro/allocations.h"
#include "bench/micro/group.h"
#include "chain/block_format.h"
#include "common/check.h"
#include "kv/state_machine.h"
#include "net/wire/client_codec.h"
#include "storage/ledger/ledger.h"
#include "storage/state/state.h"

namespace cairn::bench {
namespace {

constexpr std::uint64_t kKeys = 100'000;
constexpr std::uint64_t kSessions = 256;
constexpr std::size_t kValueBytes = 100;

/// A put of a key drawn from all, of a session drawn in turn.
class Requests {
 public:
  Request Next() {
    Request request;
    request.client = 1 + number_ % kSessions;
    request.sequence = request.first_open = 1 + number_ / kSessions;
    request.key = Key();
    request.value = value_;
    ++number_;
    return request;
  }
  std::vector<Request> Batch(std::int64_t count) {
    std::vector<Request> batch;
    for (std::int64_t i = 0; i < count; ++i) {
      batch.push_back(Next());
    }
    return batch;
  }
  std::string Key() {
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    const std::string digits = std::to_string((random_ >> 33) % kKeys);
    return "bench-" + std::string(10 - digits.size(), '0') + digits;
  }

 private:
  std::uint64_t number_ = 0;
  std::uint64_t random_ = 1;
  std::string value_ = std::string(kValueBytes, 'v');
};

/// Counts cycles and allocations of the measured part alone.
class Meter {
 public:
  explicit Meter(benchmark::State* state) : state_(state) {}
  void Begin() {
    allocations_before_ = Allocations();
    cycles_before_ = __rdtsc();
  }
  void End() {
    cycles_ += __rdtsc() - cycles_before_;
    allocations_ += Allocations() - allocations_before_;
  }
  ~Meter() {
    const auto requests =
        static_cast<double>(state_->iterations()) * static_cast<double>(state_->range(0));
    state_->SetItemsProcessed(static_cast<std::int64_t>(requests));
    state_->counters["cycles"] = static_cast<double>(cycles_) / requests;
    state_->counters["allocations"] = static_cast<double>(allocations_) / requests;
  }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

 private:
  benchmark::State* state_;
  std::uint64_t cycles_before_ = 0;
  std::uint64_t cycles_ = 0;
  std::uint64_t allocations_before_ = 0;
  std::uint64_t allocations_ = 0;
};

BlockPtr Genesis() {
  return chain::MakeGenesis({.name = "bench", .nodes = {1}, .max_sessions = kSessions});
}

/// A chain that is extended by blocks of as many requests as the benchmark says.
class Chain {
 public:
  BlockPtr Next(std::int64_t count) {
    tip_ = chain::Seal(tip_->slot() + 1, tip_->hash, 0, requests_.Batch(count));
    return tip_;
  }
  [[nodiscard]] const BlockPtr& tip() const { return tip_; }

 private:
  BlockPtr tip_ = Genesis();
  Requests requests_;
};

/// A directory that is gone with its owner.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "cairn-micro-XXXXXX").string();
    CAIRN_CHECK(mkdtemp(name.data()) != nullptr, "a temporary directory can be made");
    path_ = name;
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Where a frame goes instead of a socket.
class Frame {
 public:
  net::Allocate allocate = [this](std::size_t bytes) {
    bytes_.resize(bytes);
    return reinterpret_cast<std::uint8_t*>(bytes_.data());
  };
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// The client: so many puts in one frame.
void EncodeCalls(benchmark::State& state) {
  Requests requests;
  net::CallBatch batch({.cluster = {.genesis = {}, .name = "bench"}});
  Frame frame;
  std::vector<api::CallBody> calls;
  for (Request& request : requests.Batch(state.range(0))) {
    calls.emplace_back(api::Write{std::move(request)});
  }
  Meter meter(&state);
  for (auto _ : state) {
    meter.Begin();
    for (const api::CallBody& call : calls) {
      CAIRN_CHECK(batch.Add(1, call).ok(), "the calls fit into a frame");
    }
    CAIRN_CHECK(batch.Write(frame.allocate).ok(), "a frame is written");
    meter.End();
  }
}
BENCHMARK(EncodeCalls)->Arg(1)->Arg(64);

/// The node: that frame taken apart and checked.
void DecodeCalls(benchmark::State& state) {
  Requests requests;
  net::CallBatch batch({.cluster = {.genesis = {}, .name = "bench"}});
  Frame frame;
  for (Request& request : requests.Batch(state.range(0))) {
    CAIRN_CHECK(batch.Add(1, api::Write{std::move(request)}).ok(), "the calls fit into a frame");
  }
  CAIRN_CHECK(batch.Write(frame.allocate).ok(), "a frame is written");
  net::CallDecoder decoder;
  Meter meter(&state);
  for (auto _ : state) {
    meter.Begin();
    CAIRN_CHECK(decoder.Open(frame.bytes()).ok(), "it is a frame of ours");
    while (decoder.left() > 0) {
      benchmark::DoNotOptimize(decoder.Next());
    }
    meter.End();
  }
}
BENCHMARK(DecodeCalls)->Arg(1)->Arg(64);

/// The node: so many answers in one frame.
void EncodeAnswers(benchmark::State& state) {
  net::ReplyBatch batch({.cluster = {.genesis = {}, .name = "bench"}});
  Frame frame;
  api::Answer answer;
  answer.slot = 1'000'000;
  answer.leader = 1;
  const api::ReplyBody body = answer;
  Meter meter(&state);
  for (auto _ : state) {
    meter.Begin();
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      CAIRN_CHECK(batch.Add(1, body).ok(), "the answers fit into a frame");
    }
    CAIRN_CHECK(batch.Write(frame.allocate).ok(), "a frame is written");
    meter.End();
  }
}
BENCHMARK(EncodeAnswers)->Arg(1)->Arg(64);

/// The leader: Merkle root, nonce, hash, encoding.
void Seal(benchmark::State& state) {
  Requests requests;
  Meter meter(&state);
  const BlockPtr genesis = Genesis();
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Request> batch = requests.Batch(state.range(0));
    state.ResumeTiming();
    meter.Begin();
    benchmark::DoNotOptimize(chain::Seal(1, genesis->hash, 0, std::move(batch)));
    meter.End();
  }
}
BENCHMARK(Seal)->Arg(1)->Arg(64);

/// A follower: the same checked, and the requests taken out.
void DecodeBlock(benchmark::State& state) {
  Chain chain;
  const BlockPtr block = chain.Next(state.range(0));
  Meter meter(&state);
  for (auto _ : state) {
    meter.Begin();
    benchmark::DoNotOptimize(chain::DecodeBlock(block->encoded));
    meter.End();
  }
}
BENCHMARK(DecodeBlock)->Arg(1)->Arg(64);

/// Every node: one synced batch and the guard.
void LedgerCommit(benchmark::State& state) {
  const Scratch scratch;
  Chain chain;
  storage::Ledger::Options options;
  options.node = 1;
  options.incarnation = 7;
  auto ledger = storage::Ledger::Open(scratch.path(), chain.tip(), options);
  CAIRN_CHECK(ledger.ok(), "a new ledger can be made in a temporary directory");
  Meter meter(&state);
  for (auto _ : state) {
    state.PauseTiming();
    replica::LedgerWrite write;
    write.needed = true;
    write.blocks = {chain.Next(state.range(0))};
    write.head.promised = write.head.accepted = {1, 1, 7};
    write.head.tip = chain.tip()->slot();
    write.head.decided = chain.tip()->slot() - 1;
    state.ResumeTiming();
    meter.Begin();
    ledger.value()->Commit(write);
    meter.End();
  }
}
BENCHMARK(LedgerCommit)->Arg(1)->Arg(64);

/// Every node: sessions and the state, its writer beside it.
void Apply(benchmark::State& state) {
  const Scratch scratch;
  auto table = storage::State::Open(scratch.path(), {});
  CAIRN_CHECK(table.ok(), "a new state can be made in a temporary directory");
  kv::StateMachine machine(table.value().get(), kSessions);
  Chain chain;
  Meter meter(&state);
  for (auto _ : state) {
    state.PauseTiming();
    const BlockPtr block = chain.Next(state.range(0));
    state.ResumeTiming();
    meter.Begin();
    benchmark::DoNotOptimize(machine.Apply(*block));
    meter.End();
  }
}
BENCHMARK(Apply)->Arg(1)->Arg(64);

/// The leader: a key read from the state after 10^5 have been written.
void ReadState(benchmark::State& state) {
  const Scratch scratch;
  auto table = storage::State::Open(scratch.path(), {});
  CAIRN_CHECK(table.ok(), "a new state can be made in a temporary directory");
  kv::StateMachine machine(table.value().get(), kSessions);
  Chain chain;
  for (std::uint64_t i = 0; i < 2 * kKeys / 64; ++i) {
    machine.Apply(*chain.Next(64));
  }
  CAIRN_CHECK(table.value()->Flush().ok(), "the state can be written out");
  Requests requests;
  Meter meter(&state);
  for (auto _ : state) {
    state.PauseTiming();
    const std::string key = requests.Key();
    state.ResumeTiming();
    meter.Begin();
    benchmark::DoNotOptimize(machine.Get(key));
    meter.End();
  }
}
BENCHMARK(ReadState)->Arg(1);

/// From the leader's queue to its answer: all nodes think on one core, disk and network are free.
template <NodeId nodes>
void WholeWayOfPuts(benchmark::State& state) {
  Group group(nodes);
  Requests requests;
  Meter meter(&state);
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Request> batch = requests.Batch(state.range(0));
    state.ResumeTiming();
    meter.Begin();
    const std::size_t answers = group.Put(std::move(batch));
    meter.End();
    CAIRN_CHECK(answers == static_cast<std::size_t>(state.range(0)), "every put is answered");
  }
}
BENCHMARK(WholeWayOfPuts<1>)->Arg(1)->Arg(64);
BENCHMARK(WholeWayOfPuts<3>)->Arg(1)->Arg(64);
BENCHMARK(WholeWayOfPuts<5>)->Arg(1)->Arg(64);

template <NodeId nodes>
void WholeWayOfGets(benchmark::State& state) {
  Group group(nodes);
  Requests requests;
  group.Put(requests.Batch(1000));
  std::vector<std::string> keys;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    keys.push_back(requests.Key());
  }
  Meter meter(&state);
  for (auto _ : state) {
    meter.Begin();
    const std::size_t answers = group.Get(keys);
    meter.End();
    CAIRN_CHECK(answers == keys.size(), "every get is answered");
  }
}
BENCHMARK(WholeWayOfGets<5>)->Arg(1)->Arg(64);

}  // namespace
}  // namespace cairn::bench

BENCHMARK_MAIN();
