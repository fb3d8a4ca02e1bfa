#include "storage/ledger/block_stream.h"

#include <gtest/gtest.h>

#include "tests/node/fixture.h"

namespace cairn::storage {
namespace {

using node::testing::ChainMaker;
using node::testing::MakeCluster;

class BlockStreamTest : public ::testing::Test {
 protected:
  static storage::Ledger::Options ReadOnly() {
    storage::Ledger::Options options;
    options.read_only = true;
    return options;
  }
  /// A ledger of so many blocks, and perhaps one of them damaged.
  void MakeLedger(Slot tip, const std::string& value = "value", Slot damaged = 0) {
    ChainMaker maker(node_, cluster_);
    if (damaged != 0) {
      maker.PutUpTo(damaged - 1, value);
      maker.AddDamaged();
    }
    maker.PutUpTo(tip, value);
    maker.Write(tip);
    chain_ = maker.chain();
    ledger_ = std::move(storage::Ledger::Open(node_, chain_.front(), ReadOnly())).value();
  }
  /// All slots that the stream gives; the error that it ended with, if it did.
  std::vector<Slot> Drain(BlockStream* stream, Status* error) {
    std::vector<Slot> slots;
    while (true) {
      auto blocks = stream->Next();
      if (!blocks.ok()) {
        *error = blocks.status();
        return slots;
      }
      if (blocks.value().empty()) {
        return slots;
      }
      for (const BlockPtr& block : blocks.value()) {
        EXPECT_EQ(block->hash, chain_.at(block->slot())->hash);
        slots.push_back(block->slot());
      }
    }
  }
  static std::vector<Slot> Range(Slot from, Slot to) {
    std::vector<Slot> slots;
    for (Slot slot = from; slot <= to; ++slot) {
      slots.push_back(slot);
    }
    return slots;
  }

  storage::TempDirectory dir_;
  config::Cluster cluster_ = MakeCluster(dir_, 1);
  std::string node_ = dir_.Sub("node1");
  std::vector<BlockPtr> chain_;
  std::unique_ptr<storage::Ledger> ledger_;
};

TEST_F(BlockStreamTest, GivesEveryBlockOnceAndInOrder) {
  MakeLedger(2000);
  for (const auto& [from, to] : std::vector<std::pair<Slot, Slot>>{
           {1, 2000}, {0, 2000}, {1, 1}, {1999, 2000}, {129, 300}, {2000, 2000}, {700, 699}}) {
    BlockStream stream(ledger_.get(), from, to);
    Status error;
    EXPECT_EQ(Drain(&stream, &error), Range(from, to));
    EXPECT_TRUE(error.ok());
  }
}

TEST_F(BlockStreamTest, LargeBlocksComePieceByPiece) {
  MakeLedger(60, std::string(900'000, 'x'));
  BlockStream stream(ledger_.get(), 1, 60);
  Status error;
  EXPECT_EQ(Drain(&stream, &error), Range(1, 60));
  EXPECT_TRUE(error.ok());
}

TEST_F(BlockStreamTest, ADamagedBlockComesInItsPlaceAsAnError) {
  MakeLedger(500, "value", 300);
  BlockStream stream(ledger_.get(), 1, 500);
  Status error;
  EXPECT_EQ(Drain(&stream, &error), Range(1, 299));
  EXPECT_EQ(error.code(), Code::kIntegrity);
  EXPECT_NE(error.message().find("slot 300 "), std::string::npos) << error.message();
}

TEST_F(BlockStreamTest, MayBeLeftAtAnyMoment) {
  MakeLedger(1500, std::string(20'000, 'x'));  // Much more than it holds at a time.
  for (int taken = 0; taken < 4; ++taken) {
    BlockStream stream(ledger_.get(), 1, 1500);
    for (int i = 0; i < taken; ++i) {
      EXPECT_TRUE(stream.Next().ok());
    }
  }
}

}  // namespace
}  // namespace cairn::storage
