#pragma once
// The guard: a second, small, separately written memory of what the ledger must not forget.
// No mode of RocksDB notices a write-ahead log that was cut or deleted, so the ledger alone can't
// be trusted to remember; a ledger that is behind its guard has forgotten (R7).
//
//   two slots of 512 bytes at 0 and 4096, written in turn:
//   "cairngrd" | u32 version | u64 commit counter | promised | accepted | u64 tip | u64 decided |
//   first 8 bytes of SHA-256 over what stands before
//
// A torn write spoils one slot; the other holds the commit before it.

#include <optional>
#include <string>

#include "common/status.h"
#include "replica/effects.h"

namespace cairn::storage {

struct GuardRecord {
  std::uint64_t commits = 0;
  replica::LedgerHead head;
};

class Guard {
 public:
  /// Opens or makes the file. `last()` is the newest valid slot; nothing in a new file. Integrity
  /// if the file is there, not new, and no slot is valid.
  static Result<Guard> Open(const std::string& path);
  Guard(Guard&& other) noexcept;
  Guard& operator=(Guard&&) = delete;
  ~Guard();

  [[nodiscard]] const std::optional<GuardRecord>& last() const { return last_; }
  /// Writes the record into the older slot; with `sync`, durably before it returns.
  Status Write(const GuardRecord& record, bool sync);

 private:
  Guard(int fd, std::string path, std::optional<GuardRecord> last, int next_slot);

  int fd_ = -1;
  std::string path_;
  std::optional<GuardRecord> last_;
  int next_slot_ = 0;
};

}  // namespace cairn::storage
