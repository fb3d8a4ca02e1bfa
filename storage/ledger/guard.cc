#include "storage/ledger/guard.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "common/coding.h"
#include "storage/ledger/schema.h"

namespace cairn::storage {
namespace {

constexpr std::string_view kMagic = "cairngrd";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSlotBytes = 512;
constexpr std::size_t kSlotDistance = 4096;
constexpr std::size_t kMaxFileBytes = std::size_t{64} * 1024;

struct Slots {
  std::array<std::optional<GuardRecord>, 2> records;
  std::uint32_t newest_version = 0;

  [[nodiscard]] int Newest() const {
    const std::uint64_t first = records[0] ? records[0]->commits : 0;
    const std::uint64_t second = records[1] ? records[1]->commits : 0;
    return records[1].has_value() && (!records[0].has_value() || second > first) ? 1 : 0;
  }
};

std::string EncodeSlot(const GuardRecord& record) {
  Writer writer;
  writer.Raw(kMagic).U32(kVersion).U64(record.commits);
  WriteRegisters(writer, record.head);
  writer.Raw(Checksum(writer.bytes()));
  std::string slot = writer.Take();
  slot.resize(kSlotBytes, '\0');
  return slot;
}

bool IsOfNewerVersion(std::string_view slot, std::uint32_t version) {
  const std::size_t checked = kSlotBytes - kChecksumBytes;
  return version > kVersion && slot.size() == kSlotBytes &&
         slot.substr(checked) == Checksum(slot.substr(0, checked));
}

/// Nothing if the slot was never written, is torn, or has another version (which it reports).
std::optional<GuardRecord> DecodeSlot(std::string_view slot, std::uint32_t* version) {
  Reader reader(slot);
  const bool magic = reader.Raw(kMagic.size()) == kMagic;
  const std::uint32_t found = reader.U32();
  if (!magic || !reader.ok()) {
    return std::nullopt;
  }
  if (IsOfNewerVersion(slot, found)) {
    *version = std::max(*version, found);
  }
  GuardRecord record;
  record.commits = reader.U64();
  record.head = ReadRegisters(reader);
  const std::size_t checked = slot.size() - reader.left();
  const std::string_view checksum = reader.Raw(kChecksumBytes);
  if (!reader.ok() || found != kVersion || checksum != Checksum(slot.substr(0, checked))) {
    return std::nullopt;
  }
  return record;
}

Result<Slots> ReadSlots(const std::string& path) {
  Result<std::string> content = ReadSmallFile(path, kMaxFileBytes);
  if (!content.ok()) {
    return content.status();
  }
  const std::string_view bytes = content.value();
  Slots slots;
  for (std::size_t i = 0; i < slots.records.size(); ++i) {
    if (bytes.size() >= i * kSlotDistance) {
      slots.records[i] =
          DecodeSlot(bytes.substr(i * kSlotDistance, kSlotBytes), &slots.newest_version);
    }
  }
  if (slots.records[0].has_value() || slots.records[1].has_value()) {
    return slots;
  }
  if (slots.newest_version > kVersion) {
    return Status::Usage("the guard file " + path + " has format version " +
                         std::to_string(slots.newest_version) +
                         ", and this program knows versions up to " + std::to_string(kVersion) +
                         ". Start the newer program that wrote it.");
  }
  return Status::Integrity(
      "the guard file " + path +
      " is damaged: neither of its two records fits its checksum, so nobody can tell whether the "
      "ledger beside it still knows all that this node has promised.");
}

}  // namespace

bool IsBehind(const GuardRecord& ledger, const GuardRecord& guard) {
  return guard.commits > ledger.commits || guard.head.promised > ledger.head.promised ||
         guard.head.accepted > ledger.head.accepted || guard.head.decided > ledger.head.decided ||
         (guard.commits == ledger.commits && guard.head != ledger.head);
}

Guard::Guard(FileDescriptor file, std::string path, std::optional<GuardRecord> last, int free_slot)
    : file_(std::move(file)), path_(std::move(path)), last_(last), free_slot_(free_slot) {}

Result<std::optional<GuardRecord>> Guard::Read(const std::string& path) {
  const Result<bool> exists = Exists(path);
  if (!exists.ok() || !exists.value()) {
    return exists.ok() ? Result<std::optional<GuardRecord>>(std::optional<GuardRecord>())
                       : exists.status();
  }
  Result<Slots> slots = ReadSlots(path);
  if (!slots.ok()) {
    return slots.status();
  }
  return slots->records[static_cast<std::size_t>(slots->Newest())];
}

Result<Guard> Guard::Open(const std::string& path) {
  const Result<bool> exists = Exists(path);
  if (!exists.ok() || !exists.value()) {
    return exists.ok() ? Result<Guard>(Guard({}, path, std::nullopt, 1)) : exists.status();
  }
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.valid()) {
    return SystemError("open the guard file", path, errno);
  }
  // What is read may lie in the page cache only, written by a process that was killed; from here
  // on it counts as durable.
  if (::fsync(file.get()) != 0) {
    return SystemError("sync the guard file", path, errno, "Check the disk.");
  }
  Result<Slots> slots = ReadSlots(path);
  if (!slots.ok()) {
    return slots.status();
  }
  const int newest = slots->Newest();
  return Guard(std::move(file), path, slots->records[static_cast<std::size_t>(newest)], 1 - newest);
}

Status Guard::Write(const GuardRecord& record, bool sync) {
  const std::string slot = EncodeSlot(record);
  if (!file_.valid()) {
    if (Status made = ReplaceFile(path_, slot); !made.ok()) {
      return made;
    }
    file_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    if (!file_.valid()) {
      return SystemError("open the guard file", path_, errno);
    }
    last_ = record;
    free_slot_ = 1;
    return Status::Ok();
  }
  const std::size_t offset = static_cast<std::size_t>(free_slot_) * kSlotDistance;
  if (Status written = WriteAt(file_, path_, slot, offset); !written.ok()) {
    return written;
  }
  if (sync) {
    if (::fdatasync(file_.get()) != 0) {
      return SystemError("sync the guard file", path_, errno);
    }
    free_slot_ = 1 - free_slot_;
  }
  last_ = record;
  return Status::Ok();
}

}  // namespace cairn::storage
