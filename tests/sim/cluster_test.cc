// Whole clusters that do what they are for: every size, nodes far behind, leaders under load.

#include <gtest/gtest.h>

#include <memory>

#include "sim/client.h"
#include "sim/scenario.h"

namespace cairn::sim {
namespace {

TEST(ClusterTest, EverySizeFromOneToNineFormsAndWorks) {
  for (std::size_t nodes = 1; nodes <= 9; ++nodes) {
    Scenario s(nodes, nodes);
    ASSERT_TRUE(s.Form()) << nodes << " nodes";
    for (const NodeId node : s.world.ids()) {
      EXPECT_TRUE(s.Writes(node, kSecond)) << nodes << " nodes, at " << node;
    }
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, kSecond)) << nodes << " nodes";
  }
}

TEST(ClusterTest, EverySizeBearsTheLossOfAMinorityAndNotOfMore) {
  for (std::size_t nodes = 2; nodes <= 9; ++nodes) {
    Scenario s(nodes, 10 * nodes);
    ASSERT_TRUE(s.Form()) << nodes << " nodes";
    const std::size_t bearable = nodes - QuorumOf(nodes);
    NodeId last = 1;
    for (; last <= bearable; ++last) {
      s.world.Kill(last);
    }
    const auto rest = std::vector<NodeId>(s.world.ids().begin() + last - 1, s.world.ids().end());
    EXPECT_TRUE(s.SomeoneWrites(rest, 2 * kSecond)) << nodes << " nodes";
    s.world.Kill(last);
    s.world.RunFor(kSecond);
    for (NodeId id = last + 1; id <= nodes; ++id) {
      EXPECT_FALSE(s.Writes(id, kSecond)) << nodes << " nodes, at " << id;
      EXPECT_NE(s.Words(id).find("no majority"), std::string::npos) << s.Words(id);
    }
    s.world.Start(last);
    EXPECT_TRUE(s.SomeoneWrites(rest, kSecond)) << nodes << " nodes";
  }
}

// R7: all must be up once, at the first start; the others say whom they wait for.
TEST(ClusterTest, ANewClusterFormsWhenAllHaveBeenUpOnce) {
  Scenario s(5, 7);
  s.world.Kill(2);
  s.world.Kill(4);
  s.world.RunFor(5 * kSecond);
  EXPECT_EQ(s.world.replica(1).Report().role, "forming");
  EXPECT_NE(s.Words(1).find("nodes 2 and 4"), std::string::npos) << s.Words(1);
  EXPECT_FALSE(s.Writes(1, kSecond));
  s.world.Start(2);
  s.world.Start(4);
  EXPECT_TRUE(s.Form());
  EXPECT_TRUE(s.Writes(1, kSecond));
}

// R7: a node that dies while the cluster forms is waited for, and then goes on as the same.
TEST(ClusterTest, ANodeThatDiesWhileTheClusterFormsIsWaitedFor) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const bool before : {false, true}) {
      Scenario s(3, seed);
      for (const NodeId id : s.world.ids()) {
        if (id % 2 == seed % 2) {
          s.world.KillAtNextCommit(id, before);
        }
      }
      s.world.RunFor(2 * kSecond);
      for (const NodeId id : s.world.ids()) {
        s.world.Start(id);
      }
      EXPECT_TRUE(s.Form(2 * kSecond)) << "seed " << seed;
      EXPECT_TRUE(s.Writes(1, kSecond)) << "seed " << seed;
    }
  }
}

TEST(ClusterTest, AllKilledAtOnceComeBackWithAllThatWasAcknowledged) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Scenario s(5, seed);
    ASSERT_TRUE(s.Form());
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(s.Writes(1 + i % 5, kSecond));
    }
    const Slot acknowledged = s.world.replica(s.world.Leader()).acceptor().log().decided();
    for (const NodeId id : s.world.ids()) {
      s.world.Kill(id);
    }
    s.world.RunFor(kSecond);
    for (const NodeId id : s.world.ids()) {
      s.world.Start(id);
    }
    EXPECT_TRUE(s.SomeoneWrites(s.world.ids(), 2 * kSecond)) << "seed " << seed;
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 2 * kSecond));
    EXPECT_GT(s.world.replica(1).acceptor().log().decided(), acknowledged);
    EXPECT_FALSE(s.world.failure()) << s.Trouble();
  }
}

/// Links like TCP's: what was said first arrives first.
WorldOptions OrderedOptions(std::size_t nodes, std::uint64_t seed) {
  WorldOptions options = SeededOptions(nodes, seed);
  options.delay_min = options.delay_max = 500;
  return options;
}

/// Clients that go on and on.
class Load {
 public:
  Load(Scenario* scenario, std::size_t clients) {
    for (std::size_t i = 1; i <= clients; ++i) {
      clients_.push_back(std::make_unique<Client>(&scenario->world, &history_, i, 5));
      clients_.back()->Run();
    }
  }
  [[nodiscard]] std::uint64_t acknowledged() const {
    std::uint64_t all = 0;
    for (const auto& client : clients_) {
      all += client->acknowledged();
    }
    return all;
  }

 private:
  History history_;
  std::vector<std::unique_ptr<Client>> clients_;
};

