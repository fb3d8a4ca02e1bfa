#include "start/restart.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "common/fatal.h"
#include "system/clock.h"

namespace cairn::start {
namespace {

constexpr const char* kVariable = "CAIRN_RESTARTS";  // "count since", for the next process
constexpr Micros kWithin = 60'000'000;
constexpr int kMost = 5;

std::vector<std::string> Arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find('\0', at), all.size());
    arguments.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  return arguments;
}

/// Counts this restart. False if there were too many of late.
bool MayRestart() {
  int count = 0;
  Micros since = system::WallNow();
  if (const char* before = std::getenv(kVariable)) {
    char* rest = nullptr;
    const auto told = static_cast<int>(std::strtol(before, &rest, 10));
    const Micros then = std::strtoull(rest, nullptr, 10);
    if (since - then < kWithin) {
      count = told;
      since = then;
    }
  }
  const std::string told = std::to_string(count + 1) + " " + std::to_string(since);
  return count < kMost && ::setenv(kVariable, told.c_str(), 1) == 0;
}

}  // namespace

void RestartNow(const std::string& sentence) {
  const std::string why = sentence.substr(0, sentence.find_last_not_of('.') + 1);
  const std::vector<std::string> arguments = Arguments();
  if (!MayRestart() || arguments.empty()) {
    StopNow(Status::Integrity(why + ". It could not be mended by starting anew several times: keep "
                                    "the data directory as it is, and start this node with an "
                                    "empty one"));
  }
  spdlog::warn("{}. This node starts anew.", why);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  ::execv("/proc/self/exe", argv.data());
  StopNow(Status::Integrity(why + ". It could not start anew by itself: start it again"));
}

}  // namespace cairn::start
