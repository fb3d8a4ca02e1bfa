#include "system/read_all.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace cairn::system {
namespace {

TEST(ReadAllTest, ReadsAPipeThatComesInPiecesToItsEnd) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string value(300'000, 'v');
  std::thread writer([&] {
    for (std::size_t at = 0; at < value.size(); at += 1000) {
      ASSERT_EQ(::write(ends[1], value.data() + at, 1000), 1000);
    }
    ::close(ends[1]);
  });
  EXPECT_EQ(ReadAll(ends[0], 1'000'000).value(), value);
  writer.join();
  ::close(ends[0]);
}

TEST(ReadAllTest, StopsAtTheMostThatIsWanted) {
  const int zero = ::open("/dev/zero", O_RDONLY);
  EXPECT_EQ(ReadAll(zero, 100'001).value().size(), 100'001U);
  ::close(zero);
}

TEST(ReadAllTest, AnErrorIsNotTheEnd) {
  const int directory = ::open("/tmp", O_RDONLY);
  EXPECT_EQ(ReadAll(directory, 10).status().message(), "Is a directory");
  ::close(directory);
  EXPECT_EQ(ReadAll(directory, 10).status().message(), "Bad file descriptor");
  const int memory = ::open("/proc/self/mem", O_RDONLY);
  EXPECT_FALSE(ReadAll(memory, 10).ok());
  ::close(memory);
}

}  // namespace
}  // namespace cairn::system
