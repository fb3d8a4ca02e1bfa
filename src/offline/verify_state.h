#pragma once
// Is a state the replay of its chain? The chain is replayed into memory up to where the state
// stands, and every entry of the two is compared.

#include <cstdint>
#include <optional>
#include <string>

#include "common/block.h"
#include "common/status.h"
#include "kv/state_machine.h"
#include "kv/table.h"

namespace cairn::offline {

class StateReplay {
 public:
  /// `stored` is not owned. Requires: kv::CheckFormat(*stored) is ok.
  StateReplay(const kv::Table* stored, std::uint64_t max_sessions);

  /// Where the stored state stands.
  [[nodiscard]] const kv::Position& stands() const { return stands_; }
  /// To be told every block from slot 1 on, in order; those above where the state stands are let
  /// pass.
  void Apply(const Block& block);

  struct Difference {
    std::optional<Slot> slot;  ///< The lowest at which one of the different entries was written.
    Status problem;            ///< Integrity, naming `path`.
  };
  /// Nothing if the two are equal, entry by entry.
  [[nodiscard]] std::optional<Difference> Compare(const std::string& path) const;

 private:
  struct Entry {
    std::string what;
    std::optional<Slot> slot;
  };
  [[nodiscard]] Entry Describe(const std::string& key) const;

  const kv::Table* stored_;
  kv::Position stands_;
  kv::MemoryTable table_;
  kv::StateMachine replayed_;
  Slot roster_slot_ = 0;  // of the last block that said who is who
};

}  // namespace cairn::offline
