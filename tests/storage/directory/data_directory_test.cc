#include "storage/directory/data_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "storage/directory/identity.h"
#include "storage/files/quarantine.h"
#include "storage/ledger/guard.h"
#include "tests/storage/chains.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

Result<DataDirectory> Open(const std::string& path, NodeId node = 1,
                           const std::string& cluster = "test") {
  return DataDirectory::Open(path, Genesis(cluster)->hash, cluster, node);
}

bool Contains(const Status& status, const std::string& text) {
  return status.message().find(text) != std::string::npos;
}

/// As if the node had come to its first commit.
void BeginLedger(const std::string& path) {
  ASSERT_TRUE(Guard::Open(path + "/guard").value().last() == std::nullopt);
  Result<Guard> guard = Guard::Open(path + "/guard");
  Guard opened = std::move(guard).value();
  ASSERT_TRUE(opened.Write({.commits = 1, .head = {}}, true).ok());
}

TEST(DataDirectoryTest, IsMadeOnFirstStartForItsOwnerOnly) {
  const TempDirectory dir;
  const auto data = Open(dir.Sub("deep/node1/"));
  ASSERT_TRUE(data.ok()) << data.status().message();
  EXPECT_TRUE(data->created());
  EXPECT_EQ(data->path(), dir.Sub("deep/node1"));
  EXPECT_NE(data->identity().incarnation, 0U);
  for (const char* made : {"deep", "deep/node1"}) {
    struct stat info {};
    ASSERT_EQ(::stat(dir.Sub(made).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700U);
  }
}

TEST(DataDirectoryTest, KeepsItsIdentityOverALife) {
  const TempDirectory dir;
  const Identity first = Open(dir.path()).value().identity();
  BeginLedger(dir.path());
  const auto again = Open(dir.path());
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_FALSE(again->created());
  EXPECT_EQ(again->identity(), first);
  EXPECT_EQ(first.cluster_name, "test");
  EXPECT_EQ(first.node, 1U);
}

TEST(DataDirectoryTest, WithoutGuardAndLedgerItIsSomebodyNew) {
  const TempDirectory dir;
  const Identity first = Open(dir.path()).value().identity();
  const auto again = Open(dir.path());
  EXPECT_TRUE(again->created());
  EXPECT_NE(again->identity().incarnation, first.incarnation);
}

TEST(DataDirectoryTest, RefusesAnotherNodeAndAnotherCluster) {
  const TempDirectory dir;
  ASSERT_TRUE(Open(dir.path()).ok());
  const Status node = Open(dir.path(), 2).status();
  EXPECT_EQ(node.code(), Code::kUsage);
  EXPECT_TRUE(Contains(node, "belongs to node 1 of the cluster \"test\"")) << node.message();
  EXPECT_TRUE(Contains(node, "not to node 2")) << node.message();
  const Status cluster = Open(dir.path(), 1, "other").status();
  EXPECT_EQ(cluster.code(), Code::kUsage);
  EXPECT_TRUE(Contains(cluster, "\"other\"")) << cluster.message();
  EXPECT_TRUE(Contains(cluster, dir.path())) << cluster.message();
}

TEST(DataDirectoryTest, ASecondProcessIsRefusedAndToldThePid) {
  const TempDirectory dir;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = Open(dir.path());
    const char ok = held.ok() ? 'y' : 'n';
    if (::write(ready[1], &ok, 1) != 1) {
      ::_exit(1);
    }
    ::pause();
    ::_exit(0);
  }
  char ok = 'n';
  ASSERT_EQ(::read(ready[0], &ok, 1), 1);
  ASSERT_EQ(ok, 'y');
  for (const Status& status :
       {Open(dir.path()).status(), DataDirectory::OpenExisting(dir.path()).status()}) {
    EXPECT_EQ(status.code(), Code::kOther);
    EXPECT_TRUE(Contains(status, dir.path() + " is in use by process " + std::to_string(child)))
        << status.message();
  }
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(Open(dir.path()).ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(DataDirectoryTest, WhatOnceHeldSomethingIsNotTakenForNew) {
  const TempDirectory dir;
  WriteFile(dir.Sub("ledger-of-old"), "x");
  const Status status = Open(dir.path()).status();
  EXPECT_EQ(status.code(), Code::kUsage);
  EXPECT_TRUE(Contains(status, dir.path() + " is not empty (it holds ledger-of-old)"))
      << status.message();
}

TEST(DataDirectoryTest, ACrashWhileMakingItIsFinished) {
  const TempDirectory dir;
  WriteFile(dir.Sub("LOCK"), "12345\n");
  WriteFile(dir.Sub("identity.tmp"), "format = 1\nclus");
  const auto data = Open(dir.path());
  ASSERT_TRUE(data.ok()) << data.status().message();
  EXPECT_TRUE(data->created());
  EXPECT_FALSE(std::filesystem::exists(dir.Sub("identity.tmp")));
}

TEST(DataDirectoryTest, ALeftoverTemporaryIdentityIsNeverRead) {
  const TempDirectory dir;
  const Identity first = Open(dir.path()).value().identity();
  BeginLedger(dir.path());
  Identity other = first;
  other.incarnation += 1;
  WriteFile(dir.Sub("identity.tmp"), FormatIdentity(other));
  EXPECT_EQ(Open(dir.path())->identity(), first);
}

TEST(DataDirectoryTest, APlaceThatCannotBeWrittenIsOneSentence) {
  const TempDirectory dir;
  WriteFile(dir.Sub("file"), "x");
  for (const auto& [path, in_the_way] :
       std::map<std::string, std::string>{{dir.Sub("file"), dir.Sub("file")},
                                          {dir.Sub("file/below"), dir.Sub("file")},
                                          {"/proc/none", "/proc/none"}}) {
    const Status status = Open(path).status();
    EXPECT_EQ(status.code(), Code::kOther);
    EXPECT_TRUE(Contains(status, "could not")) << status.message();
    EXPECT_TRUE(Contains(status, in_the_way + ": ")) << status.message();
  }
}

TEST(DataDirectoryTest, ToolsOpenWhatIsThereAndMakeNothing) {
  const TempDirectory dir;
  EXPECT_EQ(DataDirectory::OpenExisting(dir.Sub("none")).status().code(), Code::kUsage);
  EXPECT_FALSE(std::filesystem::exists(dir.Sub("none")));
  const Identity first = Open(dir.path()).value().identity();
  const auto existing = DataDirectory::OpenExisting(dir.path());
  ASSERT_TRUE(existing.ok()) << existing.status().message();
  EXPECT_EQ(existing->identity(), first);
  EXPECT_EQ(existing->Sub("ledger"), dir.path() + "/ledger");
}

TEST(DataDirectoryTest, QuarantineKeepsEverythingUnderANumber) {
  const TempDirectory dir;
  for (int number = 1; number <= 2; ++number) {
    std::filesystem::create_directory(dir.Sub("state"));
    WriteFile(dir.Sub("state/file"), std::to_string(number));
    const auto moved = MoveToQuarantine(dir.path(), "state");
    ASSERT_TRUE(moved.ok()) << moved.status().message();
    EXPECT_EQ(moved.value(), dir.Sub("quarantine/state-" + std::to_string(number)));
    EXPECT_EQ(ReadFile(moved.value() + "/file"), std::to_string(number));
    EXPECT_FALSE(std::filesystem::exists(dir.Sub("state")));
  }
  EXPECT_EQ(MoveToQuarantine(dir.path(), "state").status().code(), Code::kOther);
}

}  // namespace
}  // namespace cairn::storage
