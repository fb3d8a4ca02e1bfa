#pragma once
// A stream of blocks out of the ledger, read, decoded and verified on threads of its own, ahead
// of its user, who gets them in order. It holds a few MiB, however long the chain and however large
// its blocks.
//
// The chain is cut into parts, of which each thread takes the next one and reads it piece by piece.
// A piece may be added while there is room, or if it is the very one that the user waits for: so
// the threads never wait for each other in a ring.

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "common/block.h"
#include "common/status.h"
#include "storage/ledger/ledger.h"

namespace cairn::storage {

class BlockStream {
 public:
  /// The blocks from..to, inclusive; none if from is above to. The ledger is not owned, must
  /// outlive this object, and is not written meanwhile. Requires: to is not above the tip.
  BlockStream(const storage::Ledger* ledger, Slot from, Slot to);
  /// Waits for the threads, which stop after the piece that they are reading.
  ~BlockStream();
  BlockStream(const BlockStream&) = delete;
  BlockStream& operator=(const BlockStream&) = delete;

  /// The next blocks: each verified by itself, and linked to the one before within the answer.
  /// `used` are earlier answers; what nobody else holds of them is decoded into again, because to
  /// allocate and free each request was a sixth of the work. Empty at the end. An error
  /// (Ledger::ReadRange) comes in the place of the damaged block's piece; nothing may be asked for
  /// after it.
  Result<std::vector<BlockPtr>> Next(std::vector<BlockPtr> used = {});

 private:
  using Spares = std::vector<std::shared_ptr<Block>>;

  struct Piece {
    Result<std::vector<BlockPtr>> blocks;
    std::size_t bytes = 0;
  };
  struct Part {
    Slot last = 0;
    std::deque<Piece> pieces;
    bool whole = false;  // Nothing is added any more.
  };

  void Work();
  /// The first slot of the part that the calling thread is to read, with spares for its blocks;
  /// nothing when there is none.
  std::optional<Slot> Claim(Spares* spares);
  void ReadPart(Slot first, Spares* spares);
  /// False if nobody wants the piece any more.
  bool Add(Slot first, Piece piece, bool whole);

  const storage::Ledger* ledger_;
  const Slot to_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Slot, Part> parts_;  // By their first slots; those that are read and not yet given.
  std::size_t bytes_ = 0;       // Of all pieces.
  Spares spares_;
  Slot unclaimed_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn::storage
