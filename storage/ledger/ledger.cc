#include "storage/ledger/ledger.h"

#include <algorithm>

#include "chain/block_format.h"
#include "storage/files/rocks.h"
#include "storage/ledger/ledger_impl.h"

namespace cairn::storage {
namespace {

/// From so many slots on a range is read ahead in pieces of so many bytes, instead of in blocks of
/// RocksDB with a call of the system for each.
constexpr Slot kLongRange = 32;
constexpr std::size_t kReadAheadBytes = std::size_t{256} << 10;

std::shared_ptr<Block> TakeOne(std::vector<std::shared_ptr<Block>>* spares) {
  if (spares == nullptr || spares->empty()) {
    return nullptr;
  }
  std::shared_ptr<Block> one = std::move(spares->back());
  spares->pop_back();
  return one;
}

/// Reads blocks from the top down, most of them by one step back of an iterator.
class Descent {
 public:
  explicit Descent(rocksdb::DB* db) {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    at_.reset(db->NewIterator(options));
  }

  /// NotFound if there is none. The bytes are good until the next call.
  rocksdb::Status At(Slot slot, std::string_view* bytes) {
    const std::string key = BlockKey(slot);
    if (at_->Valid() && at_->key().compare(key) > 0) {
      at_->Prev();
    }
    if (!at_->Valid() || at_->key() != key) {
      at_->Seek(key);  // forwards: what stands below may be damaged and is not touched
    }
    if (!at_->Valid() || at_->key() != key) {
      return at_->status().ok() ? rocksdb::Status::NotFound() : at_->status();
    }
    *bytes = at_->value().ToStringView();
    return rocksdb::Status::OK();
  }

