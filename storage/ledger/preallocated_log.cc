#include "storage/ledger/preallocated_log.h"

#include <algorithm>
#include <array>

namespace cairn::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// The record of some forty puts of a hundred bytes.
constexpr std::size_t kSmallRecord = std::size_t{8} << 10;
constexpr std::uint64_t kZerosAhead = std::uint64_t{128} << 10;
// RocksDB reserves a whole log at once: 35 MiB for a node that holds nothing.
constexpr std::size_t kMostReserved = std::size_t{2} << 20;
// Zeros are written page by page: what a kernel is given in one piece it may keep as one large
// page, and then counts all of it as written whenever a record touches it.
constexpr std::size_t kPage = 4096;
constexpr std::array<char, kPage> kZeros{};

class PreallocatedLog final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  explicit PreallocatedLog(std::unique_ptr<rocksdb::FSWritableFile> below)
      : FSWritableFileOwnerWrapper(std::move(below)) {}

  IOStatus Append(const rocksdb::Slice& record, const IOOptions& options,
                  IODebugContext* context) override {
    IOStatus status = FSWritableFileOwnerWrapper::Append(record, options, context);
    end_ += status.ok() ? record.size() : 0;
    if (status.ok() && end_ > room_ && record.size() <= kSmallRecord) {
      status = MakeRoom(options, context);
    }
    return status;
  }
  IOStatus Append(const rocksdb::Slice& record, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*unused*/,
                  IODebugContext* context) override {
    return Append(record, options, context);
  }
  IOStatus Close(const IOOptions& options, IODebugContext* context) override {
    const IOStatus status = room_ > end_ ? Truncate(end_, options, context) : IOStatus::OK();
    return status.ok() ? FSWritableFileOwnerWrapper::Close(options, context) : status;
  }
  void SetPreallocationBlockSize(std::size_t size) override {
    FSWritableFileOwnerWrapper::SetPreallocationBlockSize(std::min(size, kMostReserved));
  }
  std::uint64_t GetFileSize(const IOOptions& /*options*/, IODebugContext* /*context*/) override {
    return end_;
  }

 private:
  IOStatus MakeRoom(const IOOptions& options, IODebugContext* context) {
    const std::uint64_t until = end_ / kPage * kPage + kZerosAhead;
    for (room_ = end_; room_ < until;) {
      const std::size_t count = kPage - room_ % kPage;
      const IOStatus status =
          PositionedAppend(rocksdb::Slice(kZeros.data(), count), room_, options, context);
      if (!status.ok()) {
        // The record itself is written, and without zeros behind it the next one is appended.
        return status.IsNoSpace() ? IOStatus::OK() : status;
      }
      room_ += count;
    }
    return IOStatus::OK();
  }

  std::uint64_t end_ = 0;   // of the records
  std::uint64_t room_ = 0;  // zeros from there up to here
};

}  // namespace

IOStatus PreallocatedLogs::NewWritableFile(const std::string& path,
                                           const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                                           IODebugContext* context) {
  IOStatus status = target()->NewWritableFile(path, options, result, context);
  if (status.ok() && path.ends_with(".log")) {
    *result = std::make_unique<PreallocatedLog>(std::move(*result));
  }
  return status;
}

}  // namespace cairn::storage
