#include "sim/lost_ledgers.h"

#include <gtest/gtest.h>

#include "sim/scenario.h"

namespace cairn::sim {
namespace {

TEST(LostLedgersTest, MembersWithoutTheirLedgersNeverFormAnew) {
  for (const std::size_t nodes : {1U, 3U, 5U}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Scenario s(nodes, seed);
      ASSERT_TRUE(s.Form());
      ASSERT_TRUE(s.Writes(1, kSecond));
      EXPECT_EQ(NeverFormsAnew(&s.world), std::nullopt) << nodes << " nodes, seed " << seed;
    }
  }
}

TEST(LostLedgersTest, WithoutAnyLedgerNobodyWritesAFirstBlock) {
  Scenario s(3, 1);
  ASSERT_TRUE(s.Form());
  for (const NodeId id : s.world.ids()) {
    s.world.LoseLedger(id);
  }
  for (const NodeId id : s.world.ids()) {
    EXPECT_TRUE(s.world.disk(id).member());
    s.world.Start(id);
  }
  s.world.RunFor(10 * kSecond);
  for (const NodeId id : s.world.ids()) {
    EXPECT_EQ(s.world.disk(id).head().tip, 0U) << "node " << id;
  }
}

}  // namespace
}  // namespace cairn::sim
