// R8 in every partition, partial ones too: the three cases of the Omni-Paxos paper (EuroSys 2023,
// figure 1) and all ways to split five nodes.

#include <gtest/gtest.h>

#include <memory>

#include "paxos/election.h"
#include "sim/client.h"
#include "sim/scenario.h"

namespace cairn::sim {
namespace {

constexpr Micros kElection = paxos::Timing{}.election;
/// Whatever happened, a leader that can work has come by then, with so many ballots, …
constexpr Micros kBound = 5 * kElection;
constexpr std::uint64_t kBallots = 4;
/// … and then none for as long as this.
constexpr Micros kQuiet = 30 * kSecond;

/// What must hold after a cut: progress soon, for few ballots, and peace from then on.
void ExpectProgressThenPeace(Scenario& s, const std::vector<NodeId>& clients,
                             std::uint64_t round_before, const std::string& where) {
  EXPECT_TRUE(s.SomeoneWrites(clients, kBound)) << where << ", trouble: " << s.Trouble();
  s.world.RunFor(kBound);
  EXPECT_LE(s.Round(), round_before + kBallots) << where;
  EXPECT_TRUE(s.IsQuietFor(kQuiet)) << where;
  EXPECT_TRUE(s.SomeoneWrites(clients, kElection)) << where;
  s.world.Heal();
  EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 3 * kSecond)) << where;
  EXPECT_TRUE(s.IsQuietFor(2 * kSecond)) << where;
}

std::string Where(std::size_t nodes, std::uint64_t seed) {
  return std::to_string(nodes) + " nodes, seed " + std::to_string(seed);
}

// Quorum loss: every node but the hub hears the hub only; so does the leader, which is still up.
TEST(PartitionTest, QuorumLossTheHubTakesOver) {
  for (const std::size_t nodes : {3U, 5U, 9U}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Scenario s(nodes, seed);
      ASSERT_TRUE(s.Form());
      const auto rest = s.Except({s.world.Leader()});
      const NodeId hub = rest[seed % rest.size()];
      const std::uint64_t round = s.Round();
      s.Star(hub);
      ExpectProgressThenPeace(s, {hub}, round, Where(nodes, seed));
    }
  }
}

// Constrained election: the leader is gone, and the only node that hears a majority has an old log.
TEST(PartitionTest, ConstrainedElectionTheOnlyConnectedNodeLeadsThoughItsLogIsOld) {
  for (const std::size_t nodes : {3U, 5U}) {
    for (const std::size_t recent : {std::size_t{256}, std::size_t{3}}) {
      for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        WorldOptions options = SeededOptions(nodes, seed);
        options.recent_blocks = recent;
        options.catch_up_blocks = 5;
        Scenario s(options);
        ASSERT_TRUE(s.Form());
        const NodeId leader = s.world.Leader();
        const auto rest = s.Except({leader});
        const NodeId hub = rest[seed % rest.size()];
        s.Isolate(hub);
        for (int i = 0; i < 30; ++i) {
          ASSERT_TRUE(s.Writes(leader, kSecond));
        }
        const std::uint64_t round = s.Round();
        std::vector<std::pair<NodeId, NodeId>> links;
        for (const NodeId node : s.Except({leader, hub})) {
          links.emplace_back(hub, node);
        }
        s.KeepOnly(links);
        ExpectProgressThenPeace(s, {hub}, round, Where(nodes, seed));
      }
    }
  }
}

// Chained: the nodes are a line; each hears its neighbours only. Wherever in the line the leader
// was, one that hears a majority leads, and nobody at the ends deposes it.
TEST(PartitionTest, ChainedOneInTheMiddleLeadsInPeace) {
  for (const std::size_t nodes : {3U, 5U}) {
    for (std::size_t place = 0; place < nodes; ++place) {
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        Scenario s(nodes, seed);
        ASSERT_TRUE(s.Form());
        const NodeId leader = s.world.Leader();
        auto line = s.Except({leader});
        line.insert(line.begin() + static_cast<std::ptrdiff_t>(place), leader);
        std::vector<std::pair<NodeId, NodeId>> links;
        for (std::size_t i = 0; i + 1 < nodes; ++i) {
          links.emplace_back(line[i], line[i + 1]);
        }
        const std::uint64_t round = s.Round();
        s.KeepOnly(links);
        // Who hears a majority: in a line of three the one in the middle, and its two ends.
        const auto clients = nodes == 3 ? line : std::vector<NodeId>{line[1], line[2], line[3]};
        ExpectProgressThenPeace(s, clients, round,
                                Where(nodes, seed) + ", leader at " + std::to_string(place));
      }
    }
  }
}

