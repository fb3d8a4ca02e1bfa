#include "system/descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

namespace cairn::system {
namespace {

/// What a child says in its exit code that has these descriptors closed and then holds them.
template <typename Look>
int InAChild(const std::vector<int>& closed, const Look& look) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int descriptor : closed) {
      ::close(descriptor);
    }
    HoldStandardDescriptors();
    ::_exit(look());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(DescriptorsTest, NoFileGetsTheNumberOfAClosedStandardDescriptor) {
  const std::vector<std::vector<int>> some = {{0, 1, 2}, {0}, {1}, {2}, {0, 2}, {1, 2}, {}};
  for (const std::vector<int>& closed : some) {
    EXPECT_EQ(InAChild(closed, [] { return ::open("/dev/zero", O_RDONLY) > 2 ? 7 : 8; }), 7);
  }
}

TEST(DescriptorsTest, WhatWasClosedFailsAsBefore) {
  EXPECT_EQ(InAChild({0, 1, 2},
                     [] {
                       char byte = 'x';
                       return ::read(0, &byte, 1) < 0 && ::write(1, &byte, 1) < 0 ? 7 : 8;
                     }),
            7);
}

TEST(DescriptorsTest, WhatIsOpenStaysAsItIs) {
  EXPECT_EQ(InAChild({2},
                     [] {
                       int ends[2];
                       char byte = 'x';
                       if (::pipe(ends) != 0 || ::dup2(ends[0], 0) != 0 ||
                           ::write(ends[1], "a", 1) != 1) {
                         return 9;
                       }
                       HoldStandardDescriptors();
                       return ::read(0, &byte, 1) == 1 && byte == 'a' ? 7 : 8;
                     }),
            7);
}

}  // namespace
}  // namespace cairn::system
