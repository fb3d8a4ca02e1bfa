#include "storage/files/refusals.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>

#include "common/fatal.h"
#include "storage/files/files.h"

namespace cairn::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr int kLastError = 133;

/// RocksDB ends its words with the system's reason.
int ErrorOf(const std::string& words) {
  for (int error = 1; error <= kLastError; ++error) {
    if (words.ends_with(": " + ErrnoText(error))) {
      return error;
    }
  }
  return 0;
}

/// Not the system's refusal, but "that can't be done here" or "there is none".
bool Harmless(const IOStatus& status) {
  return status.ok() || status.IsNotSupported() || status.IsNotFound() || status.IsPathNotFound();
}

bool IsForPeople(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name == "LOG" || name.starts_with("LOG.");
}

class WatchedSequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  WatchedSequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> below,
                        std::shared_ptr<Refusals> refusals)
      : FSSequentialFileOwnerWrapper(std::move(below)), refusals_(std::move(refusals)) {}

  IOStatus Read(std::size_t count, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* context) override {
    return Noted(FSSequentialFileOwnerWrapper::Read(count, options, result, scratch, context));
  }
  IOStatus Skip(std::uint64_t count) override {
    return Noted(FSSequentialFileOwnerWrapper::Skip(count));
  }
  IOStatus PositionedRead(std::uint64_t offset, std::size_t count, const IOOptions& options,
                          Slice* result, char* scratch, IODebugContext* context) override {
    return Noted(FSSequentialFileOwnerWrapper::PositionedRead(offset, count, options, result,
                                                              scratch, context));
  }

 private:
  IOStatus Noted(IOStatus status) {
    refusals_->Note(status);
    return status;
  }
  std::shared_ptr<Refusals> refusals_;
};

class WatchedRandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  WatchedRandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile> below,
                          std::shared_ptr<Refusals> refusals)
      : FSRandomAccessFileOwnerWrapper(std::move(below)), refusals_(std::move(refusals)) {}

  IOStatus Read(std::uint64_t offset, std::size_t count, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* context) const override {
    IOStatus status =
        FSRandomAccessFileOwnerWrapper::Read(offset, count, options, result, scratch, context);
    refusals_->Note(status);
    return status;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, std::size_t count, const IOOptions& options,
                     IODebugContext* context) override {
    IOStatus status = FSRandomAccessFileOwnerWrapper::MultiRead(requests, count, options, context);
    refusals_->Note(status);
    for (std::size_t i = 0; status.ok() && i < count; ++i) {
      refusals_->Note(requests[i].status);
    }
    return status;
  }

 private:
  std::shared_ptr<Refusals> refusals_;
};

class WatchedWritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedWritableFile(std::unique_ptr<rocksdb::FSWritableFile> below,
                      std::shared_ptr<Refusals> refusals)
      : FSWritableFileOwnerWrapper(std::move(below)), refusals_(std::move(refusals)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override {
    return Noted(FSWritableFileOwnerWrapper::Append(data, options, context));
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* context) override {
    return Noted(FSWritableFileOwnerWrapper::Append(data, options, info, context));
  }
  IOStatus PositionedAppend(const Slice& data, std::uint64_t offset, const IOOptions& options,
                            IODebugContext* context) override {
    return Noted(FSWritableFileOwnerWrapper::PositionedAppend(data, offset, options, context));
  }
  IOStatus PositionedAppend(const Slice& data, std::uint64_t offset, const IOOptions& options,
                            const rocksdb::DataVerificationInfo& info,
                            IODebugContext* context) override {
    return Noted(
        FSWritableFileOwnerWrapper::PositionedAppend(data, offset, options, info, context));
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options,
                    IODebugContext* context) override {
    return Noted(FSWritableFileOwnerWrapper::Truncate(size, options, context));
  }
  IOStatus Close(const IOOptions& options, IODebugContext* context) override {
    return Noted(FSWritableFileOwnerWrapper::Close(options, context));
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* context) override {
    return Noted(FSWritableFileOwnerWrapper::Flush(options, context));
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    return Noted(FSWritableFileOwnerWrapper::Sync(options, context));
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return Noted(FSWritableFileOwnerWrapper::Fsync(options, context));
  }

 private:
  IOStatus Noted(IOStatus status) {
    refusals_->NoteWrite(status);
    return status;
  }
  std::shared_ptr<Refusals> refusals_;
};

class WatchedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  WatchedDirectory(std::unique_ptr<rocksdb::FSDirectory> below, std::shared_ptr<Refusals> refusals)
      : FSDirectoryWrapper(std::move(below)), refusals_(std::move(refusals)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return Noted(FSDirectoryWrapper::Fsync(options, context));
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* context,
                               const rocksdb::DirFsyncOptions& how) override {
    return Noted(FSDirectoryWrapper::FsyncWithDirOptions(options, context, how));
  }

 private:
  IOStatus Noted(IOStatus status) {
    refusals_->NoteWrite(status);
    return status;
  }
  std::shared_ptr<Refusals> refusals_;
};

/// RocksDB's own logger aborts the process when a line can't be written. This one loses the line.
class LogForPeople final : public rocksdb::Logger {
 public:
  explicit LogForPeople(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list words) override {
    constexpr std::size_t kMostBytes = 1024;
    std::array<char, kMostBytes> line{};
    const int length = std::vsnprintf(line.data(), line.size() - 1, format, words);
    const std::size_t bytes = std::min<std::size_t>(std::max(length, 0), kMostBytes - 2);
    line.at(bytes) = '\n';
    if (file_.valid() && ::write(file_.get(), line.data(), bytes + 1) > 0) {
      bytes_ += bytes + 1;
    }
  }
  std::size_t GetLogFileSize() const override { return bytes_; }

 private:
  FileDescriptor file_;
  std::atomic<std::size_t> bytes_ = 0;
};

}  // namespace

std::optional<std::string> Refusals::first() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return first_;
}

std::optional<std::string> Refusals::any() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return first_ ? first_ : tolerable_;
}

void Refusals::Keep(std::optional<std::string>* where, const IOStatus& status) {
  if (Harmless(status)) {
    return;
  }
  const std::string words = status.ToString();
  const std::string advice(AdviceFor(status.IsNoSpace() ? ENOSPC : ErrorOf(words)));
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!*where) {
    *where = words + ". " + (advice.empty() ? "Check the disk, and start again." : advice);
  }
}

void Refusals::Note(const IOStatus& status) { Keep(&first_, status); }

void Refusals::NoteTolerable(const IOStatus& status) { Keep(&tolerable_, status); }

void Refusals::NoteWrite(const IOStatus& status) {
  Keep(&first_, status);
  if (Harmless(status)) {
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!stop_words_.empty()) {
    StopNow(Status::Other(stop_words_ + *first_));
  }
}

void Refusals::StopAtWrites(const std::string& words) {
  const std::lock_guard<std::mutex> lock(mutex_);
  stop_words_ = words;
}

void Refusals::NoteMissing(const std::string& path, const IOStatus& status) {
  const Result<bool> exists = Exists(path);
  if (exists.ok() && !exists.value()) {
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!first_) {
    first_ = exists.ok() ? status.ToString() + ". It can be seen now: start again."
                         : exists.status().message();
  }
}

IOStatus WatchedFiles::Watch(const std::string& path, IOStatus status) {
  if (IsForPeople(path)) {
    refusals_->NoteTolerable(status);
  } else if (status.IsNotFound() || status.IsPathNotFound()) {
    refusals_->NoteMissing(path, status);
  } else {
    refusals_->Note(status);
  }
  return status;
}

IOStatus WatchedFiles::WatchChange(const std::string& path, IOStatus status) {
  if (IsForPeople(path)) {
    refusals_->NoteTolerable(status);
  } else {
    refusals_->NoteWrite(status);
  }
  return status;
}

