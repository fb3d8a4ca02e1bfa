#include "storage/ledger.h"

#include <algorithm>

#include "chain/block.h"
#include "common/fatal.h"
#include "storage/ledger_impl.h"

namespace cairn::storage {
namespace {

constexpr const char* kStop =
    "What was being committed may or may not be on the disk, so this process stops before it "
    "answers anybody (the other nodes go on). Check the disk (space, permissions, errors in the "
    "kernel log) and start the node again.";

void CheckBatch(const rocksdb::Status& status) {
  CAIRN_CHECK(status.ok(), "a batch in memory takes whatever is put into it");
}

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

void CheckWrite(const replica::LedgerHead& before, const replica::LedgerWrite& write) {
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
  if (db != nullptr && db->GetIntProperty(rocksdb::DB::Properties::kBackgroundErrors, &errors) &&
      errors > 0) {
    (void)db.release();
  }
}

void Ledger::Impl::CommitOrStop(rocksdb::WriteBatch* batch, const HeadRecord& next,
                                bool sync_guard) {
  CheckBatch(batch->Put(ToSlice(HeadKey()), EncodeHead(next)));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (const rocksdb::Status status = db->Write(synced, batch); !status.ok()) {
    StopNow(Status::Other("could not commit to the ledger " + path + ": RocksDB says \"" +
                          status.ToString() + "\". " + kStop));
  }
  if (Status status = guard->Write({next.commits, next.head}, sync_guard); !status.ok()) {
    StopNow(Status::Other(status.message() + " " + kStop));
  }
  record = next;
}

Status Ledger::Impl::Damaged(Slot slot, const std::string& why) const {
  return Status::Integrity("the block of slot " + std::to_string(slot) + " in " + path +
                           " is damaged: " + why +
                           ". It is neither used nor served. Keep the directory as it is, and "
                           "start the node with an empty one to learn the chain from its peers.");
}

Status Ledger::Impl::BlockFailure(Slot slot, const rocksdb::Status& status) const {
  if (status.IsNotFound()) {
    return Damaged(slot, "it is missing, though the tip is " + std::to_string(record.head.tip));
  }
  if (status.IsCorruption()) {
    return Damaged(slot, "RocksDB says \"" + status.ToString() + "\"");
  }
  return Status::Other("could not read the block of slot " + std::to_string(slot) + " in " + path +
                       ": RocksDB says \"" + status.ToString() + "\". Check the disk.");
}

Result<BlockPtr> Ledger::Impl::Decode(Slot slot, std::string_view bytes) const {
  Result<BlockPtr> block = DecodeBlockRecord(bytes, slot);
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

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Ledger::~Ledger() = default;

const replica::LedgerHead& Ledger::head() const { return impl_->record.head; }

std::uint64_t Ledger::commits() const { return impl_->record.commits; }

void Ledger::Commit(const replica::LedgerWrite& write) {
  if (!write.needed) {
    return;
  }
  CAIRN_CHECK(impl_->guard.has_value(), "a ledger that was opened read-only is not written");
  CheckWrite(head(), write);
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
  HeadRecord next = impl_->record;
  next.commits += 1;
  next.head = write.head;
  impl_->CommitOrStop(&batch, next, write.promise);
}

Result<BlockPtr> Ledger::Read(Slot slot) const {
  if (slot > head().tip) {
    return Status::NotFound("there is no block at slot " + std::to_string(slot) + "; the tip is " +
                            std::to_string(head().tip) + ".");
  }
  return impl_->ReadBlock(slot);
}

Result<std::vector<BlockPtr>> Ledger::ReadRange(Slot from, Slot to, std::size_t max_blocks,
                                                std::size_t max_bytes) const {
  to = std::min(to, head().tip);
  if (from > to) {
    return Status::NotFound("there is no block at slot " + std::to_string(from) + "; the tip is " +
                            std::to_string(head().tip) + ".");
  }
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db->NewIterator(options));
  std::vector<BlockPtr> blocks;
  std::size_t bytes = 0;
  at->Seek(BlockKey(from));
  for (Slot slot = from; slot <= to; ++slot, at->Next()) {
    if (!at->Valid() || at->key() != BlockKey(slot)) {
      const rocksdb::Status status = at->status();
      return impl_->BlockFailure(slot, status.ok() ? rocksdb::Status::NotFound() : status);
    }
    bytes += at->value().size();
    if (!blocks.empty() && (blocks.size() >= max_blocks || bytes > max_bytes)) {
      break;
    }
    Result<BlockPtr> block = impl_->Decode(slot, at->value().ToStringView());
    if (!block.ok()) {
      return block.status();
    }
    if (!blocks.empty()) {
      if (Status link = chain::VerifyLink(*blocks.back(), *block.value()); !link.ok()) {
        return impl_->Damaged(slot, link.message());
      }
    }
    blocks.push_back(std::move(block).value());
  }
  return blocks;
}

}  // namespace cairn::storage
