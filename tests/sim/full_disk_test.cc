// A majority of full disks: what is in flight is finished out of the reserve, and reads go on; or
// the answer names the disks.

#include <gtest/gtest.h>

#include "sim/scenario.h"

namespace cairn::sim {
namespace {

/// The answer to a read at the node, within `limit`.
std::optional<api::Answer> Get(World& world, NodeId node, Micros limit) {
  auto answer = std::make_shared<std::optional<api::Answer>>();
  (void)world.Read(node, "k", [answer](const api::Answer& a) { *answer = a; });
  world.RunUntil([&] { return answer->has_value(); }, limit);
  return *answer;
}

/// Writes are on their way when the disks of a majority are full and another node stands.
void ChangeLeaderWithBlocksInFlight(Scenario& s, std::size_t reserve = 1 << 20) {
  for (std::uint64_t number = 1; number <= 6; ++number) {
    Request request;
    request.client = 500 + number;
    request.sequence = request.first_open = 1;
    request.key = "k";
    request.value = std::to_string(number);
    (void)s.world.Write(s.world.ids()[number % s.world.ids().size()], request,
                        [](const api::Answer&) {});
    s.world.RunFor(s.world.random().Below(400));
  }
  s.world.RunFor(s.world.random().Below(1'500));
  const std::size_t majority = s.world.ids().size() / 2 + 1;
  const NodeId first = s.world.random().Below(s.world.ids().size());
  for (std::size_t i = 0; i < majority; ++i) {
    s.world.FillDisk(s.world.ids()[(first + i) % s.world.ids().size()], 60 * kSecond, reserve);
  }
  s.world.MakeStand(s.world.ids()[s.world.random().Below(s.world.ids().size())]);
}

TEST(FullDiskTest, ANewLeaderAmongFullDisksFinishesWhatIsInFlightAndReadsGoOn) {
  for (const std::size_t nodes : {3U, 5U}) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      Scenario s(nodes, seed);
      ASSERT_TRUE(s.Form());
      ChangeLeaderWithBlocksInFlight(s);
      s.world.RunFor(2 * kSecond);
      for (const NodeId node : s.world.ids()) {
        const auto answer = Get(s.world, node, kSecond);
        ASSERT_TRUE(answer.has_value()) << nodes << " nodes, seed " << seed << ", node " << node;
        EXPECT_TRUE(answer->code == Code::kOk || answer->code == Code::kNotFound)
            << nodes << " nodes, seed " << seed << ", node " << node << ": " << answer->message;
      }
      EXPECT_EQ(s.Trouble(), "none") << "seed " << seed;
    }
  }
}

TEST(FullDiskTest, WithoutAReserveTheAnswerNamesTheDisksAndAllIsWellWithRoomAgain) {
  std::size_t named = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Scenario s(3, seed);
    ASSERT_TRUE(s.Form());
    ChangeLeaderWithBlocksInFlight(s, 0);
    s.world.RunFor(2 * kSecond);
    for (const NodeId node : s.world.ids()) {
      const auto answer = Get(s.world, node, 3 * kSecond);
      ASSERT_TRUE(answer.has_value()) << "seed " << seed << ", node " << node << [&] {
        std::string text = s.Trouble();
        for (const NodeId id : s.world.ids()) {
          const api::ReplicaStatus status = s.world.replica(id).Report();
          text += "\n  node " + std::to_string(id) + ": " + status.role + ", tip " +
                  std::to_string(status.tip) + ", decided " + std::to_string(status.decided) +
                  ", round " + std::to_string(status.promised.round) + ": " + status.words;
        }
        return text;
      }();
      if (answer->code != Code::kOk && answer->code != Code::kNotFound) {
        ++named;
        EXPECT_NE(answer->message.find("full"), std::string::npos)
            << "seed " << seed << ", node " << node << ": " << answer->message;
      }
    }
    s.world.EndAllFaults();
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 3 * kSecond)) << "seed " << seed;
    EXPECT_EQ(s.Trouble(), "none") << "seed " << seed;
  }
  EXPECT_GT(named, 0U) << "no seed meets it";
}

}  // namespace
}  // namespace cairn::sim
