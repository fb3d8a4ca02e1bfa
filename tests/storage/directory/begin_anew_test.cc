// A node that begins anew beside a sound ledger (R7): it is somebody else, and keeps its blocks.

#include <gtest/gtest.h>

#include "storage/directory/open_or_salvage.h"
#include "tests/storage/chains.h"
#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

namespace fs = std::filesystem;

TEST(BeginAnewTest, TheBlocksStayWhereTheyAreAndThePromisesAreNobodys) {
  const TempDirectory dir{MemoryDirectory()};
  const std::string node = dir.Sub("node1");
  std::string said;
  const Say say = [&](const std::string& line) { said += line + "\n"; };
  const std::vector<BlockPtr> chain = Chain(9);
  Incarnation before = 0;
  {
    auto made = DataDirectory::Open(node, Genesis()->hash, "test", 1, say);
    ASSERT_TRUE(made.ok()) << made.status().message();
    DataDirectory directory = std::move(made).value();
    before = directory.identity().incarnation;
    auto opened = OpenOrSalvage(&directory, Genesis(), Ours(), say);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    replica::LedgerWrite write = Accept(3, {chain.begin() + 1, chain.end()});
    write.head.decided = 7;
    write.promise = true;
    opened->ledger->Commit(write);
    ASSERT_TRUE(BeginAnew(&directory, opened->ledger.get(), "It is old", say).ok());
  }
  EXPECT_NE(said.find("It is old. So it does not vote"), std::string::npos) << said;
  EXPECT_NE(said.find("Its blocks stay where they are, in " + node), std::string::npos) << said;
  said.clear();
  auto found = DataDirectory::Open(node, Genesis()->hash, "test", 1, say);
  ASSERT_TRUE(found.ok()) << found.status().message();
  DataDirectory directory = std::move(found).value();
  EXPECT_NE(directory.identity().incarnation, before);
  const auto opened = OpenOrSalvage(&directory, Genesis(), Ours(), say);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  EXPECT_EQ(said, "");
  EXPECT_FALSE(opened->forgot || opened->salvaged);
  const Slot tip = chain.back()->slot();
  EXPECT_EQ(opened->ledger->head(), (replica::LedgerHead{{}, {}, tip, 7}));
  EXPECT_EQ(opened->ledger->Read(tip).value()->hash, chain.back()->hash);
  EXPECT_TRUE(fs::exists(node + "/quarantine/identity-1"));
  EXPECT_FALSE(fs::exists(node + "/quarantine/ledger-1"));
}

}  // namespace
}  // namespace cairn::storage
