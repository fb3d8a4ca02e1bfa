#include "storage/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

TEST(FilesTest, PathsInMessagesAreAbsolute) {
  EXPECT_EQ(AbsolutePath("/a/./b/../c/"), "/a/c");
  EXPECT_EQ(AbsolutePath("/"), "/");
  EXPECT_EQ(AbsolutePath("x").front(), '/');
  EXPECT_EQ(AbsolutePath("x/"), AbsolutePath("./x"));
}

TEST(FilesTest, AReplacedFileIsWholeAndItsOwnersOnly) {
  const TempDirectory dir;
  ASSERT_TRUE(ReplaceFile(dir.Sub("f"), "old").ok());
  WriteFile(TemporaryName(dir.Sub("f")), "something much longer, left over by a crash");
  ASSERT_TRUE(ReplaceFile(dir.Sub("f"), "new").ok());
  EXPECT_EQ(ReadSmallFile(dir.Sub("f"), 100).value(), "new");
  EXPECT_FALSE(PathExists(TemporaryName(dir.Sub("f"))));
  struct stat info {};
  ASSERT_EQ(::stat(dir.Sub("f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST(FilesTest, ErrorsNameThePathAndTheReason) {
  const TempDirectory dir;
  EXPECT_EQ(ReadSmallFile(dir.Sub("none"), 100).status().code(), Code::kNotFound);
  WriteFile(dir.Sub("f"), std::string(5000, 'x'));
  EXPECT_EQ(ReadSmallFile(dir.Sub("f"), 4999).status().code(), Code::kOther);
  const Status status = MakeDirectories(dir.Sub("f/below"));
  EXPECT_EQ(status.code(), Code::kOther);
  EXPECT_NE(status.message().find(dir.Sub("f") + ": Not a directory"), std::string::npos)
      << status.message();
  EXPECT_FALSE(SyncDirectory(dir.Sub("none")).ok());
}

TEST(FilesTest, TryingDirectWritesLeavesNothingBehind) {
  const TempDirectory dir;
  (void)WritesDirectly(dir.Sub("."));
  EXPECT_TRUE(std::filesystem::is_empty(dir.Sub(".")));
  EXPECT_FALSE(WritesDirectly(dir.Sub("none")));
}

}  // namespace
}  // namespace cairn::storage
