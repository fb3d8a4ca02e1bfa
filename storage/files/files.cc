#include "storage/files/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace cairn::storage {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) {
    (void)::close(fd_);
  }
}

std::string ErrnoText(int error) { return std::generic_category().message(error); }

std::string_view AdviceFor(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "Give this user permission to read and write it, and start again.";
    case EROFS:
      return "Its file system is mounted read-only: mount it for writing (the kernel log says if a "
             "fault made it so), and start again.";
    case ENOSPC:
      return "Free space on that disk, and start again.";
    case EDQUOT:
      return "Free space there or raise this user's quota, and start again.";
    case EMFILE:
      return "This process has as many files open as it may: raise the limit (ulimit -n), and "
             "start "
             "again.";
    case ENFILE:
      return "The system has as many files open as it may: close some or raise fs.file-max, and "
             "start again.";
    case EFBIG:
      return "Files of this process may not become so large: raise the limit (ulimit -f), and "
             "start again.";
    case ENOMEM:
      return "The system gives no memory: free some or raise the limit (ulimit -v), and start "
             "again.";
    case ENODEV:
    case ENXIO:
    case ESTALE:
    case ENOTCONN:
      return "Check that its disk is there and mounted, and start again.";
    case EIO:
      return "The disk or the way to it fails: the kernel log names the fault. Mend that, and "
             "start "
             "again. If a part of the disk can't be read any more, make a copy of that file with "
             "zeros in its place (dd conv=noerror,sync bs=4096) and put it where the file is: the "
             "next start finds out what is missing.";
    default:
      return {};
  }
}

Status SystemError(std::string_view what, const std::string& path, int error,
                   std::string_view next) {
  std::string text = "could not " + std::string(what) + " " + path + ": " + ErrnoText(error) + ".";
  const std::string_view advice = AdviceFor(error);
  if (!advice.empty() || !next.empty()) {
    text.append(" ").append(advice.empty() ? next : advice);
  }
  return Status::Other(std::move(text));
}

std::string AbsolutePath(const std::string& path) {
  std::error_code ignored;
  std::filesystem::path absolute = std::filesystem::absolute(path, ignored).lexically_normal();
  if (!absolute.has_filename() && absolute.has_relative_path()) {
    absolute = absolute.parent_path();
  }
  return absolute.empty() ? path : absolute.string();
}

Result<bool> Exists(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    return true;
  }
  if (errno != ENOENT) {
    return SystemError("look at", path, errno);
  }
  const std::filesystem::path whole(path);
  const Result<std::vector<std::string>> names = ListNames(whole.parent_path().string());
  if (!names.ok()) {
    return names.status().code() == Code::kNotFound ? Result<bool>(false) : names.status();
  }
  return std::ranges::find(names.value(), whole.filename().string()) == names->end()
             ? Result<bool>(false)
             : SystemError("look at", path, ENOENT, "It is listed in its directory: start again.");
}

Status MakeDirectories(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    return S_ISDIR(info.st_mode)
               ? Status::Ok()
               : SystemError("use as directory", path, ENOTDIR, "Name another place with --data.");
  }
  if (errno != ENOENT && errno != ENOTDIR) {
    return SystemError("look at", path, errno, "Name another place with --data.");
  }
  const std::string parent = std::filesystem::path(path).parent_path().string();
  if (!parent.empty() && parent != path) {
    if (Status made = MakeDirectories(parent); !made.ok()) {
      return made;
    }
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError("make the directory", path, errno, "Name another place with --data.");
  }
  return SyncDirectory(parent);
}

Result<std::uint64_t> FileBytes(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? Status::NotFound("there is no " + path + ".")
                           : SystemError("look at", path, errno);
  }
  return static_cast<std::uint64_t>(info.st_size);
}

Result<std::vector<std::string>> ListNames(const std::string& path) {
  DIR* const directory = ::opendir(path.c_str());
  if (directory == nullptr) {
    return errno == ENOENT ? Status::NotFound("there is no " + path + ".")
                           : SystemError("read the directory", path, errno);
  }
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(directory);
    if (entry == nullptr) {
      break;
    }
    const std::string name = entry->d_name;
    if (name != "." && name != "..") {
      names.push_back(name);
    }
  }
  const int error = errno;
  (void)::closedir(directory);
  if (error != 0) {
    return SystemError("read the directory", path, error);
  }
  std::ranges::sort(names);
  return names;
}

