#include <algorithm>
#include <utility>

#include "common/fatal.h"
#include "storage/files/left_open.h"
#include "storage/files/rocks.h"
#include "storage/ledger/ledger_impl.h"
#include "storage/ledger/salvage_mark.h"

namespace cairn::storage {
namespace {

constexpr const char* kStop =
    "What was being committed may or may not be on the disk, so this process stops before it "
    "answers anybody (the other nodes go on). ";
constexpr const char* kCheckDisk =
    "Check the disk (space, permissions, errors in the kernel log) and start the node again.";
constexpr const char* kSalvageNext =
    "The ledger is damaged: start the node again, and it salvages what can be read.";

void CheckBatch(const rocksdb::Status& status) {
  CAIRN_CHECK(status.ok(), "a batch in memory takes whatever is put into it");
}

void CheckWrite(const HeadRecord& record, const replica::LedgerWrite& write) {
  const replica::LedgerHead& before = record.head;
  const replica::LedgerHead& after = write.head;
  CAIRN_CHECK(after.promised >= before.promised, "R1: a promise never goes down");
  CAIRN_CHECK(after.accepted >= before.accepted, "R1: the accepted ballot never goes down");
  CAIRN_CHECK(after.accepted <= after.promised, "R1: nothing is accepted above the promise");
  CAIRN_CHECK(after.decided >= before.decided, "R5: a decided block stays decided");
  std::vector<Slot> slots;
  slots.reserve(write.blocks.size());
  for (const BlockPtr& block : write.blocks) {
    slots.push_back(block->slot());
  }
  std::sort(slots.begin(), slots.end());
  Slot covered = before.tip;
  for (const Slot slot : slots) {
    CAIRN_CHECK(slot > 0 && slot <= after.tip, "a block is written between genesis and tip");
    covered = slot == covered + 1 ? slot : covered;
  }
  CAIRN_CHECK(covered >= after.tip, "the chain has no gap below its tip");
  if (!slots.empty() && slots.front() == before.tip + 1) {
    const auto lowest = std::ranges::find(write.blocks, slots.front(), &Block::slot);
    CAIRN_CHECK((*lowest)->header.parent == record.tip_hash, "a new block stands on the tip");
  }
}

/// What remains of the hole once `block`, its last, is there.
void Shrink(std::vector<replica::Hole>* holes, std::size_t index, const Block& block) {
  replica::Hole& hole = (*holes)[index];
  hole.last = block.slot() - 1;
  hole.hash = block.header.parent;
  if (hole.last < hole.first) {
    holes->erase(holes->begin() + static_cast<std::ptrdiff_t>(index));
  }
}

/// The block below a closed hole is not the one that the hole's first block names: it is lost too.
void Deepen(std::vector<replica::Hole>* holes, const Block& block) {
  const replica::Hole more = {block.slot() - 1, block.slot() - 1, block.header.parent};
  const auto after = std::ranges::upper_bound(*holes, more.first, {}, &replica::Hole::first);
  if (after != holes->begin() && std::prev(after)->last + 1 == more.first) {
    std::prev(after)->last = more.last;
    std::prev(after)->hash = more.hash;
  } else {
    holes->insert(after, more);
  }
}

}  // namespace

void PutBlock(rocksdb::WriteBatch* batch, const Block& block) {
  const std::string key = BlockKey(block.slot());
  const char version = static_cast<char>(kBlockRecordVersion);
  const rocksdb::Slice key_part(key);
  const rocksdb::Slice value_parts[] = {rocksdb::Slice(&version, 1), ToSlice(block.encoded)};
  CheckBatch(batch->Put(rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(value_parts, 2)));
}

Ledger::Impl::~Impl() {
  std::uint64_t errors = 0;
  // Closing a database that has met an I/O error aborts; what matters is on the disk already.
  if (db != nullptr &&
      (refusals->any() ||
       (db->GetIntProperty(rocksdb::DB::Properties::kBackgroundErrors, &errors) && errors > 0))) {
    LeaveOpen(std::move(db), std::move(env));
  }
  refusals->StopAtWrites("could not close " + path + ": ");
}

void Ledger::Impl::Stop(const std::string& what, bool damage) const {
  std::string text = what + " " + kStop;
  if (damage) {
    const Status marked = MarkForSalvage(directory, what);
    if (marked.ok() && on_damage) {
      on_damage(Status::Integrity(what));
    }
    text += marked.ok() ? kSalvageNext : marked.message();
  } else {
    text += kCheckDisk;
  }
  StopNow(Status::Other(std::move(text)));
}

void Ledger::Impl::CommitOrStop(rocksdb::WriteBatch* batch, const HeadRecord& next,
                                bool sync_guard) {
  CheckBatch(batch->Put(ToSlice(HeadKey()), EncodeHead(next)));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (const rocksdb::Status status = db->Write(synced, batch); !status.ok()) {
    Stop("could not commit to the ledger " + path + ": RocksDB says \"" + status.ToString() + "\".",
         status.IsCorruption() && IsDamage(status, *refusals));
  }
  if (Status status = guard->Write({next.commits, next.head}, sync_guard); !status.ok()) {
    Stop(status.message(), false);
  }
  record = next;
}

Hash Ledger::Impl::TipHashAfter(const replica::LedgerWrite& write) const {
  const Slot tip = write.head.tip;
  const auto written = std::ranges::find(write.blocks, tip, &Block::slot);
  if (written != write.blocks.end()) {
    return (*written)->hash;
  }
  if (tip == record.head.tip) {
    return record.tip_hash;
  }
  if (const replica::Hole* hole = HoleAt(holes, tip)) {
    CAIRN_CHECK(hole->last == tip, "nothing decided is cut off");
    return hole->hash;
  }
  const auto block = ReadBlock(tip);
  if (!block.ok()) {
    Stop(block.status().message(), block.status().code() == Code::kIntegrity);
  }
  return block.value()->hash;
}

void Ledger::Impl::PutRepaired(rocksdb::WriteBatch* batch, std::vector<BlockPtr> repaired,
                               std::vector<replica::Hole>* left) const {
  std::ranges::sort(repaired, std::ranges::greater(), &Block::slot);
  for (const BlockPtr& put : repaired) {
    BlockPtr block = put;
    while (const replica::Hole* hole = HoleAt(*left, block->slot())) {
      CAIRN_CHECK(hole->last == block->slot() && hole->hash == block->hash,
                  "a repaired block is the one that its hole names");
      if (block == put) {
        PutBlock(batch, *block);
      }
      const bool closed = hole->first == hole->last;
      Shrink(left, static_cast<std::size_t>(hole - left->data()), *block);
      // What stands below is lost, in doubt, or sound; by hash it is known which.
      const Result<BlockPtr> below = ReadBlock(block->slot() - 1);
      const bool fits = below.ok() && below.value()->hash == block->header.parent;
      if (closed && !fits) {
        CAIRN_CHECK(block->slot() > 1, "block 1 stands on the genesis block");
        Deepen(left, *block);
      }
      if (closed || !fits) {
        break;
      }
      block = below.value();
    }
  }
}

void Ledger::Commit(const replica::LedgerWrite& write) {
  if (!write.needed) {
    return;
  }
  CAIRN_CHECK(impl_->guard.has_value(), "a ledger that was opened read-only is not written");
  CheckWrite(impl_->record, write);
  HeadRecord next = impl_->record;
  next.commits += 1;
  next.head = write.head;
  next.tip_hash = impl_->TipHashAfter(write);
  std::size_t bytes = 1024;
  for (const BlockPtr& block : write.blocks) {
    bytes += block->encoded.size() + 64;
  }
  rocksdb::WriteBatch batch(bytes);
  for (Slot slot = write.head.tip + 1; slot <= head().tip; ++slot) {
    CheckBatch(batch.Delete(BlockKey(slot)));
  }
  for (const BlockPtr& block : write.blocks) {
    PutBlock(&batch, *block);
  }
  std::vector<replica::Hole> left = impl_->holes;
  impl_->PutRepaired(&batch, write.repaired, &left);
  if (left != impl_->holes) {
    CheckBatch(left.empty() ? batch.Delete(ToSlice(HolesKey()))
                            : batch.Put(ToSlice(HolesKey()), EncodeHoles(left)));
  }
  impl_->CommitOrStop(&batch, next, write.promise);
  const std::lock_guard<std::mutex> lock(impl_->holes_mutex);
  impl_->holes = std::move(left);
}

void Ledger::BeginAnew(Incarnation incarnation) {
  HeadRecord next = impl_->record;
  next.incarnation = incarnation;
  next.head.promised = next.head.accepted = {};
  ++next.commits;
  rocksdb::WriteBatch batch;
  impl_->CommitOrStop(&batch, next, true);
}

}  // namespace cairn::storage
