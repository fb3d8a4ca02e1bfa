#include "system/process_id.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace cairn::system {
namespace {

pid_t AsTheKernelSays() { return static_cast<pid_t>(::syscall(SYS_getpid)); }

TEST(ProcessIdTest, IsThatOfTheProcess) {
  RememberProcessId();
  EXPECT_EQ(::getpid(), AsTheKernelSays());
}

TEST(ProcessIdTest, IsThatOfTheChildAfterAFork) {
  RememberProcessId();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::_exit(::getpid() == AsTheKernelSays() ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), EXIT_SUCCESS);
  EXPECT_EQ(::getpid(), AsTheKernelSays());
}

// Else ZeroMQ would go on asking the kernel.
TEST(ProcessIdTest, IsWhatSharedLibrariesAreTold) {
  EXPECT_EQ(::dlsym(RTLD_DEFAULT, "getpid"), reinterpret_cast<void*>(&::getpid));
}

}  // namespace
}  // namespace cairn::system
