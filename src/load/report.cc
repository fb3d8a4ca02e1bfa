#include "load/report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>

namespace cairn::load {
namespace {

/// The figures of a row.
struct Figures {
  double throughput = 0;
  std::array<double, 4> times{};  // p50, p99, p99.9, max, in milliseconds
  double errors = 0;
  double cpu = 0;
};

double Milliseconds(Micros time) { return static_cast<double>(time) / 1e3; }
double Seconds(Micros time) { return static_cast<double>(time) / 1e6; }

Figures FiguresOf(const BenchRun& run) {
  const Histogram& latency = run.result.latency;
  return {run.result.Throughput(),
          {Milliseconds(latency.Percentile(50)), Milliseconds(latency.Percentile(99)),
           Milliseconds(latency.Percentile(99.9)), Milliseconds(latency.max())},
          static_cast<double>(run.result.Errors()),
          run.cpu};
}

std::string Row(const BenchRun& run, const std::string& number, const Figures& figures) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(),
                "%-4s %7u %6zu %6s %10.0f %9.3f %9.3f %9.3f %9.3f %8.0f %5.2f\n", run.op.c_str(),
                run.options.clients, run.options.connections, number.c_str(), figures.throughput,
                figures.times[0], figures.times[1], figures.times[2], figures.times[3],
                figures.errors, figures.cpu);
  return text.data();
}

double Median(const std::vector<Figures>& rows, const std::function<double(const Figures&)>& of) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const Figures& row : rows) {
    values.push_back(of(row));
  }
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string Count(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

std::string BenchHeading() {
  return "op   clients  conns    run      ops/s    p50 ms    p99 ms  p99.9 ms    max ms   errors "
         "  cpu\n";
}

std::string BenchRow(const BenchRun& run) {
  return Row(run, std::to_string(run.number), FiguresOf(run));
}

std::string BenchMedian(const std::vector<BenchRun>& runs) {
  std::vector<Figures> rows;
  rows.reserve(runs.size());
  std::ranges::transform(runs, std::back_inserter(rows), FiguresOf);
  Figures median;
  median.throughput = Median(rows, [](const Figures& row) { return row.throughput; });
  for (std::size_t i = 0; i < median.times.size(); ++i) {
    median.times[i] = Median(rows, [i](const Figures& row) { return row.times[i]; });
  }
  median.errors = Median(rows, [](const Figures& row) { return row.errors; });
  median.cpu = Median(rows, [](const Figures& row) { return row.cpu; });
  return Row(runs.front(), "median", median);
}

std::string BenchRemarks(const BenchRun& run) {
  const LoadResult& result = run.result;
  std::string text;
  for (const auto& [code, count] : result.errors) {
    text +=
        Count(count, "operation", "operations") + " failed: " + std::string(CodeName(code)) + "\n";
  }
  if (result.retries > 0) {
    text += Count(result.retries, "transmission was", "transmissions were") + " repeated\n";
  }
  if (result.not_found > 0) {
    text += Count(result.not_found, "read", "reads") +
            " found no key; --fill puts every key of the key space first\n";
  }
  if (result.late > 0) {
    text += Count(result.late, "operation was", "operations were") +
            " due and not even begun: this rate is more than the cluster, or these clients, bear\n";
  }
  if (result.connections < run.options.connections) {
    text += "only " + std::to_string(result.connections) + " of " +
            std::to_string(run.options.connections) + " connections stood at the beginning\n";
  }
  return text;
}

text::Json BenchJson(const BenchRun& run) {
  const LoadOptions& options = run.options;
  const LoadResult& result = run.result;
  text::Json json;
  json["op"] = run.op;
  json["clients"] = options.clients;
  json["connections"] = result.connections;
  json["nodes"] = options.nodes;
  json["rate"] = options.rate > 0 ? text::Json(options.rate) : text::Json(nullptr);
  json["keys"] = options.keys;
  json["value_size"] = options.value_size;
  json["warmup"] = Seconds(options.warmup);
  json["seconds"] = Seconds(result.elapsed);
  json["run"] = run.number;
  json["operations"] = result.operations;
  json["throughput"] = result.Throughput();
  json["p50_us"] = result.latency.Percentile(50);
  json["p90_us"] = result.latency.Percentile(90);
  json["p99_us"] = result.latency.Percentile(99);
  json["p999_us"] = result.latency.Percentile(99.9);
  json["max_us"] = result.latency.max();
  json["mean_us"] = result.latency.Mean();
  json["errors"] = text::Json::object();
  for (const auto& [code, count] : result.errors) {
    json["errors"][std::string(CodeName(code))] = count;
  }
  json["retries"] = result.retries;
  json["not_found"] = result.not_found;
  json["late"] = result.late;
  json["longest_gap_us"] = result.longest_gap;
  json["cpu"] = run.cpu;
  return json;
}

std::string BenchProgress(const BenchRun& run, const LoadProgress& progress) {
  std::array<char, 200> text{};
  std::string total;
  if (progress.total > 0) {
    std::snprintf(text.data(), text.size(), " of %.0f s", Seconds(progress.total));
    total = text.data();
  } else {
    std::snprintf(
        text.data(), text.size(), " s, %.0f %%",
        100.0 * static_cast<double>(progress.operations) / static_cast<double>(run.options.keys));
    total = text.data();
  }
  std::snprintf(text.data(), text.size(),
                "%s, %u clients, run %d: %.1f%s, %.0f per second, %llu errors", run.op.c_str(),
                run.options.clients, run.number, Seconds(progress.elapsed), total.c_str(),
                progress.rate, static_cast<unsigned long long>(progress.errors));
  return text.data();
}

}  // namespace cairn::load
