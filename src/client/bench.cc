#include "client/bench.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <memory>
#include <utility>

#include "client/bench_report.h"
#include "client/summary.h"
#include "client/text.h"
#include "client/verbs.h"
#include "common/limits.h"

namespace cairn::client {
namespace {

constexpr std::size_t kDefaultConnections = 10;
constexpr std::size_t kMostConnections = 1024;
constexpr double kLongestSeconds = 86'400;
constexpr int kMostRuns = 1000;
/// Enough to fill the largest blocks.
constexpr std::uint32_t kFillClients = 512;

Micros ToMicros(double seconds) { return static_cast<Micros>(seconds * 1e6); }

/// Processor time of this process, all threads.
Micros CpuTime() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) {
    return 0;
  }
  const auto micros = [](const timeval& time) {
    return static_cast<Micros>(time.tv_sec) * 1'000'000 + static_cast<Micros>(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

LoadOp OpOf(const std::string& op) {
  return op == "get" ? LoadOp::kGet : op == "mix" ? LoadOp::kMix : LoadOp::kPut;
}

Result<NodeId> ParseNode(const std::string& word, const config::Cluster& cluster) {
  NodeId id = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, id);
  if (error == std::errc{} && stop == end && cluster.Find(id) != nullptr) {
    return id;
  }
  std::vector<NodeId> known;
  for (const config::NodeAddress& node : cluster.nodes) {
    known.push_back(node.id);
  }
  return Status::Usage("--node " + word + ": there is no such node; " + cluster.path + " has " +
                       (known.size() == 1 ? "node " : "nodes ") + JoinWords(known) +
                       ", --node leader means the one that leads, and --node all every one");
}

Result<NodeId> FindLeader(const config::Cluster& cluster, const Environment& environment,
                          Micros timeout) {
  Options options;
  options.timeout = timeout;
  Client client(cluster, options, environment);
  const Summary summary = Summarize(client.StatusOfAll());
  if (summary.leader == 0) {
    return Status::Unavailable("--node leader: " + summary.words);
  }
  return summary.leader;
}

/// One call of the verb.
class Bench {
 public:
  Bench(const BenchCommand& command, const GlobalOptions& global, const World& world)
      : command_(command), json_(global.json), world_(world), global_(global) {}

  Status Prepare();
  /// Until all runs are over. Not ok: a run could not even begin.
  Status Run();
  [[nodiscard]] Code worst() const { return worst_; }

 private:
  Status RunSeries(const LoadOptions& options);
  Result<BenchRun> RunOnce(const std::string& op, const LoadOptions& options, int number);
  Result<LoadOptions> MakeOptions() const;
  Status Fill(LoadOptions options);
  void Print(const BenchRun& run);

  BenchCommand command_;
  bool json_;
  World world_;
  GlobalOptions global_;
  config::Cluster cluster_;
  LoadOptions options_;
  bool progress_ = false;
  Code worst_ = Code::kOk;
};

Status Bench::Prepare() {
  const Result<std::string> path = config::FindClusterFile(global_.config);
  if (!path.ok()) {
    return path.status();
  }
  Result<config::Cluster> loaded = config::LoadCluster(path.value());
  if (!loaded.ok()) {
    return loaded.status();
  }
  cluster_ = std::move(loaded).value();
  Result<LoadOptions> options = MakeOptions();
  if (!options.ok()) {
    return options.status();
  }
  options_ = std::move(options).value();
  progress_ = world_.err == &std::cerr && isatty(STDERR_FILENO) == 1;
  return Status::Ok();
}

Result<LoadOptions> Bench::MakeOptions() const {
  const Result<Micros> timeout = TimeoutOf(global_);
  if (!timeout.ok()) {
    return timeout.status();
  }
  LoadOptions options;
  options.op = OpOf(command_.op);
  options.rate = command_.rate;
  options.keys = command_.keys;
  options.value_size = command_.value_size;
  options.warmup = ToMicros(command_.warmup);
  options.duration = ToMicros(command_.seconds);
  options.timeout = timeout.value();
  for (const std::string& word : command_.nodes) {
    if (word == "all") {
      for (const config::NodeAddress& node : cluster_.nodes) {
        options.nodes.push_back(node.id);
      }
      continue;
    }
    const Result<NodeId> node =
        word == "leader" ? FindLeader(cluster_, world_.environment(cluster_), options.timeout)
                         : ParseNode(word, cluster_);
    if (!node.ok()) {
      return node.status();
    }
    options.nodes.push_back(node.value());
  }
  return options;
}

Status Bench::Run() {
  if (command_.fill) {
    if (Status status = Fill(options_); !status.ok()) {
      return status;
    }
  }
  if (!json_) {
    *world_.out << BenchHeading() << std::flush;
  }
  for (const std::uint32_t clients : command_.clients) {
    LoadOptions options = options_;
    options.clients = clients;
    options.connections = command_.connections != 0
                              ? command_.connections
                              : std::min<std::size_t>(kDefaultConnections, clients);
    if (Status status = RunSeries(options); !status.ok()) {
      return status;
    }
  }
  return Status::Ok();
}

Status Bench::RunSeries(const LoadOptions& options) {
  std::vector<BenchRun> runs;
  for (int number = 1; number <= command_.runs; ++number) {
    Result<BenchRun> run = RunOnce(command_.op, options, number);
    if (!run.ok()) {
      return run.status();
    }
    Print(run.value());
    runs.push_back(std::move(run).value());
  }
  if (runs.size() > 1 && !json_) {
    *world_.out << BenchMedian(runs) << std::flush;
  }
  return Status::Ok();
}

Status Bench::Fill(LoadOptions options) {
  options.op = LoadOp::kFill;
  options.clients = kFillClients;
  options.connections = kDefaultConnections;
  options.rate = 0;
  options.warmup = 0;
  const Result<BenchRun> run = RunOnce("fill", options, 1);
  if (!run.ok()) {
    return run.status();
  }
  *world_.err << "put " << run->result.operations << " keys, "
              << static_cast<std::uint64_t>(run->result.Throughput()) << " per second\n"
              << BenchRemarks(run.value());
  const Code worst = run->result.WorstError();
  return worst == Code::kOk ? Status::Ok() : Status(worst, "not every key could be put");
}

Result<BenchRun> Bench::RunOnce(const std::string& op, const LoadOptions& options, int number) {
  BenchRun run{op, options, number, {}, 0};
  Load load(cluster_, options, world_.environment(cluster_));
  const auto say = [&](const LoadProgress& progress) {
    *world_.err << "\r\x1b[K" << BenchProgress(run, progress) << std::flush;
  };
  const Micros cpu = CpuTime();
  const auto began = std::chrono::steady_clock::now();
  Result<LoadResult> result = load.Run(progress_ ? Load::OnProgress(say) : nullptr);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  run.cpu = static_cast<double>(CpuTime() - cpu) / 1e6 / std::max(took.count(), 1e-6);
  if (progress_) {
    *world_.err << "\r\x1b[K" << std::flush;
  }
  if (!result.ok()) {
    return result.status();
  }
  run.result = std::move(result).value();
  return run;
}

void Bench::Print(const BenchRun& run) {
  if (json_) {
    *world_.out << Dump(BenchJson(run)) << "\n";
  } else {
    *world_.out << BenchRow(run);
  }
  world_.out->flush();
  *world_.err << BenchRemarks(run);
  if (const Code code = run.result.WorstError(); code != Code::kOk) {
    worst_ = code;
  }
}

}  // namespace

int RunBench(const BenchCommand& command, const GlobalOptions& global, const World& world) {
  Bench bench(command, global, world);
  Status status = bench.Prepare();
  if (status.ok()) {
    status = bench.Run();
  }
  if (!status.ok()) {
    return Refuse(world, global.json, "bench", status);
  }
  if (!*world.out) {
    *world.err << "cairn: can't write to standard output; is its disk full or its reader gone?\n";
    return ExitCode(Code::kOther);
  }
  return ExitCode(bench.worst());
}

void AddBench(CLI::App* app, GlobalOptions* global, int* exit_code, const World& world) {
  auto command = std::make_shared<BenchCommand>();
  CLI::App* verb = app->add_subcommand(
      "bench", "Measure a running cluster; it writes keys that begin with bench-");
  AddGlobalOptions(verb, global);
  verb->add_option("--op", command->op, "put, get (linearizable) or mix, half of each (put)")
      ->check(CLI::IsMember({"put", "get", "mix"}))
      ->type_name("OP");
  verb->add_option("--clients", command->clients,
                   "clients at once; several numbers: one after the other (16)")
      ->delimiter(',')
      ->check(CLI::Range(1U, kMaxLoadClients))
      ->type_name("N[,N...]");
  verb->add_option("--connections", command->connections,
                   "connections that they share (10, or as many as clients)")
      ->check(CLI::Range(std::size_t{1}, kMostConnections))
      ->type_name("N");
  verb->add_option("--node", command->nodes,
                   "go through these nodes, or: all (leader, as a client does)")
      ->delimiter(',')
      ->type_name("N[,N...]");
  verb->add_option("--rate", command->rate,
                   "operations per second, timed from when each is due (else each client begins "
                   "the next when it has its answer)")
      ->check(CLI::Range(0.001, 1e7))
      ->type_name("R");
  verb->add_option("--keys", command->keys, "size of the key space (100000)")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{9'999'999'999}))
      ->type_name("K");
  verb->add_option("--value-size", command->value_size, "bytes of a value (100)")
      ->check(CLI::Range(std::size_t{0}, kMaxValueBytes))
      ->type_name("B");
  verb->add_option("--warmup", command->warmup, "before a run is measured (2)")
      ->check(CLI::Range(0.0, kLongestSeconds))
      ->type_name("SECONDS");
  verb->add_option("--seconds", command->seconds, "how long a run is measured (10)")
      ->check(CLI::Range(0.001, kLongestSeconds))
      ->type_name("SECONDS");
  verb->add_option("--runs", command->runs, "runs for each number of clients (1)")
      ->check(CLI::Range(1, kMostRuns))
      ->type_name("N");
  verb->add_flag("--fill", command->fill, "put every key of the key space first");
  verb->callback([=] { *exit_code = RunBench(*command, *global, world); });
}

}  // namespace cairn::client