// Chained, three nodes: a leader that lost one of two followers goes on as if nothing had happened.
TEST(PartitionTest, ChainedALeaderThatKeepsAMajorityKeepsItsBallot) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Scenario s(3, seed);
    ASSERT_TRUE(s.Form());
    const NodeId leader = s.world.Leader();
    const auto rest = s.Except({leader});
    const std::uint64_t round = s.Round();
    s.world.CutBoth(leader, rest[seed % 2]);
    EXPECT_TRUE(s.IsQuietFor(kQuiet)) << "seed " << seed;
    EXPECT_EQ(s.Round(), round);
    EXPECT_TRUE(s.Writes(leader, kElection));
    // The one that does not hear the leader learns all the same, from the one that does.
    s.world.RunFor(kElection);
    EXPECT_EQ(s.world.replica(rest[seed % 2]).acceptor().log().decided(),
              s.world.replica(leader).acceptor().log().decided());
  }
}

// A ring of five: everybody hears a majority, nobody hears all.
TEST(PartitionTest, ARingWorksInPeace) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Scenario s(5, seed);
    ASSERT_TRUE(s.Form());
    const std::uint64_t round = s.Round();
    s.KeepOnly({{1, 3}, {3, 5}, {5, 2}, {2, 4}, {4, 1}});
    ExpectProgressThenPeace(s, s.world.ids(), round, Where(5, seed));
  }
}

// Any cut links at random, one-way too: if somebody has two-way links with a majority, there is
// progress and then peace.
TEST(PartitionTest, WhoeverCanTalkToAMajorityMakesProgress) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Scenario s(seed % 3 == 0 ? 3 : 5, seed);
    ASSERT_TRUE(s.Form());
    const std::uint64_t round = s.Round();
    std::set<std::pair<NodeId, NodeId>> cuts;
    for (const NodeId a : s.world.ids()) {
      for (const NodeId b : s.world.ids()) {
        if (a != b && s.world.random().Chance(0.15 + 0.05 * static_cast<double>(seed % 5))) {
          s.world.Cut(a, b);
          cuts.insert({a, b});
        }
      }
    }
    std::vector<NodeId> connected;
    for (const NodeId a : s.world.ids()) {
      const auto linked = std::ranges::count_if(s.world.ids(), [&](NodeId b) {
        return !cuts.contains({a, b}) && !cuts.contains({b, a});
      });
      if (static_cast<std::size_t>(linked) >= QuorumOf(s.world.ids().size())) {
        connected.push_back(a);
      }
    }
    if (!connected.empty()) {
      ExpectProgressThenPeace(s, connected, round, Where(s.world.ids().size(), seed));
    }
  }
}

/// All ways to put `nodes` into groups.
std::vector<std::vector<std::vector<NodeId>>> Partitions(const std::vector<NodeId>& nodes) {
  std::vector<std::vector<std::vector<NodeId>>> all{{}};
  for (const NodeId node : nodes) {
    std::vector<std::vector<std::vector<NodeId>>> next;
    for (const auto& groups : all) {
      for (std::size_t i = 0; i <= groups.size(); ++i) {
        auto with = groups;
        if (i == groups.size()) {
          with.emplace_back();
        }
        with[i].push_back(node);
        next.push_back(std::move(with));
      }
    }
    all = std::move(next);
  }
  return all;
}

TEST(PartitionTest, OfAllSplitsOfFiveNodesOnlyAMajorityGoesOn) {
  const auto splits = Partitions({1, 2, 3, 4, 5});
  ASSERT_EQ(splits.size(), 52U);
  for (const auto& groups : splits) {
    // A cluster of its own for each: one that has often been cut waits for longer.
    Scenario s(5, 1);
    ASSERT_TRUE(s.Form());
    s.Split(groups);
    s.world.RunFor(2 * kElection);
    std::string where;
    for (const auto& group : groups) {
      where += "{";
      for (const NodeId node : group) {
        where += std::to_string(node);
      }
      where += "}";
    }
    const Slot before = s.world.replica(1).acceptor().log().decided();
    for (const auto& group : groups) {
      EXPECT_EQ(s.SomeoneWrites(group, kSecond), group.size() >= 3) << where;
    }
    s.world.Heal();
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 3 * kSecond))
        << where << ", trouble: " << s.Trouble();
    EXPECT_TRUE(s.SomeoneWrites(s.world.ids(), kElection)) << where;
    EXPECT_TRUE(s.world.RunUntil(
        [&] { return s.world.replica(1).acceptor().log().decided() > before; }, kSecond))
        << where;
  }
}

}  // namespace
}  // namespace cairn::sim
