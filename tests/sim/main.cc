// cairn-sim: runs seeds of the simulator, replays one, or shrinks one that fails.
//
//   cairn-sim --seed N [--trace] [--nodes N] [--clients N] [--lossless] [--faults 1,2,3|none]
//   cairn-sim --from N --count M [--shrink]    seeds N .. N+M-1; stops at the first that fails

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "sim/campaign.h"

namespace {

using cairn::sim::Plan;
using cairn::sim::Report;

// For the handler of SIGABRT alone: a broken CAIRN_CHECK ends the process, and must name its seed.
volatile std::uint64_t running_seed = 0;

extern "C" void NameTheSeed(int /*signal*/) {
  char line[64];
  const int length = std::snprintf(line, sizeof line, "FAILED seed %llu: CHECK\n",
                                   static_cast<unsigned long long>(running_seed));
  if (::write(STDOUT_FILENO, line, static_cast<std::size_t>(length)) < 0) {
    ::_exit(1);
  }
}

struct Arguments {
  std::uint64_t seed = 0;
  std::uint64_t from = 0;
  std::uint64_t count = 1;
  bool trace = false;
  bool shrink = false;
  bool lossless = false;
  std::optional<std::size_t> nodes;
  std::optional<std::size_t> clients;
  std::optional<std::string> faults;
};

Plan PlanFor(const Arguments& arguments, std::uint64_t seed) {
  Plan plan = cairn::sim::PlanOf(seed);
  plan.world.nodes = arguments.nodes.value_or(plan.world.nodes);
  plan.clients = arguments.clients.value_or(plan.clients);
  if (arguments.lossless) {
    plan.world.loss = plan.world.duplication = 0;
  }
  if (arguments.faults) {
    const std::string list = "," + *arguments.faults + ",";
    std::erase_if(plan.faults, [&](const cairn::sim::Fault& fault) {
      return list.find("," + std::to_string(fault.number) + ",") == std::string::npos;
    });
  }
  return plan;
}

void Print(const Report& r) {
  std::cout << r.runs << (r.runs == 1 ? " run: " : " runs: ") << r.virtual_time / 1'000'000
            << " virtual s, " << r.events << " events, " << r.acknowledged << " acknowledged, "
            << r.given_up << " given up, " << r.faults << " faults, " << r.leader_changes
            << " leader changes, digest " << r.digest << '\n';
  for (std::size_t i = 0; i < cairn::sim::kSituationNames.size(); ++i) {
    std::cout << "  " << r.situations.count(i) << ' ' << cairn::sim::kSituationNames[i] << '\n';
  }
}

void Complain(const Report& report, const Plan& plan, bool shrink) {
  std::cout << "FAILED seed " << plan.seed << ": " << *report.failure
            << "\nreplay: build/cairn-sim " << plan.Arguments() << " --trace\n";
  if (shrink) {
    const Plan small = cairn::sim::Shrink(plan);
    const Report again = cairn::sim::Run(small);
    std::cout << "shrunk to " << small.world.nodes << " nodes, " << small.clients << " clients, "
              << small.faults.size() << " faults: " << again.failure.value_or("") << '\n'
              << "replay: build/cairn-sim " << small.Arguments() << " --trace\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"cairn-sim: whole clusters in virtual time, from a seed"};
  Arguments arguments;
  app.add_option("--seed", arguments.seed, "Run this seed");
  app.add_option("--from", arguments.from, "Run seeds from this one on");
  app.add_option("--count", arguments.count, "How many");
  app.add_option("--nodes", arguments.nodes, "Cluster size in place of the seed's");
  app.add_option("--clients", arguments.clients, "Clients in place of the seed's");
  app.add_option("--faults", arguments.faults, "Only these faults of the seed's plan, or none");
  app.add_flag("--lossless", arguments.lossless, "No message is lost or doubled by chance");
  app.add_flag("--trace", arguments.trace, "Print every message");
  app.add_flag("--shrink", arguments.shrink, "Shrink the first failing seed");
  CLI11_PARSE(app, argc, argv);
  const std::uint64_t first = std::max(arguments.seed, arguments.from);
  std::signal(SIGABRT, NameTheSeed);
  std::optional<Report> total;
  for (std::uint64_t seed = first; seed < first + arguments.count; ++seed) {
    running_seed = seed;
    const Plan plan = PlanFor(arguments, seed);
    const Report report = cairn::sim::Run(plan, arguments.trace ? &std::cout : nullptr);
    if (report.failure) {
      Complain(report, plan, arguments.shrink);
      return 1;
    }
    if (total) {
      total->Add(report);
    } else {
      total = report;
    }
  }
  if (total) {
    Print(*total);
  }
  return 0;
}
