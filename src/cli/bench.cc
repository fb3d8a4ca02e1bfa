#include "cli/bench.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <memory>
#include <utility>

#include "cli/summary.h"
#include "cli/verbs.h"
#include "common/limits.h"
#include "load/report.h"
#include "text/text.h"

namespace cairn::cli {
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

load::LoadOp OpOf(const std::string& op) {
  return op == "get" ? load::LoadOp::kGet : op == "mix" ? load::LoadOp::kMix : load::LoadOp::kPut;
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
                       (known.size() == 1 ? "node " : "nodes ") + text::JoinWords(known) +
                       ", --node leader means the one that leads, and --node all every one");
}

Result<NodeId> FindLeader(const config::Cluster& cluster, const client::Environment& environment,
                          Micros timeout) {
  client::Options options;
  options.timeout = timeout;
  client::Client client(cluster, options, environment);
  const Summary summary = Summarize(client.StatusOfAll());
  if (summary.leader == 0) {
    return Status::Unavailable("--node leader: " + summary.words);
  }
  return summary.leader;
}

/// One call of the verb.
class Bench {
 public:
  Bench(const BenchCommand& command, const GlobalOptions& global, const Streams& streams)
      : command_(command), json_(global.json), streams_(streams), global_(global) {}

  Status Prepare();
  /// Until all runs are over. Not ok: a run could not even begin.
  Status Run();
  [[nodiscard]] Code worst() const { return worst_; }

 private:
  Status RunSeries(const load::LoadOptions& options);
  Result<load::BenchRun> RunOnce(const std::string& op, const load::LoadOptions& options,
                                 int number);
  Result<load::LoadOptions> MakeOptions() const;
  Status Fill(load::LoadOptions options);
  void Print(const load::BenchRun& run);

  BenchCommand command_;
  bool json_;
  Streams streams_;
  GlobalOptions global_;
  config::Cluster cluster_;
  load::LoadOptions options_;
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
  Result<load::LoadOptions> options = MakeOptions();
  if (!options.ok()) {
    return options.status();
  }
  options_ = std::move(options).value();
  progress_ = streams_.err == &std::cerr && isatty(STDERR_FILENO) == 1;
  return Status::Ok();
}

Result<load::LoadOptions> Bench::MakeOptions() const {
  const Result<Micros> timeout = TimeoutOf(global_);
  if (!timeout.ok()) {
    return timeout.status();
  }
  load::LoadOptions options;
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
        word == "leader" ? FindLeader(cluster_, streams_.environment(cluster_), options.timeout)
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
    *streams_.out << load::BenchHeading() << std::flush;
  }
  for (const std::uint32_t clients : command_.clients) {
    load::LoadOptions options = options_;
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

Status Bench::RunSeries(const load::LoadOptions& options) {
  std::vector<load::BenchRun> runs;
  for (int number = 1; number <= command_.runs; ++number) {
    Result<load::BenchRun> run = RunOnce(command_.op, options, number);
    if (!run.ok()) {
      return run.status();
    }
    Print(run.value());
    runs.push_back(std::move(run).value());
  }
  if (runs.size() > 1 && !json_) {
    *streams_.out << load::BenchMedian(runs) << std::flush;
  }
  return Status::Ok();
}

Status Bench::Fill(load::LoadOptions options) {
  options.op = load::LoadOp::kFill;
  options.clients = kFillClients;
  options.connections = kDefaultConnections;
  options.rate = 0;
  options.warmup = 0;
  const Result<load::BenchRun> run = RunOnce("fill", options, 1);
  if (!run.ok()) {
    return run.status();
  }
  *streams_.err << "put " << run->result.operations << " keys, "
                << static_cast<std::uint64_t>(run->result.Throughput()) << " per second\n"
                << load::BenchRemarks(run.value());
  const Code worst = run->result.WorstError();
  return worst == Code::kOk ? Status::Ok() : Status(worst, "not every key could be put");
}

Result<load::BenchRun> Bench::RunOnce(const std::string& op, const load::LoadOptions& options,
                                      int number) {
  load::BenchRun run{op, options, number, {}, 0};
  load::Load load(cluster_, options, streams_.environment(cluster_));
  const auto say = [&](const load::LoadProgress& progress) {
    *streams_.err << "\r\x1b[K" << load::BenchProgress(run, progress) << std::flush;
  };
  const Micros cpu = CpuTime();
  const auto began = std::chrono::steady_clock::now();
  Result<load::LoadResult> result = load.Run(progress_ ? load::Load::OnProgress(say) : nullptr);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  run.cpu = static_cast<double>(CpuTime() - cpu) / 1e6 / std::max(took.count(), 1e-6);
  if (progress_) {
    *streams_.err << "\r\x1b[K" << std::flush;
  }
  if (!result.ok()) {
    return result.status();
  }
  run.result = std::move(result).value();
  return run;
}

void Bench::Print(const load::BenchRun& run) {
  if (json_) {
    *streams_.out << text::Dump(load::BenchJson(run)) << "\n";
  } else {
    *streams_.out << load::BenchRow(run);
  }
  streams_.out->flush();
  *streams_.err << load::BenchRemarks(run);
  if (const Code code = run.result.WorstError(); code != Code::kOk) {
    worst_ = code;
  }
}

}  // namespace

int RunBench(const BenchCommand& command, const GlobalOptions& global, const Streams& streams) {
  Bench bench(command, global, streams);
  Status status = bench.Prepare();
  if (status.ok()) {
    status = bench.Run();
  }
  if (!status.ok()) {
    return Refuse(streams, global.json, "bench", status);
  }
  if (!*streams.out) {
    *streams.err << "cairn: can't write to standard output; is its disk full or its reader gone?\n";
    return ExitCode(Code::kOther);
  }
  return ExitCode(bench.worst());
}

void AddBench(CLI::App* app, GlobalOptions* global, int* exit_code, const Streams& streams) {
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
      ->check(CLI::Range(1U, load::kMaxLoadClients))
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
  verb->callback([=] { *exit_code = RunBench(*command, *global, streams); });
}

}  // namespace cairn::cli
