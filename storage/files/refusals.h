#pragma once
// What the system has refused to a database. RocksDB keeps of an error its words, at most, and
// often makes something else of it: a file that may not be opened becomes "Corruption: can't
// access", a directory that may not be read "not found". So the calls are watched where RocksDB
// makes them: with nothing refused, what it finds wrong in its files is damage (files.h); else it
// is the environment.

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace cairn::storage {

/// The first call that failed for another reason than that its file is missing. Of any thread.
class Refusals {
 public:
  /// The call's words for a person, and what to do: "While open a file …: Permission denied. Give
  /// this user permission …". Nothing if all went well, but for what RocksDB may do without.
  [[nodiscard]] std::optional<std::string> first() const;
  /// The same, or else what RocksDB may do without and sometimes does not.
  [[nodiscard]] std::optional<std::string> any() const;

  void Note(const rocksdb::IOStatus& status);
  void NoteWrite(const rocksdb::IOStatus& status);
  void NoteTolerable(const rocksdb::IOStatus& status);
  /// The file was said to be missing: that counts as a refusal unless its directory can be read and
  /// does not have it.
  void NoteMissing(const std::string& path, const rocksdb::IOStatus& status);

  /// From now on a refused write ends the process, with these words before those of the refusal;
  /// empty: no longer. For while a database is opened or closed: if it goes on after such an error,
  /// this build of RocksDB aborts.
  void StopAtWrites(const std::string& words);

 private:
  void Keep(std::optional<std::string>* where, const rocksdb::IOStatus& status);

  mutable std::mutex mutex_;
  std::optional<std::string> first_;
  std::optional<std::string> tolerable_;
  std::string stop_words_;
};

/// Watches the calls to `below`, but for advice to the kernel and for room that is reserved ahead.
/// RocksDB's own log for people (LOG) and the deletion of old files are tolerable.
class WatchedFiles final : public rocksdb::FileSystemWrapper {
 public:
  WatchedFiles(const std::shared_ptr<rocksdb::FileSystem>& below,
               std::shared_ptr<Refusals> refusals)
      : FileSystemWrapper(below), refusals_(std::move(refusals)) {}
  const char* Name() const override { return "WatchedFiles"; }

  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus FileExists(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetChildren(const std::string& path, const rocksdb::IOOptions& options,
                                std::vector<std::string>* names,
                                rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetChildrenFileAttributes(const std::string& path,
                                              const rocksdb::IOOptions& options,
                                              std::vector<rocksdb::FileAttributes>* files,
                                              rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& path, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options,
                                std::uint64_t* bytes, rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewLogger(const std::string& path, const rocksdb::IOOptions& options,
                              std::shared_ptr<rocksdb::Logger>* result,
                              rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus LockFile(const std::string& path, const rocksdb::IOOptions& options,
                             rocksdb::FileLock** lock, rocksdb::IODebugContext* context) override;

 private:
  rocksdb::IOStatus Watch(const std::string& path, rocksdb::IOStatus status);
  rocksdb::IOStatus WatchChange(const std::string& path, rocksdb::IOStatus status);

  std::shared_ptr<Refusals> refusals_;
};

/// An environment whose files are those of `env` (null: the real one), watched.
[[nodiscard]] std::unique_ptr<rocksdb::Env> WatchedEnv(rocksdb::Env* env,
                                                       const std::shared_ptr<Refusals>& refusals);

}  // namespace cairn::storage
