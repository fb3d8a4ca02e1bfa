#include "storage/ledger/torn_tail.h"

#include <algorithm>
#include <utility>

#include "storage/files/files.h"
#include "storage/ledger/log_scan.h"

namespace cairn::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::size_t kMaxLogBytes = std::size_t{1} << 30;
constexpr std::size_t kMaxNameBytes = std::size_t{64} << 10;

std::string NameIn(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Where a power loss may tear a write: the newest log with something in it, and the manifest that
/// is in use, which is written in the same way.
Result<std::vector<std::string>> WrittenLast(const std::string& ledger) {
  Result<std::vector<std::string>> logs = ListFiles(ledger, ".log");
  if (!logs.ok()) {
    return logs;
  }
  std::vector<std::string> files;
  for (auto log = logs->rbegin(); log != logs->rend() && files.empty(); ++log) {
    const Result<std::uint64_t> bytes = FileBytes(ledger + "/" + *log);
    if (!bytes.ok()) {
      return bytes.status();
    }
    if (bytes.value() > 0) {
      files.push_back(*log);
    }
  }
  const Result<std::string> current = ReadSmallFile(ledger + "/CURRENT", kMaxNameBytes);
  if (!current.ok() && current.status().code() != Code::kNotFound) {
    return current.status();
  }
  if (current.ok() && current->starts_with("MANIFEST-") && current->ends_with('\n')) {
    files.push_back(current->substr(0, current->size() - 1));
  }
  return files;
}

/// Reads no further than so many bytes.
class Beginning final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  Beginning(std::unique_ptr<rocksdb::FSSequentialFile> below, std::size_t bytes)
      : FSSequentialFileOwnerWrapper(std::move(below)), left_(bytes) {}

  IOStatus Read(std::size_t count, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* context) override {
    IOStatus status = FSSequentialFileOwnerWrapper::Read(std::min(count, left_), options, result,
                                                         scratch, context);
    left_ -= status.ok() ? result->size() : 0;
    return status;
  }
  IOStatus Skip(std::uint64_t count) override {
    const std::size_t skipped = std::min<std::size_t>(count, left_);
    left_ -= skipped;
    return FSSequentialFileOwnerWrapper::Skip(skipped);
  }

 private:
  std::size_t left_;
};

}  // namespace

Result<std::vector<TornTail>> FindTornTails(const std::string& ledger) {
  const Result<std::vector<std::string>> files = WrittenLast(ledger);
  if (!files.ok()) {
    return files.status();
  }
  std::vector<TornTail> tails;
  for (const std::string& name : files.value()) {
    const Result<std::string> bytes = ReadSmallFile(ledger + "/" + name, kMaxLogBytes);
    if (!bytes.ok()) {
      if (bytes.status().code() == Code::kNotFound) {
        continue;  // A manifest that is gone: the salvage looks closer.
      }
      return bytes.status();
    }
    const LogScan scan = ScanLog(bytes.value());
    if (scan.sound != bytes->size() && !scan.goes_on) {
      tails.push_back({name, scan.sound, bytes->substr(scan.sound)});
    }
  }
  return tails;
}

WithoutTornTails::WithoutTornTails(const std::shared_ptr<rocksdb::FileSystem>& below,
                                   const std::vector<TornTail>& tails)
    : FileSystemWrapper(below) {
  for (const TornTail& tail : tails) {
    sound_[tail.name] = tail.sound;
  }
}

IOStatus WithoutTornTails::NewSequentialFile(const std::string& path,
                                             const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                             IODebugContext* context) {
  IOStatus status = target()->NewSequentialFile(path, options, result, context);
  const auto cut = sound_.find(NameIn(path));
  if (status.ok() && cut != sound_.end()) {
    *result = std::make_unique<Beginning>(std::move(*result), cut->second);
  }
  return status;
}

IOStatus WithoutTornTails::GetFileSize(const std::string& path, const IOOptions& options,
                                       std::uint64_t* bytes, IODebugContext* context) {
  IOStatus status = target()->GetFileSize(path, options, bytes, context);
  const auto cut = sound_.find(NameIn(path));
  if (status.ok() && cut != sound_.end()) {
    *bytes = std::min<std::uint64_t>(*bytes, cut->second);
  }
  return status;
}

}  // namespace cairn::storage