 private:
  std::unique_ptr<rocksdb::Iterator> at_;
};

void NoteBad(Ledger::Checked* checked, Slot slot, Status problem) {
  if (!checked->highest_bad) {
    checked->highest_bad = slot;
    checked->problem = std::move(problem);
  }
  checked->lowest_bad = slot;
}

Status AboveTheTip(Slot slot, Slot tip) {
  return Status::NotFound("there is no block at slot " + std::to_string(slot) + "; the tip is " +
                          std::to_string(tip) + ".");
}

}  // namespace

const replica::Hole* HoleAt(const std::vector<replica::Hole>& holes, Slot slot) {
  const auto after = std::ranges::upper_bound(holes, slot, {}, &replica::Hole::first);
  if (after == holes.begin() || std::prev(after)->last < slot) {
    return nullptr;
  }
  return &*std::prev(after);
}

Status Ledger::Impl::Damaged(Slot slot, const std::string& why) const {
  return Status::Integrity("the block of slot " + std::to_string(slot) + " in " + path +
                           " is damaged: " + why + ". It is neither used nor served.");
}

Status Ledger::Impl::BlockFailure(Slot slot, const rocksdb::Status& status) const {
  if (IsDamage(status, *refusals)) {
    return Damaged(
        slot, status.IsNotFound() ? "it is missing" : "RocksDB says \"" + status.ToString() + "\"");
  }
  return Status::Other("could not read the block of slot " + std::to_string(slot) + " in " + path +
                       ": RocksDB says \"" + status.ToString() + "\". " +
                       refusals->first().value_or("Start the node again."));
}

Result<BlockPtr> Ledger::Impl::Decode(Slot slot, std::string_view bytes,
                                      std::shared_ptr<Block> spare) const {
  Result<BlockPtr> block = DecodeBlockRecord(bytes, slot, std::move(spare));
  if (!block.ok()) {
    return Damaged(slot, block.status().message());
  }
  return block;
}

Result<BlockPtr> Ledger::Impl::ReadBlock(Slot slot) const {
  rocksdb::PinnableSlice bytes;
  const rocksdb::Status status = db->Get({}, db->DefaultColumnFamily(), BlockKey(slot), &bytes);
  return status.ok() ? Decode(slot, bytes.ToStringView()) : BlockFailure(slot, status);
}

std::vector<replica::Hole> Ledger::Impl::Holes() const {
  const std::lock_guard<std::mutex> lock(holes_mutex);
  return holes;
}

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Ledger::~Ledger() = default;

const replica::LedgerHead& Ledger::head() const { return impl_->record.head; }

const Hash& Ledger::tip_hash() const { return impl_->record.tip_hash; }

std::uint64_t Ledger::commits() const { return impl_->record.commits; }

std::vector<replica::Hole> Ledger::holes() const { return impl_->Holes(); }

const std::vector<std::string>& Ledger::torn() const { return impl_->torn; }

Result<BlockPtr> Ledger::Read(Slot slot) const {
  if (slot > head().tip) {
    return AboveTheTip(slot, head().tip);
  }
  // Not locked: only the thread that commits, and it alone reads this way, changes the holes.
  if (HoleAt(impl_->holes, slot) != nullptr) {
    return Status::Integrity("the block of slot " + std::to_string(slot) + " in " + impl_->path +
                             " is missing; it is being fetched from the other nodes.");
  }
  return impl_->ReadBlock(slot);
}

Result<std::vector<BlockPtr>> Ledger::ReadRange(Slot from, Slot to, std::size_t max_blocks,
                                                std::size_t max_bytes,
                                                std::vector<std::shared_ptr<Block>>* spares) const {
  to = std::min(to, head().tip);
  if (from > to) {
    return AboveTheTip(from, head().tip);
  }
  std::vector<BlockPtr> blocks;
  std::size_t bytes = 0;
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  if (to - from >= kLongRange && max_bytes >= kReadAheadBytes) {
    options.readahead_size = kReadAheadBytes;
  }
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db->NewIterator(options));
  at->Seek(BlockKey(from));
  for (Slot slot = from; slot <= to && blocks.size() < max_blocks; ++slot, at->Next()) {
    if (!at->Valid() || at->key() != BlockKey(slot) || HoleAt(impl_->holes, slot) != nullptr) {
      break;
    }
    bytes += at->value().size();
    if (!blocks.empty() && bytes > max_bytes) {
      break;
    }
    Result<BlockPtr> block = impl_->Decode(slot, at->value().ToStringView(), TakeOne(spares));
    if (!block.ok() ||
        (!blocks.empty() && !chain::VerifyLink(*blocks.back(), *block.value()).ok())) {
      break;
    }
    blocks.push_back(std::move(block).value());
  }
  if (blocks.empty()) {
    Result<BlockPtr> first = Read(from);  // it says what is wrong
    if (!first.ok()) {
      return first.status();
    }
    blocks.push_back(std::move(first).value());
  }
  return blocks;
}

Ledger::Checked Ledger::Check(Slot first, Slot last,
                              const std::optional<Hash>& hash_of_last) const {
  return impl_->CheckRange(first, last, hash_of_last);
}

Ledger::Checked Ledger::Impl::CheckRange(Slot first, Slot last,
                                         const std::optional<Hash>& hash_of_last) const {
  Checked checked;
  const std::vector<replica::Hole> skipped = Holes();
  Descent descent(db.get());
  std::optional<Hash> expected = hash_of_last;
  for (Slot slot = last;; --slot) {
    std::string_view bytes;
    if (HoleAt(skipped, slot) != nullptr) {
      expected.reset();
    } else if (const rocksdb::Status status = descent.At(slot, &bytes); !status.ok()) {
      NoteBad(&checked, slot, BlockFailure(slot, status));
      expected.reset();
    } else if (const auto block = Decode(slot, bytes); !block.ok()) {
      NoteBad(&checked, slot, block.status());
      expected.reset();
    } else if (expected && block.value()->hash != *expected) {
      NoteBad(&checked, slot,
              Damaged(slot, "its hash is " + block.value()->hash.Hex() +
                                ", and what stands above it names " + expected->Hex()));
      expected.reset();
    } else {
      checked.blocks += 1;
      checked.bytes += bytes.size();
      expected = block.value()->header.parent;
    }
    if (slot == first) {
      break;
    }
  }
  checked.below = expected;
  return checked;
}

}  // namespace cairn::storage
