#include "start/needs.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <limits>

#include "tests/storage/temp_directory.h"

namespace cairn::start {
namespace {

/// A limit of this process, lower for as long as this object lives.
class LowLimit {
 public:
  LowLimit(__rlimit_resource resource, std::uint64_t value) : resource_(resource) {
    EXPECT_EQ(::getrlimit(resource, &before_), 0);
    const struct rlimit low = {value, before_.rlim_max};
    EXPECT_EQ(::setrlimit(resource, &low), 0);
  }
  ~LowLimit() { EXPECT_EQ(::setrlimit(resource_, &before_), 0); }
  LowLimit(const LowLimit&) = delete;
  LowLimit& operator=(const LowLimit&) = delete;

 private:
  __rlimit_resource resource_;
  struct rlimit before_ {};
};

Needs Nothing() { return {"a test", 0, 0, 0, 0}; }

TEST(NeedsTest, AnOrdinaryProcessHasEnough) {
  const Status status = CheckLimits(NeedsOfTool());
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST(NeedsTest, ALimitIsNamedWithItsValueAndTheNeed) {
  Needs needs = Nothing();
  struct rlimit limit {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  needs.files = limit.rlim_max + 1;
  const Status status = CheckLimits(needs);
  EXPECT_EQ(status.code(), Code::kOther);
  EXPECT_EQ(status.message(), "the limit of open files (ulimit -n) is " +
                                  std::to_string(limit.rlim_max) + ", and a test needs " +
                                  std::to_string(needs.files) + ": raise it, and start again");
}

TEST(NeedsTest, BytesAreSaidInMebibytes) {
  Needs needs = Nothing();
  needs.file_bytes = std::uint64_t{128} << 20;
  const LowLimit low(RLIMIT_FSIZE, 1 << 20);
  EXPECT_NE(CheckLimits(needs).message().find("(ulimit -f) is 1 MiB, and a test needs 128 MiB"),
            std::string::npos)
      << CheckLimits(needs).message();
}

TEST(NeedsTest, ThreadsAreTried) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer ends a process that finds no address space";
#endif
  Needs needs = Nothing();
  needs.threads = std::numeric_limits<std::uint64_t>::max();
  // Their stacks find no room.
  const LowLimit low(RLIMIT_AS, std::uint64_t{1} << 30);
  const Status status = CheckLimits(needs);
  EXPECT_EQ(status.code(), Code::kOther);
  EXPECT_NE(status.message().find("threads that a test needs can be started"), std::string::npos)
      << status.message();
}

TEST(NeedsTest, RoomIsAskedOfTheNearestDirectoryThatIsThere) {
  const storage::TempDirectory dir;
  EXPECT_TRUE(CheckRoom(dir.Sub("not/there/yet")).ok());
  storage::WriteFile(dir.Sub("file"), "x");
  EXPECT_EQ(CheckRoom(dir.Sub("file/below")).code(), Code::kOther);
}

}  // namespace
}  // namespace cairn::start
