#pragma once
// Reads a write-ahead log of RocksDB, or what is left of one, without RocksDB: which of its records
// are whole, and whether what is not whole is the end of a write that was never synced.
//
//   log      blocks of 32 KiB, each a sequence of fragments; fewer than 7 bytes at a block's end
//            are zeros
//   fragment u32 masked CRC-32C of type and payload | u16 length | u8 type | payload
//   type     1 a whole record, 2 its first, 3 a middle, 4 its last fragment
//   zeros    up to the end of the file, if it was not closed (preallocated_log.h)
//
// The ledger syncs every record before the next one is begun. So where a power loss tears, zeroes
// or drops what was not synced, that is one record at most, and no other begins behind it. Where
// one does, what can't be read had been synced, and the disk has lost it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::storage {

struct LogScan {
  struct Record {
    std::string bytes;
    /// It stands where one must begin: behind another one, or at the start of a block. Behind
    /// damage any place is tried, and what is found there may be the inside of a value that
    /// somebody made look like a record: good for what is verified otherwise.
    bool certain = false;
  };
  std::vector<Record> records;  ///< All that are whole, in order.
  std::size_t sound = 0;        ///< The bytes before the first damage, or before the zeros.
  bool damaged = false;         ///< There is something behind these.
  /// A record begins behind the damage.
  bool goes_on = false;
  /// A record begins behind the last certain one, which so is not all that was synced.
  bool lost_the_last = false;
};

[[nodiscard]] LogScan ScanLog(std::string_view log);

/// CRC-32C (Castagnoli), as RocksDB stores it in its logs: rotated, and a constant added.
[[nodiscard]] std::uint32_t MaskedCrc(std::string_view bytes);

}  // namespace cairn::storage
