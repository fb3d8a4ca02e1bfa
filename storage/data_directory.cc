#include "storage/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "storage/identity.h"

namespace cairn::storage {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{64} * 1024;
constexpr std::string_view kPermission =
    "Give this user permission to read and write it, or name another directory with --data.";

Status Locked(const std::string& path, const std::string& lock) {
  Result<std::string> pid = ReadSmallFile(lock, kMaxTextBytes);
  std::string holder = pid.ok() ? pid.value() : std::string();
  while (!holder.empty() && holder.back() == '\n') {
    holder.pop_back();
  }
  return Status::Other("the data directory " + path + " is in use by process " +
                       (holder.empty() ? "(unknown)" : holder) +
                       ". Stop that process first, or name another directory with --data.");
}

/// The lock is the kernel's and ends with the process, however it ends; the file's content is for
/// people only.
Result<FileDescriptor> TakeLock(const std::string& path, bool may_be_read_only) {
  const std::string lock = path + "/LOCK";
  FileDescriptor file(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const bool writable = file.valid();
  if (!writable && may_be_read_only && (errno == EROFS || errno == EACCES)) {
    file = FileDescriptor(::open(lock.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid() && errno == ENOENT) {
      return file;  // No node can be using a directory where it could not make its LOCK.
    }
  }
  if (!file.valid()) {
    return SystemError("open", lock, errno, kPermission);
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? Locked(path, lock) : SystemError("lock", lock, errno);
  }
  if (writable) {
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.get(), 0) != 0) {
      return SystemError("write", lock, errno, "Check the disk.");
    }
    if (Status written = WriteAt(file, lock, pid, 0); !written.ok()) {
      return written;
    }
  }
  return file;
}

Status NotEmpty(const std::string& path, const std::string& name) {
  return Status::Usage("the directory " + path + " is not empty (it holds " + name +
                       "), but has no identity file, so it is not taken as a new node's data "
                       "directory. Name an empty or a missing directory with --data, or put the "
                       "identity file back.");
}

/// A cut-short creation leaves the LOCK and a temporary identity at most. A file system that is
/// mounted here brings lost+found.
Status CheckUnused(const std::string& path) {
  const std::string temporary = TemporaryName("identity");
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name != "LOCK" && name != temporary && name != "lost+found") {
      return NotEmpty(path, name);
    }
  }
  return error ? SystemError("read the directory", path, error.value(), kPermission) : Status::Ok();
}

std::string Owner(const Identity& identity) {
  return "node " + std::to_string(identity.node) + " of the cluster \"" + identity.cluster_name +
         "\" (genesis block " + identity.cluster.Hex() + ")";
}

Result<Identity> ReadIdentity(const std::string& path) {
  const std::string file = path + "/identity";
  Result<std::string> text = ReadSmallFile(file, kMaxTextBytes);
  return text.ok() ? ParseIdentity(text.value(), file) : Result<Identity>(text.status());
}

/// Gives the directory an incarnation that nobody has heard of.
Status MakeAnew(const std::string& path, Identity* identity) {
  Result<Incarnation> incarnation = DrawIncarnation();
  if (!incarnation.ok()) {
    return incarnation.status();
  }
  identity->incarnation = incarnation.value();
  return ReplaceFile(path + "/identity", FormatIdentity(*identity));
}

bool HasControlCharacters(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      return true;
    }
  }
  return false;
}

}  // namespace

DataDirectory::DataDirectory(std::string path, Identity identity, FileDescriptor lock, bool created)
    : path_(std::move(path)),
      identity_(std::move(identity)),
      lock_(std::move(lock)),
      created_(created) {}

Result<DataDirectory> DataDirectory::Open(const std::string& path, const Hash& cluster,
                                          const std::string& cluster_name, NodeId node) {
  if (HasControlCharacters(cluster_name)) {
    return Status::Usage("the cluster's name has control characters. Name it in printable ones.");
  }
  const std::string absolute = AbsolutePath(path);
  if (Status made = MakeDirectories(absolute); !made.ok()) {
    return made;
  }
  if (!PathExists(absolute + "/identity")) {
    // Before the lock is taken: what is no node's is left without even a LOCK in it.
    if (Status unused = CheckUnused(absolute); !unused.ok()) {
      return unused;
    }
  }
  Result<FileDescriptor> lock = TakeLock(absolute, false);
  if (!lock.ok()) {
    return lock.status();
  }
  Identity wanted;
  wanted.cluster = cluster;
  wanted.cluster_name = cluster_name;
  wanted.node = node;
  Result<Identity> found = ReadIdentity(absolute);
  if (!found.ok() && found.status().code() != Code::kNotFound) {
    return found.status();
  }
  if (found.ok() && (found->cluster != cluster || found->node != node)) {
    return Status::Usage("the data directory " + absolute + " belongs to " + Owner(found.value()) +
                         ", not to " + Owner(wanted) +
                         ". Name this node's own directory with --data, or start the node that "
                         "the directory belongs to with the cluster file that it was made with.");
  }
  if (!found.ok()) {
    if (Status unused = CheckUnused(absolute); !unused.ok()) {
      return unused;
    }
  }
  if (found.ok() && HoldsLedger(absolute)) {
    return DataDirectory(absolute, found.value(), std::move(lock).value(), false);
  }
  if (Status made = MakeAnew(absolute, &wanted); !made.ok()) {
    return made;
  }
  return DataDirectory(absolute, wanted, std::move(lock).value(), true);
}

Result<DataDirectory> DataDirectory::OpenExisting(const std::string& path) {
  const std::string absolute = AbsolutePath(path);
  Result<Identity> found = ReadIdentity(absolute);
  if (!found.ok()) {
    return found.status().code() != Code::kNotFound
               ? found.status()
               : Status::Usage("there is no data directory of a node at " + absolute +
                               " (no identity file). Name one that a server has made.");
  }
  Result<FileDescriptor> lock = TakeLock(absolute, true);
  if (!lock.ok()) {
    return lock.status();
  }
  return DataDirectory(absolute, found.value(), std::move(lock).value(), false);
}

bool HoldsLedger(const std::string& directory) {
  if (PathExists(directory + "/guard")) {
    return true;
  }
  // RocksDB's first files, up to CURRENT, hold no data. Without a log or a table beside them there
  // never was anything, or it was deleted.
  std::error_code error;
  std::filesystem::directory_iterator entry(directory + "/ledger", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string extension = entry->path().extension().string();
    if (extension == ".log" || extension == ".sst") {
      return true;
    }
  }
  return error && error != std::errc::no_such_file_or_directory;
}

Result<std::string> MoveToQuarantine(const std::string& directory, const std::string& name) {
  const std::string absolute = AbsolutePath(directory);
  const std::string from = absolute + "/" + name;
  const std::string quarantine = absolute + "/quarantine";
  if (Status made = MakeDirectories(quarantine); !made.ok()) {
    return made;
  }
  const std::string stem = quarantine + "/" + name + "-";
  std::string to = stem + "1";
  for (int number = 2; PathExists(to); ++number) {
    to = stem;
    to += std::to_string(number);
  }
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return SystemError("move " + from + " to", to, errno, "Move it away by hand and start again.");
  }
  for (const std::string& changed : {quarantine, absolute}) {
    if (Status synced = SyncDirectory(changed); !synced.ok()) {
      return synced;
    }
  }
  return to;
}

}  // namespace cairn::storage
