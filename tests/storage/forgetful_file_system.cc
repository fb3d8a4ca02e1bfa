#include "tests/storage/forgetful_file_system.h"

#include <algorithm>
#include <filesystem>

#include "tests/storage/temp_directory.h"

namespace cairn::storage {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

std::string Normal(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

std::string ParentOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

using Write = ForgetfulFileSystem::Write;

/// Where the file ends when all is written.
std::size_t EndOf(const std::string& synced, const std::vector<Write>& writes) {
  std::size_t end = synced.size();
  for (const Write& write : writes) {
    end = std::max(end, write.at + write.bytes.size());
  }
  return end;
}

/// Writes into the file those bytes that stand at `from` to `until` among all that are pending.
void Overwrite(std::string* file, const std::vector<Write>& writes, std::size_t from,
               std::size_t until) {
  std::size_t passed = 0;
  for (const auto& [at, bytes] : writes) {
    const std::size_t first = std::clamp(from, passed, passed + bytes.size()) - passed;
    const std::size_t last = std::clamp(until, passed, passed + bytes.size()) - passed;
    passed += bytes.size();
    if (first < last) {
      file->resize(std::max(file->size(), at + last));
      file->replace(at + first, last - first, bytes, first, last - first);
    }
  }
}

std::size_t SizeOf(const std::vector<Write>& writes) {
  std::size_t sum = 0;
  for (const Write& write : writes) {
    sum += write.bytes.size();
  }
  return sum;
}

/// Of bytes that are zeros anyway a power loss can tear nothing.
std::size_t MiddleOf(const std::vector<Write>& writes) {
  std::size_t sum = 0;
  for (const Write& write : writes) {
    sum += write.bytes.find_first_not_of('\0') == std::string::npos ? 0 : write.bytes.size();
  }
  return sum / 2;
}

}  // namespace

class ForgetfulFileSystem::WritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(std::unique_ptr<rocksdb::FSWritableFile> base, FilePtr file,
               ForgetfulFileSystem* owner)
      : FSWritableFileOwnerWrapper(std::move(base)), file_(std::move(file)), owner_(owner) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* context) override {
    IOStatus status = owner_->Put(file_, file_->appended, data);
    if (status.ok()) {
      file_->appended += data.size();
      status = FSWritableFileOwnerWrapper::Append(data, options, context);
    }
    return status;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*unused*/,
                  IODebugContext* context) override {
    return Append(data, options, context);
  }
  IOStatus PositionedAppend(const rocksdb::Slice& data, std::uint64_t at, const IOOptions& options,
                            IODebugContext* context) override {
    const IOStatus status = owner_->Put(file_, at, data);
    return status.ok() ? FSWritableFileOwnerWrapper::PositionedAppend(data, at, options, context)
                       : status;
  }
  IOStatus PositionedAppend(const rocksdb::Slice& data, std::uint64_t at, const IOOptions& options,
                            const rocksdb::DataVerificationInfo& /*unused*/,
                            IODebugContext* context) override {
    return PositionedAppend(data, at, options, context);
  }
  IOStatus Truncate(std::uint64_t bytes, const IOOptions& options,
                    IODebugContext* context) override {
    file_->length = bytes;
    return FSWritableFileOwnerWrapper::Truncate(bytes, options, context);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    IOStatus status = owner_->BeginSync(file_->name);
    if (status.ok()) {
      status = FSWritableFileOwnerWrapper::Sync(options, context);
    }
    if (status.ok()) {
      owner_->EndSync(file_);
    }
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return Sync(options, context);
  }

 private:
  FilePtr file_;
  ForgetfulFileSystem* owner_;
};

class ForgetfulFileSystem::Directory final : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(std::unique_ptr<rocksdb::FSDirectory> base, std::string path,
            ForgetfulFileSystem* owner)
      : FSDirectoryWrapper(std::move(base)), path_(std::move(path)), owner_(owner) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return FsyncWithDirOptions(options, context, rocksdb::DirFsyncOptions());
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* context,
                               const rocksdb::DirFsyncOptions& how) override {
    IOStatus status = owner_->BeginSync(path_);
    if (status.ok()) {
      status = FSDirectoryWrapper::FsyncWithDirOptions(options, context, how);
    }
    if (status.ok()) {
      owner_->SyncNames(path_);
    }
    return status;
  }

 private:
  std::string path_;
  ForgetfulFileSystem* owner_;
};

