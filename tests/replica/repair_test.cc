#include "replica/repair.h"

#include <gtest/gtest.h>

#include "replica/one_node.h"

namespace cairn::replica {
namespace {

using paxos::Part;

Hole HoleIn(const std::vector<BlockPtr>& chain, Slot first, Slot last) {
  return {first, last, chain[last]->hash};
}

TEST(RepairTest, TakesTheBlocksOfAHoleByTheirHash) {
  const auto chain = paxos::Chain(20);
  Repair repair({HoleIn(chain, 5, 8)});
  EXPECT_EQ(repair.missing(), 4U);
  EXPECT_EQ(repair.Next().first, 5U);
  EXPECT_EQ(repair.Next().last, 8U);
  EXPECT_EQ(repair.Take(Part(chain, 3, 12)), Part(chain, 5, 8));
  EXPECT_TRUE(repair.whole());
}

TEST(RepairTest, TakesNobodysWordForABlock) {
  const auto chain = paxos::Chain(20);
  const auto other = paxos::Grow(Part(chain, 0, 4), 10, "forged");
  Repair repair({HoleIn(chain, 5, 8)});
  EXPECT_TRUE(repair.Take(Part(other, 5, 8)).empty());
  EXPECT_TRUE(repair.Take({}).empty());
  // The right end on the wrong beginning.
  std::vector<BlockPtr> mixed = Part(other, 5, 7);
  mixed.push_back(chain[8]);
  EXPECT_TRUE(repair.Take(mixed).empty());
  EXPECT_EQ(repair.missing(), 4U);
}

// The lower end alone proves nothing: the hash that is known is that of the last block.
TEST(RepairTest, AHoleIsFilledFromAbove) {
  const auto chain = paxos::Chain(20);
  Repair repair({HoleIn(chain, 5, 9)});
  EXPECT_TRUE(repair.Take(Part(chain, 5, 7)).empty());
  EXPECT_EQ(repair.Next().first, 7U);  // as many as came, up to the end
  EXPECT_EQ(repair.Take(Part(chain, 7, 9)), Part(chain, 7, 9));
  EXPECT_EQ(repair.holes(), (std::vector<Hole>{{5, 6, chain[6]->hash}}));
  EXPECT_EQ(repair.Take(Part(chain, 5, 6)), Part(chain, 5, 6));
  EXPECT_TRUE(repair.whole());
}

TEST(RepairTest, OneAnswerMayFillSeveralHoles) {
  const auto chain = paxos::Chain(20);
  Repair repair({HoleIn(chain, 2, 3), HoleIn(chain, 6, 6), HoleIn(chain, 15, 15)});
  EXPECT_EQ(repair.Take(Part(chain, 1, 10)).size(), 3U);
  EXPECT_EQ(repair.holes(), (std::vector<Hole>{HoleIn(chain, 15, 15)}));
}

class RepairAtANodeTest : public testing::Test {
 protected:
  /// The next life of a node whose disk has lost slots 3 and 4.
  RepairAtANodeTest() {
    for (Slot slot = 1; slot <= 8; ++slot) {
      machine_.Apply(*chain_[slot]);
    }
    const LedgerHead head{paxos::BallotOf(5), paxos::BallotOf(5), 8, 8};
    replica_.emplace(DefaultOptions(1, paxos::LifeOf(1), {1, 2, 3}, 1),
                     Recovered{head, {chain_[8]}, {HoleIn(chain_, 3, 4)}, 10}, &machine_, now_);
  }
  void Tick(Micros duration) {
    for (const Micros end = now_ + duration; now_ < end;) {
      now_ += 10'000;
      for (const NodeId peer : {2U, 3U}) {
        replica_->Step({peer, paxos::LifeOf(peer),
                        paxos::Heartbeat{paxos::BallotOf(5, 2), peer == 2, true, 0x0e,
                                         paxos::BallotOf(5, 2), 8, 8, false}});
      }
      replica_->Tick(now_, now_);
      Turn();
    }
  }
  void Turn() {
    Effects effects = replica_->TakeEffects();
    if (effects.write.needed) {
      writes_.push_back(effects.write);
    }
    replica_->OnDurable(&effects);
    replica_->Apply(&effects);
    effects.after_sync.insert(effects.after_sync.end(), effects.after_apply.begin(),
                              effects.after_apply.end());
    for (const Outbound& message : effects.after_sync) {
      if (const auto* fetch = std::get_if<paxos::Fetch>(&message.message)) {
        asked_.emplace_back(message.to, fetch->from, fetch->last);
      }
    }
  }

  std::vector<BlockPtr> chain_ = paxos::Chain(10);
  kv::MemoryTable table_;
  kv::StateMachine machine_{&table_, 100};
  Micros now_ = 1'000'000;
  std::optional<Replica> replica_;
  std::vector<LedgerWrite> writes_;
  std::vector<std::tuple<NodeId, Slot, Slot>> asked_;
};

TEST_F(RepairAtANodeTest, FetchesWhatIsLostAndWritesItBack) {
  Tick(10'000);
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0], std::tuple(2U, 3U, 4U));
  EXPECT_EQ(replica_->Report().lost, 2U);
  replica_->Step({2, paxos::LifeOf(2), paxos::Blocks{Part(chain_, 3, 4), 8}});
  Turn();
  ASSERT_EQ(writes_.size(), 1U);
  EXPECT_EQ(writes_[0].repaired, Part(chain_, 3, 4));
  EXPECT_TRUE(writes_[0].blocks.empty());
  EXPECT_EQ(writes_[0].head.tip, 8U);
  EXPECT_EQ(replica_->Report().lost, 0U);
}

TEST_F(RepairAtANodeTest, AsksAnotherWhenOneKeepsSilent) {
  Tick(paxos::Timing{}.election + 40'000);
  ASSERT_EQ(asked_.size(), 2U);
  EXPECT_EQ(std::get<0>(asked_[1]), 3U);
}

// The only other copy may be at a node that does not know the block as decided.
TEST_F(RepairAtANodeTest, ABlockThatIsNotKnownAsDecidedElsewhereWillDo) {
  Tick(10'000);
  replica_->Step({2, paxos::LifeOf(2), paxos::Blocks{Part(chain_, 3, 4), 2, true}});
  Turn();
  EXPECT_EQ(replica_->Report().lost, 0U);
  OneNode other({.chain = Part(chain_, 0, 4), .decided = 2});
  other.Hear(3, paxos::Fetch{3, 4, true});
  other.Hear(2, paxos::Fetch{3, 4, false});
  other.Turns();
  ASSERT_EQ(other.Said<paxos::Blocks>().size(), 1U);
  EXPECT_EQ(other.Said<paxos::Blocks>(3)[0].blocks, Part(chain_, 3, 4));
}

// What is said by hash is nobody's word that it is decided.
TEST_F(RepairAtANodeTest, AnAnswerByHashTeachesNothing) {
  Tick(10'000);
  replica_->Step({2, paxos::LifeOf(2), paxos::Blocks{{chain_[9]}, 9, true}});
  Turn();
  EXPECT_EQ(replica_->Report().decided, 8U);
}

}  // namespace
}  // namespace cairn::replica
