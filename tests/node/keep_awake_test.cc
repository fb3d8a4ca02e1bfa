#include "node/keep_awake.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <filesystem>
#include <set>
#include <string>

namespace cairn::node {
namespace {

std::set<std::string> Threads() {
  std::set<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    ids.insert(entry.path().filename());
  }
  return ids;
}

cpu_set_t Only(int processor) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(static_cast<std::size_t>(processor), &only);
  return only;
}

TEST(KeepAwakeTest, KeepsTheProcessorOfTheCallerAndNoOther) {
  const std::set<std::string> before = Threads();
  KeepAwake keep_awake;
  std::string thread;
  for (const std::string& id : Threads()) {
    thread = before.contains(id) ? thread : id;
  }
  ASSERT_FALSE(thread.empty());
  cpu_set_t allowed;
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(static_cast<std::size_t>(processor), &allowed)) {
      const cpu_set_t here = Only(processor);
      ASSERT_EQ(::sched_setaffinity(0, sizeof here, &here), 0);
      keep_awake.Begin();
      keep_awake.End();
      cpu_set_t bound;
      ASSERT_EQ(::sched_getaffinity(std::stoi(thread), sizeof bound, &bound), 0);
      EXPECT_TRUE(CPU_EQUAL(&bound, &here)) << "processor " << processor;
    }
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof allowed, &allowed), 0);
}

TEST(KeepAwakeTest, EndsInEveryState) {
  { const KeepAwake never_begun; }
  {
    KeepAwake awake;
    awake.Begin();
  }
  KeepAwake ended;
  for (int i = 0; i < 1'000; ++i) {
    ended.Begin();
    ended.End();
  }
  ended.End();
}

}  // namespace
}  // namespace cairn::node