ForgetfulFileSystem::ForgetfulFileSystem(const Image& durable)
    : FileSystemWrapper(rocksdb::FileSystem::Default()) {
  for (const auto& [path, content] : durable) {
    names_[path] = std::make_shared<File>(File{path, content, {}, content.size()});
  }
  durable_names_ = names_;
}

ForgetfulFileSystem::Image ForgetfulFileSystem::Content(const std::map<std::string, FilePtr>& names,
                                                        std::size_t torn) {
  Image image;
  for (const auto& [path, file] : names) {
    Overwrite(&(image[path] = file->synced), file->pending, 0, torn);
  }
  return image;
}

ForgetfulFileSystem::Image ForgetfulFileSystem::Durable(std::size_t torn) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Content(durable_names_, torn);
}

ForgetfulFileSystem::Image ForgetfulFileSystem::DurableWithAllNames(std::size_t torn) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Content(names_, torn);
}

ForgetfulFileSystem::Moment ForgetfulFileSystem::Now() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  Moment now;
  for (const auto& [path, file] : names_) {
    now.names[path] = {file->synced, file->pending};
  }
  for (const auto& [path, file] : durable_names_) {
    now.durable_names[path] = {file->synced, file->pending};
  }
  return now;
}

ForgetfulFileSystem::Image ForgetfulFileSystem::Moment::After(Bytes bytes, Names names_kept) const {
  Image image;
  for (const auto& [path, content] : names_kept == Names::kKept ? names : durable_names) {
    const std::size_t middle = MiddleOf(content.pending);
    const std::size_t all = SizeOf(content.pending);
    std::string& left = image[path] = content.synced;
    if (bytes == Bytes::kZeroed || bytes == Bytes::kHead || bytes == Bytes::kTail) {
      left.resize(EndOf(content.synced, content.pending));
    }
    switch (bytes) {
      case Bytes::kLost:
      case Bytes::kZeroed:
        break;
      case Bytes::kTorn:
      case Bytes::kHead:
        Overwrite(&left, content.pending, 0, middle);
        break;
      case Bytes::kTail:
        Overwrite(&left, content.pending, middle, all);
        break;
      case Bytes::kKept:
        Overwrite(&left, content.pending, 0, all);
        break;
    }
  }
  return image;
}

void ForgetfulFileSystem::Before(const std::string& operation, const std::string& path) const {
  if (before_each_) {
    before_each_(operation + " " + path.substr(path.rfind('/') + 1));
  }
}

int ForgetfulFileSystem::Syncs(const std::string& ending) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  int sum = 0;
  for (const auto& [path, count] : syncs_) {
    sum += path.ends_with(ending) ? count : 0;
  }
  return sum;
}

std::size_t ForgetfulFileSystem::UnsyncedBytes(const std::string& ending) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t sum = 0;
  for (const auto& [path, file] : names_) {
    sum += path.ends_with(ending) ? SizeOf(file->pending) : 0;
  }
  return sum;
}

IOStatus ForgetfulFileSystem::NewWritableFile(const std::string& path,
                                              const rocksdb::FileOptions& options,
                                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                                              IODebugContext* context) {
  BeginChange("make", path);
  std::unique_ptr<rocksdb::FSWritableFile> base;
  IOStatus status = target()->NewWritableFile(path, options, &base, context);
  if (status.ok()) {
    auto file = std::make_shared<File>(File{Normal(path), {}, {}, 0});
    *result = std::make_unique<WritableFile>(std::move(base), file, this);
    const std::lock_guard<std::mutex> lock(mutex_);
    names_[Normal(path)] = file;
  }
  return status;
}

