// R8: whoever can talk to a majority makes progress, and nobody else disturbs it.

#include <gtest/gtest.h>

#include <memory>

#include "paxos/election.h"
#include "sim/client.h"
#include "sim/scenario.h"

namespace cairn::sim {
namespace {

constexpr Micros kElection = paxos::Timing{}.election;
constexpr Micros kSilence = paxos::Timing{}.silence;

// --- leaders that die

TEST(LivenessTest, ADeadLeaderIsReplacedWithinASecond) {
  for (const std::size_t nodes : {3U, 5U, 7U}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      Scenario s(nodes, seed);
      ASSERT_TRUE(s.Form()) << nodes << " nodes, seed " << seed;
      const NodeId dead = s.world.Leader();
      const std::uint64_t round = s.Round();
      s.world.Kill(dead);
      EXPECT_TRUE(s.SomeoneWrites(s.Except({dead}), kSecond)) << nodes << " nodes, seed " << seed;
      EXPECT_LE(s.Round(), round + 3) << nodes << " nodes, seed " << seed;
      EXPECT_TRUE(s.IsQuietFor(5 * kSecond)) << nodes << " nodes, seed " << seed;
    }
  }
}

TEST(LivenessTest, ALeaderThatIsStartedAgainAtOnceIsReplacedToo) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Scenario s(3, seed);
    ASSERT_TRUE(s.Form());
    const NodeId leader = s.world.Leader();
    s.world.Kill(leader);
    s.world.Start(leader);
    EXPECT_TRUE(s.SomeoneWrites(s.world.ids(), kSecond)) << "seed " << seed;
    EXPECT_TRUE(s.IsQuietFor(5 * kSecond)) << "seed " << seed;
  }
}

TEST(LivenessTest, ACandidateThatDiesHoldsNobodyUpForLong) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Scenario s(5, seed);
    ASSERT_TRUE(s.Form());
    const std::uint64_t round = s.Round();
    s.world.Kill(s.world.Leader());
    // The first that stands dies with its promise on its disk.
    const auto stands = [&] { return s.Round() > round; };
    ASSERT_TRUE(s.world.RunUntil(stands, kSecond)) << "seed " << seed;
    std::vector<NodeId> alive;
    NodeId dead = 0;
    for (const NodeId id : s.world.ids()) {
      if (!s.world.Up(id)) {
        continue;
      }
      if (dead == 0 && s.world.disk(id).head().promised.node == id &&
          s.world.disk(id).head().promised.round > round) {
        s.world.Kill(dead = id);
      } else {
        alive.push_back(id);
      }
    }
    ASSERT_NE(dead, 0U);
    EXPECT_TRUE(s.SomeoneWrites(alive, 2 * kSecond)) << "seed " << seed;
    EXPECT_TRUE(s.IsQuietFor(5 * kSecond)) << "seed " << seed;
  }
}

TEST(LivenessTest, DuellingCandidatesComeToAnEnd) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    WorldOptions options = SeededOptions(5, seed);
    options.delay_max = 40'000;  // Prepares cross
    options.sync_max = 40'000;
    options.loss = 0.05;
    Scenario s(options);
    ASSERT_TRUE(s.Form(5 * kSecond));
    const std::uint64_t round = s.Round();
    const NodeId dead = s.world.Leader();
    s.world.Kill(dead);
    EXPECT_TRUE(s.SomeoneWrites(s.Except({dead}), 3 * kSecond)) << "seed " << seed;
    EXPECT_LE(s.Round(), round + 6) << "seed " << seed;
  }
}

// --- nodes that come back

TEST(LivenessTest, ARestartedNodeDeposesNobody) {
  for (const std::size_t nodes : {3U, 5U}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Scenario s(nodes, seed);
      ASSERT_TRUE(s.Form());
      const NodeId leader = s.world.Leader();
      const std::uint64_t round = s.Round();
      const NodeId other = s.Except({leader}).front();
      for (const Micros away : {Micros{1'000}, kSilence, 5 * kSecond}) {
        s.world.Kill(other);
        s.world.RunFor(away);
        s.world.Start(other);
        EXPECT_TRUE(s.Writes(leader, kSecond));
        s.world.RunFor(3 * kSecond);
        EXPECT_EQ(s.world.Leader(), leader) << nodes << " nodes, seed " << seed;
        EXPECT_EQ(s.Round(), round) << nodes << " nodes, seed " << seed;
      }
      EXPECT_TRUE(s.Settled());
    }
  }
}

TEST(LivenessTest, ANodeThatWasCutOffForMinutesDeposesNobody) {
  for (const std::size_t nodes : {3U, 5U}) {
    Scenario s(nodes, nodes);
    ASSERT_TRUE(s.Form());
    const NodeId leader = s.world.Leader();
    const std::uint64_t round = s.Round();
    s.Isolate(s.Except({leader}).back());
    for (int minute = 0; minute < 3; ++minute) {
      EXPECT_TRUE(s.Writes(leader, kSecond));
      s.world.RunFor(60 * kSecond);
    }
    s.world.Heal();
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 2 * kSecond)) << nodes << " nodes";
    EXPECT_TRUE(s.IsQuietFor(30 * kSecond));
    EXPECT_EQ(s.world.Leader(), leader);
    EXPECT_EQ(s.Round(), round);
  }
}

TEST(LivenessTest, TwoThatWereCutOffTogetherDeposeNobody) {
  Scenario s(5, 3);
  ASSERT_TRUE(s.Form());
  const NodeId leader = s.world.Leader();
  const std::uint64_t round = s.Round();
  const auto rest = s.Except({leader});
  s.Split({{rest[0], rest[1]}, {leader, rest[2], rest[3]}});
  s.world.RunFor(60 * kSecond);
  EXPECT_TRUE(s.Writes(leader, kSecond));
  s.world.Heal();
  EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 2 * kSecond));
  EXPECT_EQ(s.Round(), round);
}

