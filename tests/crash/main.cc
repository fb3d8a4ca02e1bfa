// cairn-crash: the clients and the judge of the crash loop (scripts/crash_loop.sh drives both).
//
//   cairn-crash load --config FILE --history FILE [--clients N] [--seed S]
//     Clients that write down what they see. Commands come on standard input, one a line; each is
//     answered with one JSON object on one line of standard output:
//       count       counts since the beginning, and the longest gap since the last `round`
//       round       the same; a new gap begins
//       values N    values of about N bytes from now on (0: small ones)
//       finish      the clients end their requests, and each key is read once more
//     The end of the input ends the program.
//   cairn-crash check --history FILE --chain FILE
//     Judges a history against a chain as `cairn chain --json` prints it. Exit code 1 and
//     sentences on standard error if a rule is broken.

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "crash/check.h"
#include "crash/workload.h"

namespace {

using cairn::Result;
using cairn::crash::ChainBlock;
using cairn::crash::Record;
using Json = nlohmann::ordered_json;

struct Arguments {
  std::string config;
  std::string history;
  std::string chain;
  cairn::crash::WorkloadOptions workload;
};

int Complain(const std::string& words) {
  std::cerr << "cairn-crash: " << words << '\n';
  return 1;
}

void Print(const cairn::crash::Counts& counts, bool ok) {
  Json json;
  json["ok"] = ok;
  json["acknowledged"] = counts.acknowledged;
  json["refused"] = counts.refused;
  json["unknown"] = counts.unknown;
  json["keys"] = counts.keys;
  json["longest_gap_us"] = counts.longest_gap;
  std::cout << json.dump() << std::endl;
}

int RunLoad(const Arguments& arguments) {
  const Result<cairn::config::Cluster> cluster = cairn::config::LoadCluster(arguments.config);
  if (!cluster.ok()) {
    return Complain(cluster.status().message());
  }
  std::ofstream history(arguments.history, std::ios::app);
  cairn::crash::Workload workload(cluster.value(), arguments.workload, &history);
  workload.Start();
  bool ok = true;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line == "finish") {
      workload.Stop();
      ok = workload.ReadAll();
      history.flush();
    } else if (line.rfind("values ", 0) == 0) {
      workload.SetValueSize(std::stoul(line.substr(7)));
    } else if (line != "count" && line != "round") {
      Complain("there is no command \"" + line +
               "\"; the commands are count, round, values N and " + "finish");
      ok = false;
    }
    Print(workload.Count(), ok && history.good());
    if (line == "round") {
      workload.ForgetGap();
    }
  }
  workload.Stop();
  history.flush();
  return history.good() ? 0 : Complain("could not write " + arguments.history);
}

int RunCheck(const Arguments& arguments) {
  std::ifstream history_file(arguments.history);
  std::ifstream chain_file(arguments.chain);
  if (!history_file || !chain_file) {
    return Complain("could not open " + (history_file ? arguments.chain : arguments.history));
  }
  const Result<std::vector<Record>> history = cairn::crash::ReadHistory(history_file);
  if (!history.ok()) {
    return Complain(arguments.history + ": " + history.status().message());
  }
  const Result<std::vector<ChainBlock>> chain = cairn::crash::ReadChain(chain_file);
  if (!chain.ok()) {
    return Complain(arguments.chain + ": " + chain.status().message());
  }
  const cairn::crash::Verdict verdict = cairn::crash::Judge(history.value(), chain.value());
  Json json;
  json["ok"] = verdict.breach_count == 0;
  json["keys"] = verdict.keys;
  json["operations"] = verdict.operations;
  json["acknowledged_writes"] = verdict.acknowledged_writes;
  json["reads"] = verdict.reads;
  json["refused"] = verdict.refused;
  json["unknown_applied"] = verdict.unknown_applied;
  json["unknown_absent"] = verdict.unknown_absent;
  json["asked_again"] = verdict.asked_again;
  json["readmissions"] = verdict.readmissions;
  json["breaches"] = verdict.breach_count;
  std::cout << json.dump() << '\n';
  for (const std::string& breach : verdict.breaches) {
    std::cerr << breach << '\n';
  }
  return verdict.breach_count == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  CLI::App app("The clients and the judge of the crash loop.", "cairn-crash");
  app.require_subcommand(1);
  Arguments arguments;
  CLI::App* const load = app.add_subcommand("load", "Clients that write down what they see");
  load->add_option("--config", arguments.config, "The cluster file")->required();
  load->add_option("--history", arguments.history, "Records are added to this file")->required();
  load->add_option("--clients", arguments.workload.clients, "How many")->check(CLI::Range(1, 256));
  load->add_option("--seed", arguments.workload.seed, "Of what they ask for");
  CLI::App* const check = app.add_subcommand("check", "Judges a history against a chain");
  check->add_option("--history", arguments.history, "What the clients saw")->required();
  check->add_option("--chain", arguments.chain, "From cairn chain --json")->required();
  CLI11_PARSE(app, count, words);
  return load->parsed() ? RunLoad(arguments) : RunCheck(arguments);
}
