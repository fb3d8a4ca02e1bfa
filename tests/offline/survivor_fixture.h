#pragma once
// Directories of stopped nodes that share a chain of six blocks, each up to its own place.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "chain/block_format.h"
#include "common/roster.h"
#include "storage/directory/data_directory.h"
#include "storage/ledger/ledger.h"
#include "tests/storage/ledger_editor.h"
#include "tests/storage/temp_directory.h"

namespace cairn::offline::testing {

class SurvivorTest : public ::testing::Test {
 protected:
  /// How far a node had come.
  struct Stand {
    std::uint64_t round = 1;  ///< Of its accepted ballot.
    Slot tip = 0;
    Slot decided = 0;
    Slot forged_from = 99;  ///< From here on its blocks are others.
  };

  SurvivorTest() {
    chain_ = {chain::MakeGenesis(Parameters())};
    Extend(MakeFormRequest({{1, 0xA1}, {2, 0xA2}, {3, 0xA3}}));
    for (Slot slot = 2; slot <= 6; ++slot) {
      Extend(Put("key" + std::to_string(slot), "value"));
    }
  }

  static chain::GenesisParameters Parameters() { return {"test", {1, 2, 3}, 100}; }
  static Request Put(const std::string& key, const std::string& value) {
    Request request;
    request.client = 7;
    request.sequence = 1;
    request.key = key;
    request.value = value;
    return request;
  }
  [[nodiscard]] std::string Path(NodeId node) const {
    return dir_.Sub("node" + std::to_string(node));
  }

  void Write(NodeId node, const Stand& stand) {
    auto directory =
        storage::DataDirectory::Open(Path(node), chain_.front()->hash, Parameters().name, node);
    ASSERT_TRUE(directory.ok()) << directory.status().message();
    storage::Ledger::Options options;
    options.node = node;
    options.incarnation = directory->identity().incarnation;
    auto ledger = storage::Ledger::Open(Path(node), chain_.front(), options);
    ASSERT_TRUE(ledger.ok()) << ledger.status().message();
    replica::LedgerWrite write;
    write.needed = true;
    write.promise = true;
    write.head.accepted = {stand.round, 1, 0xA1};
    write.head.promised = {stand.round + 1, 2, 0xA2};
    write.head.tip = stand.tip;
    write.head.decided = stand.decided;
    BlockPtr last = chain_.front();
    for (Slot slot = 1; slot <= stand.tip; ++slot) {
      last = slot < stand.forged_from
                 ? chain_.at(slot)
                 : chain::Seal(slot, last->hash, 1000 + slot, {Put("forged", "value")});
      write.blocks.push_back(last);
    }
    ledger.value()->Commit(write);
  }

  /// What a power loss leaves behind the last record: the beginning of one that was being written.
  /// Returns the log.
  static std::string TearLog(const std::string& directory) {
    std::string log;
    for (const auto& entry : std::filesystem::directory_iterator(directory + "/ledger")) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) {
        log = std::max(log, entry.path().string());
      }
    }
    std::string bytes = storage::ReadFile(log);
    bytes.resize(bytes.find_last_not_of('\0') + 1);
    storage::WriteFile(log, bytes + bytes.substr(0, 100) + std::string(300, '\xaa'));
    return log;
  }

  storage::TempDirectory dir_;
  std::vector<BlockPtr> chain_;

 private:
  void Extend(const Request& request) {
    const Slot slot = chain_.size();
    chain_.push_back(chain::Seal(slot, chain_.back()->hash, 1000 + slot, {request}));
  }
};

}  // namespace cairn::offline::testing
