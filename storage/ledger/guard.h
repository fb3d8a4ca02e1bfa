#pragma once
// The guard: a second, small, separately written memory of what the ledger must not forget.
// No mode of RocksDB notices a write-ahead log that was cut or deleted, so the ledger alone can't
// be trusted to remember; a ledger that is behind its guard has forgotten (R7).
//
//   two slots of 512 bytes at 0 and 4096:
//   "cairngrd" | u32 version | u64 commit counter | promised | accepted | u64 tip | u64 decided |
//   first 8 bytes of SHA-256 over what stands before | zeros
//
// A newer version keeps magic and version where they are and ends its 512 bytes with such a
// checksum, so that a flipped bit is not taken for a newer version.
//
// A write never goes to the slot that holds the newest record known to be durable: whatever a
// power loss does to the other one, torn or lost, the last synced record stays. The file itself
// appears with its first record in it (temporary name, synced, renamed), so a guard that is there
// and holds nothing valid is damaged, never new.

#include <optional>
#include <string>

#include "common/status.h"
#include "replica/effects.h"
#include "storage/files/files.h"

namespace cairn::storage {

struct GuardRecord {
  std::uint64_t commits = 0;
  replica::LedgerHead head;

  friend bool operator==(const GuardRecord&, const GuardRecord&) = default;
};

/// What `guard` remembers is more than what `ledger` says, so the ledger has forgotten.
[[nodiscard]] bool IsBehind(const GuardRecord& ledger, const GuardRecord& guard);

class Guard {
 public:
  /// The newest valid record of the file, nothing if there is no file; changes nothing.
  /// Integrity if the file is there and no slot is valid; Usage if a newer program wrote it.
  static Result<std::optional<GuardRecord>> Read(const std::string& path);
  /// The same, ready to write. `last()` is durable when it returns.
  static Result<Guard> Open(const std::string& path);

  [[nodiscard]] const std::optional<GuardRecord>& last() const { return last_; }
  /// Writes the record; with `sync`, durably before it returns. The first record of a new file is
  /// always durable. After an error the file must not be written again by this process.
  Status Write(const GuardRecord& record, bool sync);

 private:
  Guard(FileDescriptor file, std::string path, std::optional<GuardRecord> last, int free_slot);

  FileDescriptor file_;  // not valid until the first record is written
  std::string path_;
  std::optional<GuardRecord> last_;
  int free_slot_ = 0;  // the one that doesn't hold the newest durable record
};

}  // namespace cairn::storage
