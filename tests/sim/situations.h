#pragma once
// How often interesting things happened. A simulator that never meets a situation says nothing
// about it, so the test run fails if one of these stays at zero.

#include <array>
#include <cstddef>
#include <cstdint>

namespace cairn::sim {

enum class Situation : std::uint8_t {
  kLeaderChangeWithBlocksInFlight,
  kPromiseCarriedUndecidedBlocks,
  kUndecidedBlockReplaced,
  kCatchUpDuringElection,
  kCrashBetweenWriteAndSync,
  kCrashBetweenSyncAndWords,
  kSyncTookLongWhileOthersWentOn,
  kMessageReachedALaterLife,
  kHealedDuringPhaseOne,
  kLeaderSteppedDownAlive,
  kBallotRefused,
  kFollowerBroughtUp,
  kBlocksServedFromDisk,
  kBlocksLearnedFromAFollower,
  kRetryAnsweredFromSession,
  kRequestInTwoBlocks,
  kSessionEvicted,
  kSessionRefused,
  kReadConfirmed,
  kRequestForwarded,
  kRefusedWithoutMajority,
  kAllNodesDown,
  kClockWentBack,
  kDiskLost,
  kNodeReadmitted,
  kRotFound,
  kBlockRepaired,
  kDiskFull,
  kReserveUsed,
  kRefusedForRoom,
  kRequestsGathered,
  kFollowerAskedLater,
  kRefusedAtTheDoor,
  kAnswerLateOrLost,
  kFalseWord,
  kMemoryAsked,
  kMessageLeftToALaterTurn,
  kTurnTookLong,
  kLedgerLost,
  kCount,
};

inline constexpr std::array<const char*, static_cast<std::size_t>(Situation::kCount)>
    kSituationNames = {
        "leader change with blocks in flight",
        "promise carried undecided blocks",
        "undecided block replaced",
        "catch-up during an election",
        "crash between write and sync",
        "crash between sync and words",
        "sync took long while others went on",
        "message reached a later life",
        "links healed during phase 1",
        "leader stepped down alive",
        "ballot refused",
        "follower brought up by Sync",
        "blocks served from disk",
        "blocks learned from a follower",
        "retry answered from the session",
        "one request in two blocks",
        "session evicted",
        "request refused for want of room for its session",
        "read confirmed by a quorum",
        "request forwarded to the leader",
        "request refused without majority",
        "all nodes down at once",
        "wall clock went back",
        "disk lost",
        "node readmitted",
        "rotten block found, not served",
        "rotten block fetched again",
        "disk full",
        "blocks in flight taken from the reserve of a full disk",
        "write refused for want of room",
        "block held back for more requests",
        "follower not asked at once",
        "call refused at a node's door",
        "answer late or lost on its way to a client",
        "false word said",
        "peer asked for its memory of this node",
        "message left to a later turn for want of time",
        "turn took long",
        "ledger lost, and not the word that its node was a member",
};

class Situations {
 public:
  void Note(Situation situation) { ++counts_[static_cast<std::size_t>(situation)]; }
  void Add(const Situations& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] += other.counts_[i];
    }
  }
  [[nodiscard]] std::uint64_t count(std::size_t index) const { return counts_[index]; }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Situation::kCount)> counts_{};
};

}  // namespace cairn::sim
