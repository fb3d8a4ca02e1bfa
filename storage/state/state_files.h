#pragma once
// The database below the state: how it is opened, how its damage is told from other trouble, and
// what its own threads meet.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "common/status.h"
#include "rocksdb/db.h"
#include "rocksdb/listener.h"
#include "storage/files/refusals.h"

namespace cairn::storage {

/// Remembers the first error of RocksDB's own threads (compaction), until somebody asks.
class BackgroundTrouble final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;
  [[nodiscard]] bool any() const { return any_.load(std::memory_order_acquire); }
  [[nodiscard]] rocksdb::Status first() const;

 private:
  std::atomic<bool> any_ = false;
  mutable std::mutex mutex_;
  rocksdb::Status first_;
};

/// For a state that lives on table files alone.
[[nodiscard]] rocksdb::Options StateOptions(rocksdb::Env* env,
                                            const std::shared_ptr<BackgroundTrouble>& trouble);

/// RocksDB begins a log at every start, and deletes it when what stands in it is in a table.
/// Nothing ever stands in those of the state, so they are deleted here, before the next start.
[[nodiscard]] rocksdb::Status RemoveEmptyLogs(rocksdb::Env* env, const std::string& path);

/// A state that is being rebuilt is read hardly ever: its files are merged less, and the rest
/// when it serves again.
[[nodiscard]] rocksdb::Status SetMerging(rocksdb::DB* db, bool rebuilding);

/// The sentence for a person. Integrity if it is damage, else Other. `what`: "read", "write".
[[nodiscard]] Status StateFailure(const char* what, const std::string& path,
                                  const rocksdb::Status& status, const Refusals& refusals);

}  // namespace cairn::storage
