#pragma once
// A file system for RocksDB that knows what a power loss would leave: of each file the bytes that
// were synced, and of each directory the names that were there when it was last synced. Of the rest
// anything may be left. Files really lie on the disk meanwhile; a test asks for the durable image
// at any moment, the one before each change among them, and puts it where the next life of the node
// begins.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace cairn::storage {

class ForgetfulFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  /// Absolute path -> content.
  using Image = std::map<std::string, std::string>;

  /// What becomes of bytes that were not synced.
  enum class Bytes {
    kLost,
    kTorn,    ///< The first half of them stays.
    kZeroed,  ///< The file is as long as it was, with zeros where it has grown.
    kHead,    ///< Like kZeroed, but the first half of them is there.
    kTail,    ///< Like kZeroed, but the second half of them is there.
    kKept,
  };
  /// What becomes of names that were not synced, made or deleted.
  enum class Names { kLost, kKept };
  /// Bytes that go to some place in a file.
  struct Write {
    std::size_t at = 0;
    std::string bytes;
  };
  /// All that is needed to tell what a power loss at one moment may leave.
  struct Moment {
    struct Content {
      std::string synced;
      std::vector<Write> pending;
    };
    std::map<std::string, Content> names;
    std::map<std::string, Content> durable_names;

    [[nodiscard]] Image After(Bytes bytes, Names names_kept) const;
  };

  /// `durable`: what lies on the disk already.
  explicit ForgetfulFileSystem(const Image& durable = {});
  const char* Name() const override { return "ForgetfulFileSystem"; }

  /// What a power loss at this moment leaves. `torn`: so many of each file's bytes that were not
  /// synced survive as well.
  [[nodiscard]] Image Durable(std::size_t torn = 0) const;
  /// The same when the file system happened to write all its names by itself, synced or not.
  [[nodiscard]] Image DurableWithAllNames(std::size_t torn = 0) const;
  /// Successful syncs so far of files whose names end like this.
  [[nodiscard]] int Syncs(const std::string& ending) const;
  /// Bytes written and not synced, in files whose names end like this.
  [[nodiscard]] std::size_t UnsyncedBytes(const std::string& ending) const;
  [[nodiscard]] Moment Now() const;
  /// Called before each sync of a file or a directory takes effect.
  void BeforeSync(std::function<void()> observer) { before_sync_ = std::move(observer); }
  /// Called before anything that changes what is on the disk, or what of it is durable: with the
  /// name of the operation, and from any thread of RocksDB.
  void BeforeEach(std::function<void(const std::string& operation)> observer) {
    before_each_ = std::move(observer);
  }
  /// Called, with the path, before each file is made, linked, renamed or deleted. May be called
  /// on any thread, as the other one.
  void BeforeChange(std::function<void(const std::string& path)> observer) {
    before_change_ = std::move(observer);
  }
  /// Every sync, or every write, of files whose names end like this fails from now on.
  void FailSyncs(const std::string& ending) { fail_syncs_ = ending; }
  void FailWrites(const std::string& ending) { fail_writes_ = ending; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;

 private:
  struct File {
    std::string name;  // When it was made.
    std::string synced;
    std::vector<Write> pending;
    std::size_t appended = 0;                // Where the next bytes go.
    std::size_t length = std::string::npos;  // It was cut to, and is with the next sync.
  };
  using FilePtr = std::shared_ptr<File>;
  class WritableFile;
  class Directory;

  rocksdb::IOStatus Put(const FilePtr& file, std::size_t at, const rocksdb::Slice& data);
  rocksdb::IOStatus BeginSync(const std::string& name);
  void EndSync(const FilePtr& file);
  void Before(const std::string& operation, const std::string& path) const;
  void SyncNames(const std::string& directory);
  void BeginChange(const std::string& operation, const std::string& path);
  static Image Content(const std::map<std::string, FilePtr>& names, std::size_t torn);

  mutable std::mutex mutex_;
  std::map<std::string, FilePtr> names_;
  std::map<std::string, FilePtr> durable_names_;
  std::map<std::string, int> syncs_;
  std::function<void()> before_sync_;
  std::function<void(const std::string&)> before_each_;
  std::function<void(const std::string&)> before_change_;
  std::string fail_syncs_ = "(none)";
  std::string fail_writes_ = "(none)";
};

/// Empties the directory and puts into it the files of the image that belong there.
void Restore(const ForgetfulFileSystem::Image& image, const std::string& directory);

}  // namespace cairn::storage
