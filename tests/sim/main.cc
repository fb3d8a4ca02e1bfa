// cairn-sim: runs seeds of the simulator, or replays one.
//
//   cairn-sim --seed N [--trace]      one seed; --trace prints every message
//   cairn-sim --from N --count M      seeds N .. N+M-1; stops at the first that fails

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

#include "sim/campaign.h"

namespace {

int Usage() {
  std::fprintf(stderr,
               "usage: cairn-sim --seed N [--trace]\n       cairn-sim --from N --count M\n");
  return 2;
}

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

void Print(const cairn::sim::Report& r) {
  std::cout << r.virtual_time / 1'000'000 << " virtual s, " << r.events << " events, "
            << r.acknowledged << " acknowledged, " << r.given_up << " given up, " << r.kills
            << " kills, " << r.lost_disks << " lost disks, " << r.leader_changes
            << " leader changes, tip " << r.tip << ", digest " << r.digest << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t from = 0;
  std::uint64_t count = 1;
  bool trace = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--trace") {
      trace = true;
    } else if ((word == "--seed" || word == "--from") && i + 1 < argc) {
      from = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--count" && i + 1 < argc) {
      count = std::strtoull(argv[++i], nullptr, 10);
    } else {
      return Usage();
    }
  }
  if (from == 0) {
    return Usage();
  }
  std::signal(SIGABRT, NameTheSeed);
  cairn::sim::Report total;
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    running_seed = seed;
    const cairn::sim::Report report = cairn::sim::RunSeed(seed, trace ? &std::cout : nullptr);
    if (report.failure) {
      std::cout << "FAILED " << *report.failure << "\nreplay: build/cairn-sim --seed " << seed
                << " --trace\n";
      return 1;
    }
    total.Add(report);
  }
  std::cout << count << (count == 1 ? " seed held: " : " seeds held: ");
  Print(total);
  return 0;
}
