// The workhorse of scripts/restart_bench.sh; each call is one process, so that its peak of memory
// is its own and its end is as sudden as kill -9.
//
//   cairn-restart-bench make DIR OPERATIONS [KEYS]
//                                             a chain of blocks of 64 puts, applied as a node would
//   cairn-restart-bench start DIR             the start of a node on it
//   cairn-restart-bench merge DIR             what RocksDB does to the ledger's tables in a node
//   that
//                                             goes on running, to its end
//   cairn-restart-bench raw DIR               the least that a rebuild has to do: RocksDB reads the
//                                             ledger from end to end, SHA-256 of what it reads
//
// Prints "name value" lines.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "chain/block_format.h"
#include "chain/sha256.h"
#include "common/roster.h"
#include "config/cluster.h"
#include "rocksdb/db.h"
#include "start/start_up.h"
#include "storage/ledger/ledger_impl.h"

namespace cairn::node {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlockRequests = 64;
constexpr std::size_t kBlocksPerCommit = 64;
constexpr std::uint64_t kDefaultKeys = 100'000;
constexpr std::size_t kValueBytes = 100;
constexpr ClientId kClients = 16;

[[noreturn]] void Stop(const std::string& why) {
  std::fprintf(stderr, "cairn-restart-bench: %s\n", why.c_str());
  std::exit(1);
}

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void SayCost(Clock::time_point began) {
  rusage usage{};
  (void)::getrusage(RUSAGE_SELF, &usage);
  std::printf("seconds %.3f\n", std::chrono::duration<double>(Clock::now() - began).count());
  std::printf("cpu %.3f\n", SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime));
  std::printf("peak_mib %.0f\n", static_cast<double>(usage.ru_maxrss) / 1024);
}

/// Nothing is closed or written any more.
[[noreturn]] void Die() {
  (void)std::fflush(stdout);
  ::_exit(0);
}

node::DurableState Start(const std::string& directory) {
  config::Cluster cluster;
  cluster.name = "restart";
  cluster.nodes = {{1, "127.0.0.1", 5001, 5101}};
  auto memory =
      start::StartUp(directory, cluster, 1,
                     {[](const std::string& line) { std::fprintf(stderr, "  %s\n", line.c_str()); },
                      [](Slot /*done*/, Slot /*all*/) {}});
  if (!memory.ok()) {
    Stop(memory.status().message());
  }
  return std::move(memory).value();
}

class Maker {
 public:
  Maker(const std::string& directory, std::uint64_t keys)
      : memory_(Start(directory)), keys_(keys), tip_(memory_.recovered.blocks.back()) {
    const Incarnation self = memory_.directory.identity().incarnation;
    write_.needed = true;
    write_.head.promised = {1, 1, self};
    write_.head.accepted = write_.head.promised;
    Add({MakeFormRequest({{1, self}})});
  }

  void Put(std::uint64_t operations) {
    for (std::uint64_t done = 0; done < operations; done += kBlockRequests) {
      std::vector<Request> requests(std::min<std::uint64_t>(kBlockRequests, operations - done));
      for (std::size_t i = 0; i < requests.size(); ++i) {
        requests[i] = Next((done + i) % kClients + 1);
      }
      Add(std::move(requests));
    }
    Commit();
  }

 private:
  Request Next(ClientId client) {
    Request request;
    request.client = client;
    request.sequence = ++sequences_[client];
    request.first_open = request.sequence > 8 ? request.sequence - 8 : 1;
    const std::string number = std::to_string(random_() % keys_);
    request.key = "key-" + std::string(12 - std::min<std::size_t>(12, number.size()), '0') + number;
    request.value.resize(kValueBytes);
    for (char& byte : request.value) {
      byte = static_cast<char>(random_());
    }
    return request;
  }
  void Add(std::vector<Request> requests) {
    tip_ = chain::Seal(tip_->slot() + 1, tip_->hash, tip_->header.time + 1000, std::move(requests));
    write_.blocks.push_back(tip_);
    if (write_.blocks.size() == kBlocksPerCommit) {
      Commit();
    }
  }
  void Commit() {
    write_.head.tip = tip_->slot();
    write_.head.decided = tip_->slot();
    memory_.ledger->Commit(write_);
    for (const BlockPtr& block : write_.blocks) {
      memory_.machine->Apply(*block);
    }
    write_.blocks.clear();
  }

  node::DurableState memory_;
  std::uint64_t keys_;
  BlockPtr tip_;
  replica::LedgerWrite write_;
  std::vector<Sequence> sequences_ = std::vector<Sequence>(kClients + 1);
  std::mt19937_64 random_{1};
};

[[noreturn]] void Make(const std::string& directory, std::uint64_t operations, std::uint64_t keys) {
  const auto began = Clock::now();
  Maker maker(directory, keys);
  maker.Put(operations);
  SayCost(began);
  Die();
}

[[noreturn]] void MeasureStart(const std::string& directory) {
  const auto began = Clock::now();
  const node::DurableState memory = Start(directory);
  SayCost(began);
  Die();
}

void Merge(const std::string& directory) {
  rocksdb::DB* opened = nullptr;
  auto status =
      rocksdb::DB::Open(storage::LedgerOptions({}, false), directory + "/ledger", &opened);
  const std::unique_ptr<rocksdb::DB> db(opened);
  status = status.ok() ? db->CompactRange({}, nullptr, nullptr) : status;
  if (!status.ok()) {
    Stop(status.ToString());
  }
}

[[noreturn]] void MeasureRaw(const std::string& directory) {
  const auto began = Clock::now();
  rocksdb::DB* opened = nullptr;
  if (const auto status = rocksdb::DB::OpenForReadOnly({}, directory + "/ledger", &opened);
      !status.ok()) {
    Stop(status.ToString());
  }
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = std::size_t{2} << 20;
  std::uint64_t bytes = 0;
  std::uint8_t sum = 0;
  const std::unique_ptr<rocksdb::Iterator> at(opened->NewIterator(options));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    bytes += at->value().size();
    sum ^= chain::Sha256(at->value().ToStringView()).bytes[0];
  }
  if (!at->status().ok()) {
    Stop(at->status().ToString());
  }
  SayCost(began);
  std::printf("mib %.1f\nsum %u\n", static_cast<double>(bytes) / 1024 / 1024, sum);
  Die();
}

}  // namespace
}  // namespace cairn::node

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if ((words.size() == 3 || words.size() == 4) && words[0] == "make") {
    cairn::node::Make(words[1], std::stoull(words[2]),
                      words.size() == 4 ? std::stoull(words[3]) : cairn::node::kDefaultKeys);
  }
  if (words.size() == 2 && words[0] == "start") {
    cairn::node::MeasureStart(words[1]);
  }
  if (words.size() == 2 && words[0] == "merge") {
    cairn::node::Merge(words[1]);
    return 0;
  }
  if (words.size() == 2 && words[0] == "raw") {
    cairn::node::MeasureRaw(words[1]);
  }
  std::fprintf(stderr,
               "usage: cairn-restart-bench make DIR OPERATIONS [KEYS] | start DIR | "
               "merge DIR | raw DIR\n");
  return 2;
}
