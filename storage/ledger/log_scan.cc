#include "storage/ledger/log_scan.h"

#include <array>
#include <optional>

namespace cairn::storage {
namespace {

constexpr std::size_t kBlockBytes = 32768;
constexpr std::size_t kHeaderBytes = 7;

enum Type : std::uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

constexpr std::array<std::uint32_t, 256> MakeCrcTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
    }
    table[i] = crc;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kCrcTable = MakeCrcTable();

struct Fragment {
  std::uint8_t type = 0;
  std::string_view payload;
};

std::uint8_t Byte(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

/// The whole fragment that begins there, if one does.
std::optional<Fragment> FragmentAt(std::string_view log, std::size_t at) {
  const std::size_t block_end = std::min((at / kBlockBytes + 1) * kBlockBytes, log.size());
  if (at + kHeaderBytes > block_end) {
    return std::nullopt;
  }
  const std::size_t length = Byte(log, at + 4) | std::size_t{Byte(log, at + 5)} << 8;
  const std::uint8_t type = Byte(log, at + 6);
  if (type < kFull || type > kLast || length > block_end - at - kHeaderBytes) {
    return std::nullopt;
  }
  std::uint32_t stored = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    stored |= std::uint32_t{Byte(log, at + i)} << (8 * i);
  }
  // The type stands right before the payload, and is under the checksum with it.
  if (stored != MaskedCrc(log.substr(at + 6, 1 + length))) {
    return std::nullopt;
  }
  return Fragment{type, log.substr(at + kHeaderBytes, length)};
}

/// Where the next fragment begins: not in the rest of a block that has no room for one.
std::size_t SkipTrailer(std::size_t at) {
  const std::size_t left = kBlockBytes - at % kBlockBytes;
  return left < kHeaderBytes ? at + left : at;
}

class Scanner {
 public:
  explicit Scanner(std::string_view log) : log_(log), zeros_(log.find_last_not_of('\0') + 1) {}

  LogScan Run() {
    std::size_t at = 0;
    while ((at = SkipTrailer(at)) < log_.size()) {
      if (!begun_ && at >= zeros_) {
        break;
      }
      certain_ = certain_ || at % kBlockBytes == 0;
      if (const auto fragment = FragmentAt(log_, at)) {
        Take(*fragment, at);
        at += kHeaderBytes + fragment->payload.size();
      } else {
        at = Damage(at);
      }
    }
    if (begun_) {
      Spoil(began_at_);
    }
    if (!scan_.damaged) {
      scan_.sound = std::min(at, log_.size());
    }
    scan_.lost_the_last = BeginsIn(std::max(end_of_last_, scan_.sound));
    scan_.goes_on = scan_.damaged && (beyond_damage_ || scan_.lost_the_last);
    return std::move(scan_);
  }

 private:
  void Take(const Fragment& fragment, std::size_t at) {
    const bool begins = fragment.type == kFull || fragment.type == kFirst;
    if (begins == begun_) {
      Spoil(begun_ ? began_at_ : at);  // a first one without its last, or a last without its first
      begun_ = false;
    }
    if (begins) {
      record_.clear();
      began_at_ = at;
      begun_ = true;
      begun_certain_ = certain_;
    }
    if (!begun_) {
      return;
    }
    record_.append(fragment.payload);
    if (fragment.type == kFull || fragment.type == kLast) {
      scan_.records.push_back({std::move(record_), begun_certain_ && certain_});
      if (scan_.records.back().certain) {
        end_of_last_ = at + kHeaderBytes + fragment.payload.size();
      }
      record_ = {};
      begun_ = false;
      beyond_damage_ = beyond_damage_ || scan_.damaged;
    }
  }

  /// Nothing whole begins at `at`: goes on where its length says, if something whole stands there,
  /// else wherever something does, up to the next block.
  std::size_t Damage(std::size_t at) {
    Spoil(begun_ ? began_at_ : at);
    begun_ = false;
    const std::size_t next_block = (at / kBlockBytes + 1) * kBlockBytes;
    if (at + kHeaderBytes > log_.size()) {
      return next_block;
    }
    const std::size_t length = Byte(log_, at + 4) | std::size_t{Byte(log_, at + 5)} << 8;
    const std::size_t next = SkipTrailer(at + kHeaderBytes + length);
    if (length > 0 && next < next_block && FragmentAt(log_, next)) {
      return next;
    }
    for (std::size_t somewhere = at + 1; somewhere < std::min(next_block, log_.size());
         ++somewhere) {
      if (FragmentAt(log_, somewhere)) {
        certain_ = false;
        return somewhere;
      }
    }
    return next_block;
  }

  void Spoil(std::size_t at) {
    if (!scan_.damaged) {
      scan_.damaged = true;
      scan_.sound = at;
    }
  }

  /// A record begins somewhere behind `from`, however little is left around it.
  [[nodiscard]] bool BeginsIn(std::size_t from) const {
    for (std::size_t at = from + 1; at + kHeaderBytes <= log_.size(); ++at) {
      const std::uint8_t type = Byte(log_, at + 6);
      if ((type == kFull || type == kFirst) && FragmentAt(log_, at)) {
        return true;
      }
    }
    return false;
  }

  std::string_view log_;
  std::size_t zeros_;  // where those at the end of the log begin
  LogScan scan_;
  std::string record_;  // the fragments so far of the one that is begun
  bool begun_ = false;
  bool begun_certain_ = false;
  std::size_t began_at_ = 0;
  bool certain_ = true;  // the place where the scan stands
  std::size_t end_of_last_ = 0;
  bool beyond_damage_ = false;
};

}  // namespace

std::uint32_t MaskedCrc(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) {
    crc = kCrcTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xff] ^ (crc >> 8);
  }
  crc ^= 0xffffffffU;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

LogScan ScanLog(std::string_view log) { return Scanner(log).Run(); }

}  // namespace cairn::storage
