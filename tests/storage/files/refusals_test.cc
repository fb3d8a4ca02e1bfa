#include "storage/files/refusals.h"

#include <gtest/gtest.h>

#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

using rocksdb::IOStatus;

TEST(RefusalsTest, TheFirstOneIsToldWithWhatToDoAboutIt) {
  Refusals refusals;
  refusals.Note(IOStatus::OK());
  refusals.Note(IOStatus::NotSupported("direct reads"));
  EXPECT_FALSE(refusals.first());
  refusals.Note(IOStatus::IOError("While open a file", "/x: Permission denied"));
  refusals.Note(IOStatus::NoSpace("later"));
  ASSERT_TRUE(refusals.first());
  EXPECT_NE(refusals.first()->find("/x: Permission denied. Give this user permission"),
            std::string::npos)
      << *refusals.first();
}

TEST(RefusalsTest, AFileIsMissingOnlyFromADirectoryThatCanBeRead) {
  const TempDirectory dir;
  WriteFile(dir.Sub("f"), "x");
  Refusals refusals;
  refusals.NoteMissing(dir.Sub("none"), IOStatus::PathNotFound("none"));
  EXPECT_FALSE(refusals.first());
  refusals.NoteMissing(dir.Sub("f/below"), IOStatus::NotFound("below a file"));
  EXPECT_TRUE(refusals.first());
}

TEST(RefusalsTest, WatchedFilesNoteWhatIsRefusedAndNotWhatIsMissing) {
  const TempDirectory dir;
  WriteFile(dir.Sub("f"), "x");
  const auto refusals = std::make_shared<Refusals>();
  const std::unique_ptr<rocksdb::Env> env = WatchedEnv(nullptr, refusals);
  EXPECT_TRUE(env->FileExists(dir.Sub("f")).ok());
  EXPECT_FALSE(env->FileExists(dir.Sub("none")).ok());
  std::unique_ptr<rocksdb::SequentialFile> file;
  EXPECT_TRUE(env->NewSequentialFile(dir.Sub("none"), &file, {}).IsPathNotFound());
  EXPECT_FALSE(refusals->first());
  // RocksDB says "not found" of a directory that is none.
  std::vector<std::string> names;
  EXPECT_TRUE(env->GetChildren(dir.Sub("f/below"), &names).IsNotFound());
  EXPECT_TRUE(refusals->first());
}

}  // namespace
}  // namespace cairn::storage
