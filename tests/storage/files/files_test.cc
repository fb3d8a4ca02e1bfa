#include "storage/files/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
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
  EXPECT_FALSE(Exists(TemporaryName(dir.Sub("f"))).value());
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

TEST(FilesTest, OnlyAMissingNameInAReadableDirectoryIsMissing) {
  const TempDirectory dir;
  EXPECT_FALSE(Exists(dir.Sub("none")).value());
  EXPECT_FALSE(Exists(dir.Sub("none/below")).value());
  WriteFile(dir.Sub("f"), "x");
  EXPECT_TRUE(Exists(dir.Sub("f")).value());
  EXPECT_EQ(Exists(dir.Sub("f/below")).status().code(), Code::kOther);
  EXPECT_TRUE(ListFiles(dir.Sub("none"), "")->empty());
  EXPECT_EQ(ListFiles(dir.Sub("f"), "").status().code(), Code::kOther);
  EXPECT_EQ(FileBytes(dir.Sub("none")).status().code(), Code::kNotFound);
  EXPECT_EQ(FileBytes(dir.Sub("f/below")).status().code(), Code::kOther);
}

TEST(FilesTest, OnlyMissingPermissionAsksForPermission) {
  for (int error = 1; error < 133; ++error) {
    const std::string words = SystemError("open", "/x", error, "Look there.").message();
    const bool permission = error == EACCES || error == EPERM;
    EXPECT_EQ(words.find("ermission to read") != std::string::npos, permission) << words;
    EXPECT_TRUE(words.ends_with('.')) << words;
  }
}

TEST(FilesTest, TryingDirectWritesLeavesNothingBehind) {
  const TempDirectory dir;
  (void)WritesDirectly(dir.Sub("."));
  EXPECT_TRUE(std::filesystem::is_empty(dir.Sub(".")));
  EXPECT_FALSE(WritesDirectly(dir.Sub("none")));
}

}  // namespace
}  // namespace cairn::storage