TEST(ClusterTest, ANodeFarBehindCatchesUpWhileClientsGoOn) {
  for (const std::size_t recent : {std::size_t{256}, std::size_t{3}}) {
    WorldOptions options = OrderedOptions(3, recent);
    options.recent_blocks = recent;
    options.catch_up_blocks = 200;
    options.block_requests = 1;
    Scenario s(options);
    ASSERT_TRUE(s.Form());
    const NodeId leader = s.world.Leader();
    const std::uint64_t round = s.Round();
    const NodeId late = s.Except({leader}).front();
    s.world.Kill(late);
    Load load(&s, 30);
    const auto decided = [&](NodeId node) {
      return s.world.replica(node).acceptor().log().decided();
    };
    ASSERT_TRUE(s.world.RunUntil([&] { return decided(leader) > 4000; }, 120 * kSecond));
    s.world.Start(late);
    const std::uint64_t before = load.acknowledged();
    const auto caught_up = [&] { return decided(late) + 20 >= decided(leader); };
    EXPECT_TRUE(s.world.RunUntil(caught_up, 2 * kSecond))
        << "recent " << recent << ": " << decided(late) << " of " << decided(leader);
    s.world.RunFor(kSecond);
    EXPECT_TRUE(caught_up());
    EXPECT_GT(load.acknowledged(), before + 500);
    EXPECT_EQ(s.Round(), round);
  }
}

// … and if it must lead at once, because the others need it for a majority.
TEST(ClusterTest, ANodeFarBehindThatIsNeededForAMajorityIsWaitedFor) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    WorldOptions options = OrderedOptions(3, seed);
    options.recent_blocks = 3;
    options.catch_up_blocks = 50;
    options.block_requests = 1;
    Scenario s(options);
    ASSERT_TRUE(s.Form());
    const NodeId leader = s.world.Leader();
    const auto rest = s.Except({leader});
    s.world.Kill(rest[0]);
    Load load(&s, 30);
    const auto& log = s.world.replica(leader).acceptor().log();
    ASSERT_TRUE(s.world.RunUntil([&] { return log.decided() > 1000; }, 60 * kSecond));
    s.world.Kill(leader);
    s.world.Start(rest[0]);
    const std::uint64_t before = load.acknowledged();
    const auto goes_on = [&] { return load.acknowledged() > before + 10; };
    EXPECT_TRUE(s.world.RunUntil(goes_on, 4 * kSecond)) << "seed " << seed << s.Trouble();
  }
}

// R3, R5: a candidate far behind is stopped while it fetches what it lacks; when it wakes, a leader
// that it does not hear has decided more than its promises speak of.
TEST(ClusterTest, ACandidateThatIsOvertakenWhileItFetchesGoesOnAsAFollower) {
  WorldOptions options = SeededOptions(5, 1);
  options.recent_blocks = 3;
  options.catch_up_blocks = 25;
  options.block_requests = 1;
  options.delay_min = options.delay_max = 15'000;
  options.sync_max = 5'000;
  Scenario s(options);
  ASSERT_TRUE(s.Form(5 * kSecond));
  const NodeId leader = s.world.Leader();
  const NodeId late = s.Except({leader}).at(1);
  const auto rest = s.Except({leader, late});
  s.Isolate(late);
  Load load(&s, 10);
  s.world.RunFor(8 * kSecond);
  s.world.Kill(leader);
  s.KeepOnly({{late, rest[0]}, {late, rest[1]}});  // it alone hears a majority
  const auto is_promised = [&] {
    const Ballot ballot = s.world.disk(late).head().promised;
    return ballot.node == late && s.world.disk(rest[0]).head().promised == ballot;
  };
  ASSERT_TRUE(s.world.RunUntil(is_promised, 5 * kSecond));
  s.world.RunFor(40'000);  // the promises are there, and it fetches
  s.world.Pause(late, 1'500'000);
  s.KeepOnly({{late, rest[0]},
              {late, rest[1]},
              {rest[2], rest[0]},
              {rest[2], rest[1]},
              {rest[0], rest[1]}});
  s.world.RunFor(5 * kSecond);
  EXPECT_EQ(s.world.replica(late).Report().role, "follower");
  s.world.EndAllFaults();
  EXPECT_TRUE(s.SomeoneWrites(s.world.ids(), kSecond)) << s.Trouble();
}

TEST(ClusterTest, UnderLoadTheLeaderStays) {
  WorldOptions options = OrderedOptions(5, 11);
  options.sync_max = 20'000;
  Scenario s(options);
  ASSERT_TRUE(s.Form());
  const std::uint64_t round = s.Round();
  Load load(&s, 50);
  s.world.RunFor(10 * kSecond);
  EXPECT_GT(load.acknowledged(), 2'000U);
  EXPECT_EQ(s.Round(), round);
}

TEST(ClusterTest, LostMessagesCostNoElection) {
  WorldOptions options = SeededOptions(5, 12);
  options.loss = 0.02;
  Scenario s(options);
  ASSERT_TRUE(s.Form(5 * kSecond));
  const std::uint64_t round = s.Round();
  Load load(&s, 20);
  s.world.RunFor(15 * kSecond);
  EXPECT_GT(load.acknowledged(), 500U);
  EXPECT_EQ(s.Round(), round);
}

}  // namespace
}  // namespace cairn::sim