TEST(LivenessTest, AnOldLeaderThatComesBackFollowsTheNewOne) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Scenario s(5, seed);
    ASSERT_TRUE(s.Form());
    const NodeId old_leader = s.world.Leader();
    s.Isolate(old_leader);
    ASSERT_TRUE(s.SomeoneWrites(s.Except({old_leader}), kSecond));
    s.world.RunFor(30 * kSecond);
    const NodeId leader = s.world.Leader();
    const std::uint64_t round = s.Round();
    s.world.Heal();
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 2 * kSecond)) << "seed " << seed;
    EXPECT_TRUE(s.Writes(old_leader, kSecond));
    EXPECT_EQ(s.world.Leader(), leader) << "seed " << seed;
    EXPECT_EQ(s.Round(), round) << "seed " << seed;
  }
}

// --- leaders that lose their majority

TEST(LivenessTest, ALeaderThatLostItsMajorityStepsDownAndSaysWhy) {
  Scenario s(5, 2);
  ASSERT_TRUE(s.Form());
  const NodeId leader = s.world.Leader();
  const auto rest = s.Except({leader});
  s.Split({{leader, rest[0]}, {rest[1]}, {rest[2]}, {rest[3]}});
  s.world.RunFor(2 * kElection);
  for (const NodeId node : s.world.ids()) {
    EXPECT_FALSE(s.world.replica(node).leading()) << "node " << node;
    EXPECT_NE(s.Words(node).find("no majority"), std::string::npos) << s.Words(node);
  }
  const auto answer = s.Put(leader, kSecond);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->code, Code::kUnavailable);
  EXPECT_NE(answer->message.find("no majority"), std::string::npos) << answer->message;
  const std::uint64_t round = s.Round();
  s.world.RunFor(60 * kSecond);
  EXPECT_EQ(s.Round(), round);  // nobody stands without a majority
  s.world.Heal();
  EXPECT_TRUE(s.SomeoneWrites(s.world.ids(), kSecond));
}

TEST(LivenessTest, ALeaderThatIsHeardAndHearsNothingIsReplaced) {
  for (const std::size_t nodes : {3U, 5U}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Scenario s(nodes, seed);
      ASSERT_TRUE(s.Form());
      const NodeId deaf = s.world.Leader();
      const std::uint64_t round = s.Round();
      for (const NodeId node : s.Except({deaf})) {
        s.world.Cut(node, deaf);
      }
      EXPECT_TRUE(s.SomeoneWrites(s.Except({deaf}), 1'500'000)) << nodes << ", seed " << seed;
      EXPECT_LE(s.Round(), round + 3);
      EXPECT_TRUE(s.IsQuietFor(30 * kSecond)) << nodes << ", seed " << seed;
      EXPECT_FALSE(s.world.replica(deaf).leading());
    }
  }
}

TEST(LivenessTest, ALeaderThatHearsAllAndIsHeardByNobodyIsReplaced) {
  for (const std::size_t nodes : {3U, 5U}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Scenario s(nodes, seed);
      ASSERT_TRUE(s.Form());
      const NodeId mute = s.world.Leader();
      const std::uint64_t round = s.Round();
      for (const NodeId node : s.Except({mute})) {
        s.world.Cut(mute, node);
      }
      EXPECT_TRUE(s.SomeoneWrites(s.Except({mute}), 1'500'000)) << nodes << ", seed " << seed;
      EXPECT_LE(s.Round(), round + 3);
      EXPECT_TRUE(s.IsQuietFor(30 * kSecond)) << nodes << ", seed " << seed;
      EXPECT_FALSE(s.world.replica(mute).leading());
    }
  }
}

TEST(LivenessTest, AFollowerThatIsHalfCutDisturbsNobody) {
  for (const bool deaf : {false, true}) {
    Scenario s(3, 5);
    ASSERT_TRUE(s.Form());
    const NodeId leader = s.world.Leader();
    const std::uint64_t round = s.Round();
    const NodeId half = s.Except({leader}).front();
    for (const NodeId node : s.Except({half})) {
      deaf ? s.world.Cut(node, half) : s.world.Cut(half, node);
    }
    s.world.RunFor(30 * kSecond);
    EXPECT_TRUE(s.Writes(leader, kSecond));
    s.world.Heal();
    EXPECT_TRUE(s.world.RunUntil([&] { return s.Settled(); }, 2 * kSecond));
    EXPECT_EQ(s.Round(), round);
  }
}

TEST(LivenessTest, AFlappingLinkDoesNotStopTheCluster) {
  for (const std::size_t nodes : {3U, 5U}) {
    for (const Micros period : {60'000U, 200'000U, 400'000U, 900'000U}) {
      Scenario s(nodes, period);
      ASSERT_TRUE(s.Form());
      const NodeId leader = s.world.Leader();
      const std::uint64_t round = s.Round();
      const NodeId other = s.Except({leader}).front();
      for (Micros t = 0; t < 20 * kSecond; t += 2 * period) {
        s.world.CutBoth(leader, other);
        s.world.RunFor(period);
        s.world.MendBoth(leader, other);
        EXPECT_TRUE(s.Writes(leader, kElection)) << nodes << " nodes, every " << period << " us";
        s.world.RunFor(period);
      }
      EXPECT_EQ(s.Round(), round) << nodes << " nodes, every " << period << " us";
    }
  }
}

}  // namespace
}  // namespace cairn::sim
