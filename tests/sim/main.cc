// cairn-sim: runs seeds of the simulator, or replays one.
//
//   cairn-sim --seed N [--trace]      one seed; --trace prints every message
//   cairn-sim --from N --count M      seeds N .. N+M-1; stops at the first that fails

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

void Print(std::uint64_t seed, const cairn::sim::Report& report) {
  std::printf(
      "seed %llu: %.1f virtual s, %llu events, %llu acknowledged, %llu given up, "
      "%llu kills, %llu leader changes, tip %llu, digest %016llx\n",
      static_cast<unsigned long long>(seed), static_cast<double>(report.virtual_time) / 1e6,
      static_cast<unsigned long long>(report.events),
      static_cast<unsigned long long>(report.acknowledged),
      static_cast<unsigned long long>(report.given_up),
      static_cast<unsigned long long>(report.kills),
      static_cast<unsigned long long>(report.leader_changes),
      static_cast<unsigned long long>(report.tip), static_cast<unsigned long long>(report.digest));
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
  cairn::sim::Report total;
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    const cairn::sim::Report report = cairn::sim::RunSeed(seed, trace ? &std::cout : nullptr);
    if (report.failure) {
      std::printf("FAILED %s\nreplay: build/cairn-sim --seed %llu --trace\n",
                  report.failure->c_str(), static_cast<unsigned long long>(seed));
      return 1;
    }
    if (count == 1) {
      Print(seed, report);
    }
    total.events += report.events;
    total.virtual_time += report.virtual_time;
    total.acknowledged += report.acknowledged;
    total.kills += report.kills;
    total.leader_changes += report.leader_changes;
  }
  if (count > 1) {
    std::printf(
        "%llu seeds held: %.2f virtual hours, %llu events, %llu acknowledged, %llu kills, "
        "%llu leader changes\n",
        static_cast<unsigned long long>(count), static_cast<double>(total.virtual_time) / 3.6e9,
        static_cast<unsigned long long>(total.events),
        static_cast<unsigned long long>(total.acknowledged),
        static_cast<unsigned long long>(total.kills),
        static_cast<unsigned long long>(total.leader_changes));
  }
  return 0;
}