Result<std::vector<std::string>> ListFiles(const std::string& path, std::string_view ending) {
  Result<std::vector<std::string>> names = ListNames(path);
  if (!names.ok()) {
    return names.status().code() == Code::kNotFound ? std::vector<std::string>() : std::move(names);
  }
  std::vector<std::string> files;
  for (const std::string& name : names.value()) {
    const std::string file = path + "/" + name;
    struct stat info {};
    if (!name.ends_with(ending)) {
      continue;
    }
    if (::stat(file.c_str(), &info) != 0) {
      if (errno == ENOENT) {
        continue;  // It has just been deleted.
      }
      return SystemError("look at", file, errno);
    }
    if (S_ISREG(info.st_mode)) {
      files.push_back(name);
    }
  }
  return files;
}

Status SyncFiles(const std::string& path) {
  const Result<std::vector<std::string>> names = ListFiles(path, "");
  if (!names.ok()) {
    return names.status();
  }
  for (const std::string& name : names.value()) {
    const std::string file = path + "/" + name;
    const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened.valid()) {
      return SystemError("open", file, errno);
    }
    if (::fsync(opened.get()) != 0) {
      return SystemError("sync", file, errno, "Check the disk.");
    }
  }
  return SyncDirectory(path);
}

Status CutFile(const std::string& path, std::size_t bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.valid()) {
    return SystemError("open", path, errno);
  }
  if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
    return SystemError("cut", path, errno);
  }
  return ::fsync(file.get()) == 0 ? Status::Ok() : SystemError("sync", path, errno);
}

Status MoveDurably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return SystemError("move " + from + " to", to, errno, "Check the disk and start again.");
  }
  // The new name first: a crash in between leaves both names or one, never none.
  const std::string to_parent = std::filesystem::path(to).parent_path().string();
  const std::string from_parent = std::filesystem::path(from).parent_path().string();
  Status synced = SyncDirectory(to_parent);
  return synced.ok() && from_parent != to_parent ? SyncDirectory(from_parent) : synced;
}

Status DeleteDurably(const std::string& path) {
  if (::unlink(path.c_str()) != 0) {
    return errno == ENOENT ? Status::Ok() : SystemError("delete", path, errno);
  }
  return SyncDirectory(std::filesystem::path(path).parent_path().string());
}

Status DeleteTree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  return error ? SystemError("delete", path, error.value()) : Status::Ok();
}

Status SyncDirectory(const std::string& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) {
    return SystemError("open the directory", path, errno);
  }
  if (::fsync(directory.get()) != 0) {
    return SystemError("sync the directory", path, errno,
                       "Check the disk; what was last written there may be lost.");
  }
  return Status::Ok();
}

Result<std::string> ReadSmallFile(const std::string& path, std::size_t max_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    return errno == ENOENT ? Status::NotFound("there is no " + path + ".")
                           : SystemError("open", path, errno);
  }
  std::string content;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return SystemError("read", path, errno);
    }
    if (got == 0) {
      return content;
    }
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > max_bytes) {
      return SystemError("read", path, EFBIG);
    }
  }
}

bool WritesDirectly(const std::string& directory) {
  const FileDescriptor file(
      ::open(directory.c_str(), O_TMPFILE | O_WRONLY | O_DIRECT | O_CLOEXEC, 0600));
  constexpr std::size_t kPage = 4096;
  alignas(kPage) static constexpr std::array<char, kPage> kZeros{};
  return file.valid() && ::write(file.get(), kZeros.data(), kPage) == kPage;
}

Status WriteAt(const FileDescriptor& file, const std::string& path, std::string_view bytes,
               std::size_t offset) {
  while (!bytes.empty()) {
    const ssize_t wrote =
        ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) {
      continue;
    }
    if (wrote <= 0) {
      return SystemError("write", path, wrote < 0 ? errno : EIO);
    }
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
    offset += static_cast<std::size_t>(wrote);
  }
  return Status::Ok();
}

std::string TemporaryName(const std::string& path) { return path + ".tmp"; }

Status ReplaceFile(const std::string& path, std::string_view content) {
  const std::string temporary = TemporaryName(path);
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
    return SystemError("delete", temporary, errno);
  }
  const FileDescriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) {
    return SystemError("make", temporary, errno);
  }
  if (Status written = WriteAt(file, temporary, content, 0); !written.ok()) {
    return written;
  }
  if (::fsync(file.get()) != 0) {
    return SystemError("sync", temporary, errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return SystemError("rename " + temporary + " to", path, errno);
  }
  return SyncDirectory(std::filesystem::path(path).parent_path().string());
}

}  // namespace cairn::storage