IOStatus WatchedFiles::NewSequentialFile(const std::string& path,
                                         const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                         IODebugContext* context) {
  IOStatus status = Watch(path, target()->NewSequentialFile(path, options, result, context));
  if (status.ok()) {
    *result = std::make_unique<WatchedSequentialFile>(std::move(*result), refusals_);
  }
  return status;
}

IOStatus WatchedFiles::NewRandomAccessFile(const std::string& path,
                                           const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                           IODebugContext* context) {
  IOStatus status = Watch(path, target()->NewRandomAccessFile(path, options, result, context));
  if (status.ok()) {
    *result = std::make_unique<WatchedRandomAccessFile>(std::move(*result), refusals_);
  }
  return status;
}

IOStatus WatchedFiles::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       IODebugContext* context) {
  IOStatus status = WatchChange(path, target()->NewWritableFile(path, options, result, context));
  if (status.ok()) {
    *result = std::make_unique<WatchedWritableFile>(std::move(*result), refusals_);
  }
  return status;
}

IOStatus WatchedFiles::NewDirectory(const std::string& path, const IOOptions& options,
                                    std::unique_ptr<rocksdb::FSDirectory>* result,
                                    IODebugContext* context) {
  IOStatus status = Watch(path, target()->NewDirectory(path, options, result, context));
  if (status.ok()) {
    *result = std::make_unique<WatchedDirectory>(std::move(*result), refusals_);
  }
  return status;
}

IOStatus WatchedFiles::FileExists(const std::string& path, const IOOptions& options,
                                  IODebugContext* context) {
  return Watch(path, target()->FileExists(path, options, context));
}

IOStatus WatchedFiles::GetChildren(const std::string& path, const IOOptions& options,
                                   std::vector<std::string>* names, IODebugContext* context) {
  return Watch(path, target()->GetChildren(path, options, names, context));
}

IOStatus WatchedFiles::GetChildrenFileAttributes(const std::string& path, const IOOptions& options,
                                                 std::vector<rocksdb::FileAttributes>* files,
                                                 IODebugContext* context) {
  return Watch(path, target()->GetChildrenFileAttributes(path, options, files, context));
}

IOStatus WatchedFiles::CreateDirIfMissing(const std::string& path, const IOOptions& options,
                                          IODebugContext* context) {
  return WatchChange(path, target()->CreateDirIfMissing(path, options, context));
}

IOStatus WatchedFiles::GetFileSize(const std::string& path, const IOOptions& options,
                                   std::uint64_t* bytes, IODebugContext* context) {
  return Watch(path, target()->GetFileSize(path, options, bytes, context));
}

IOStatus WatchedFiles::RenameFile(const std::string& from, const std::string& to,
                                  const IOOptions& options, IODebugContext* context) {
  return WatchChange(from, target()->RenameFile(from, to, options, context));
}

IOStatus WatchedFiles::DeleteFile(const std::string& path, const IOOptions& options,
                                  IODebugContext* context) {
  IOStatus status = target()->DeleteFile(path, options, context);
  refusals_->NoteTolerable(status);
  return status;
}

IOStatus WatchedFiles::NewLogger(const std::string& path, const IOOptions& /*options*/,
                                 std::shared_ptr<rocksdb::Logger>* result,
                                 IODebugContext* /*context*/) {
  *result = std::make_shared<LogForPeople>(path);
  return IOStatus::OK();
}

IOStatus WatchedFiles::LockFile(const std::string& path, const IOOptions& options,
                                rocksdb::FileLock** lock, IODebugContext* context) {
  return Watch(path, target()->LockFile(path, options, lock, context));
}

std::unique_ptr<rocksdb::Env> WatchedEnv(rocksdb::Env* env,
                                         const std::shared_ptr<Refusals>& refusals) {
  const auto below = (env != nullptr ? env : rocksdb::Env::Default())->GetFileSystem();
  return rocksdb::NewCompositeEnv(std::make_shared<WatchedFiles>(below, refusals));
}

}  // namespace cairn::storage