IOStatus ForgetfulFileSystem::ReopenWritableFile(const std::string& path,
                                                 const rocksdb::FileOptions& options,
                                                 std::unique_ptr<rocksdb::FSWritableFile>* result,
                                                 IODebugContext* context) {
  Before("reopen", path);
  std::unique_ptr<rocksdb::FSWritableFile> base;
  IOStatus status = target()->ReopenWritableFile(path, options, &base, context);
  if (status.ok()) {
    const std::lock_guard<std::mutex> lock(mutex_);
    FilePtr& file = names_[Normal(path)];
    if (file == nullptr) {
      file = std::make_shared<File>(File{Normal(path), {}, {}, 0});
    }
    file->appended = EndOf(file->synced, file->pending);
    *result = std::make_unique<WritableFile>(std::move(base), file, this);
  }
  return status;
}

IOStatus ForgetfulFileSystem::LinkFile(const std::string& from, const std::string& to,
                                       const IOOptions& options, IODebugContext* context) {
  BeginChange("link", to);
  IOStatus status = target()->LinkFile(from, to, options, context);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const auto found = names_.find(Normal(from)); status.ok() && found != names_.end()) {
    names_[Normal(to)] = found->second;
  }
  return status;
}

IOStatus ForgetfulFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                           std::unique_ptr<rocksdb::FSDirectory>* result,
                                           IODebugContext* context) {
  std::unique_ptr<rocksdb::FSDirectory> base;
  IOStatus status = target()->NewDirectory(path, options, &base, context);
  if (status.ok()) {
    *result = std::make_unique<Directory>(std::move(base), Normal(path), this);
  }
  return status;
}

IOStatus ForgetfulFileSystem::DeleteFile(const std::string& path, const IOOptions& options,
                                         IODebugContext* context) {
  BeginChange("delete", path);
  IOStatus status = target()->DeleteFile(path, options, context);
  if (status.ok()) {
    const std::lock_guard<std::mutex> lock(mutex_);
    names_.erase(Normal(path));
  }
  return status;
}

IOStatus ForgetfulFileSystem::RenameFile(const std::string& from, const std::string& to,
                                         const IOOptions& options, IODebugContext* context) {
  BeginChange("rename", to);
  IOStatus status = target()->RenameFile(from, to, options, context);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (auto node = names_.extract(Normal(from)); status.ok() && !node.empty()) {
    names_[Normal(to)] = node.mapped();
  }
  return status;
}

IOStatus ForgetfulFileSystem::Put(const FilePtr& file, std::size_t at, const rocksdb::Slice& data) {
  Before("write", file->name);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (file->name.ends_with(fail_writes_)) {
    return IOStatus::NoSpace("injected: no space left on device");
  }
  file->pending.push_back({at, data.ToString()});
  return IOStatus::OK();
}

IOStatus ForgetfulFileSystem::BeginSync(const std::string& name) {
  Before("sync", name);
  if (before_sync_) {
    before_sync_();
  }
  return name.ends_with(fail_syncs_) ? IOStatus::IOError("injected: input/output error")
                                     : IOStatus::OK();
}

void ForgetfulFileSystem::BeginChange(const std::string& operation, const std::string& path) {
  if (before_change_) {
    before_change_(path);
  }
  Before(operation, path);
}

void ForgetfulFileSystem::EndSync(const FilePtr& file) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Overwrite(&file->synced, file->pending, 0, SizeOf(file->pending));
  file->pending.clear();
  file->synced.resize(std::min(file->synced.size(), file->length));
  ++syncs_[file->name];
}

void ForgetfulFileSystem::SyncNames(const std::string& directory) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto inside = [&directory](const auto& entry) {
    return ParentOf(entry.first) == directory;
  };
  std::erase_if(durable_names_, inside);
  for (const auto& entry : names_) {
    if (inside(entry)) {
      durable_names_.insert(entry);
    }
  }
}

void Restore(const ForgetfulFileSystem::Image& image, const std::string& directory) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  for (const auto& [path, content] : image) {
    if (ParentOf(path) == directory) {
      WriteFile(path, content);
    }
  }
}

}  // namespace cairn::storage
