#pragma once
// The few POSIX calls that storage needs beside RocksDB, with every return value checked. Each
// error is a sentence that names the absolute path and the system's reason.
//
// Damage is what was read and found wrong: a checksum, a format, or a file that is missing from a
// directory that can be read. Every other error is one of the environment (permissions, limits,
// memory, quota, a missing mount, a disk that answers EIO): it stops the node, moves and deletes
// nothing, and the same start succeeds when its cause is gone. So nothing here takes an error for
// "there is none".
//
// EIO counts as the environment too, also when it comes from a read of a file's content: it may be
// a cable, a controller or a path to the disk, and then all files are whole. Where it is the
// surface of the disk, the sentence says how the rest of the file is kept: the unreadable part
// becomes zeros, which the next start reads and finds wrong.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/status.h"

namespace cairn::storage {

/// Owns a file descriptor; closes it. Closing a file that was written says nothing about its
/// durability: whoever needs that has synced before.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// "Permission denied".
[[nodiscard]] std::string ErrnoText(int error);
/// What a person can do about it: "Give this user permission …" for EACCES and EPERM alone. Empty
/// for errors without advice of their own.
[[nodiscard]] std::string_view AdviceFor(int error);
/// Other: "could not <what> <path>: <reason of errno>. <advice for it, else next>".
[[nodiscard]] Status SystemError(std::string_view what, const std::string& path, int error,
                                 std::string_view next = {});

/// Without ".", ".." and a trailing slash; symbolic links stay.
[[nodiscard]] std::string AbsolutePath(const std::string& path);
/// False only if the name is missing from a directory that can be read, or that directory is
/// missing itself. Other if nobody can tell.
Result<bool> Exists(const std::string& path);

/// Makes the directory and its missing parents with mode 0700, each durably.
Status MakeDirectories(const std::string& path);
/// NotFound if there is no such file.
Result<std::uint64_t> FileBytes(const std::string& path);
/// The names of what is in the directory, ascending; NotFound if there is no such directory.
Result<std::vector<std::string>> ListNames(const std::string& path);
/// Those of files that end like this; none if there is no such directory.
Result<std::vector<std::string>> ListFiles(const std::string& path, std::string_view ending);
/// Makes the names in a directory durable: files made, renamed or deleted there.
Status SyncDirectory(const std::string& path);
/// Makes the files of a directory durable, and their names.
Status SyncFiles(const std::string& path);
/// Cuts the file to so many bytes, durably.
Status CutFile(const std::string& path, std::size_t bytes);
/// Renames durably: both names are in directories that are synced. Nothing may stand at `to`.
Status MoveDurably(const std::string& from, const std::string& to);
/// Deletes the file, durably, if it is there.
Status DeleteDurably(const std::string& path);
/// Deletes the directory, if it is there, with all that is in it.
Status DeleteTree(const std::string& path);
/// The whole file. NotFound if there is none; Other if it can't be read or is beyond `max_bytes`.
Result<std::string> ReadSmallFile(const std::string& path, std::size_t max_bytes);
/// Whether files of the directory can be written past the page cache (O_DIRECT): tries it, with a
/// file without a name.
[[nodiscard]] bool WritesDirectly(const std::string& directory);
/// All of the bytes at the offset, short writes continued; not synced.
Status WriteAt(const FileDescriptor& file, const std::string& path, std::string_view bytes,
               std::size_t offset);
/// The content is there whole and durably, or the file is as it was: written under a temporary
/// name, synced, renamed, directory synced. Mode 0600. A leftover temporary file is overwritten.
Status ReplaceFile(const std::string& path, std::string_view content);

/// What ReplaceFile calls the file until it is complete.
[[nodiscard]] std::string TemporaryName(const std::string& path);

}  // namespace cairn::storage
