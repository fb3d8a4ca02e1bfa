#include "refusals/refuse.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// The names with and without 64 are the same function here, and a program may call either.

namespace {

std::atomic<bool> g_armed{false};
std::atomic<std::uint64_t> g_calls{0};
std::array<char, PATH_MAX> g_below{};
std::array<char, 256> g_kinds{};
std::array<char, 512> g_first{};
std::atomic<bool> g_refused{false};
int g_error = 0;
std::uint64_t g_from = 0;
std::uint64_t g_count = 0;

template <typename Function>
Function* Real(const char* name) {
  Function* real = nullptr;
  void* const found = ::dlsym(RTLD_NEXT, name);
  if (found == nullptr) {
    std::abort();
  }
  std::memcpy(&real, &found, sizeof real);
  return real;
}

bool IsBelow(const char* path) {
  const std::size_t length = std::strlen(g_below.data());
  return std::strncmp(path, g_below.data(), length) == 0 &&
         (path[length] == '/' || path[length] == '\0');
}

bool KindCounts(const char* kind) {
  return g_kinds[0] == '\0' || std::strstr(g_kinds.data(), kind) != nullptr;
}

/// True, with errno set, if this call is to fail.
bool Refuses(const char* kind, const char* call, const char* path) {
  if (!g_armed.load() || path == nullptr || !IsBelow(path) || !KindCounts(kind)) {
    return false;
  }
  const std::uint64_t number = ++g_calls;
  if (number < g_from || number - g_from >= g_count) {
    return false;
  }
  if (!g_refused.exchange(true)) {
    std::snprintf(g_first.data(), g_first.size(), "%s %s", call,
                  path + std::strlen(g_below.data()));
  }
  errno = g_error;
  return true;
}

bool RefusesFile(const char* kind, const char* call, int file) {
  if (!g_armed.load()) {
    return false;
  }
  std::array<char, 64> link{};
  std::array<char, PATH_MAX> path{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
  const ssize_t length = ::readlink(link.data(), path.data(), path.size() - 1);
  return length > 0 && Refuses(kind, call, path.data());
}

bool RefusesAt(const char* kind, const char* call, int directory, const char* path) {
  if (path == nullptr || path[0] == '/' || directory == AT_FDCWD) {
    return Refuses(kind, call, path);
  }
  return RefusesFile(kind, call, directory);
}

std::uint64_t NumberOf(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

__attribute__((constructor)) void ReadEnvironment() {
  const char* const below = std::getenv("REFUSE_BELOW");
  if (below == nullptr) {
    return;
  }
  const char* const kinds = std::getenv("REFUSE_CALLS");
  if (kinds != nullptr && std::strcmp(kinds, "all") != 0) {
    std::snprintf(g_kinds.data(), g_kinds.size(), "%s", kinds);
  }
  RefuseCalls(below, static_cast<int>(NumberOf("REFUSE_ERROR", EIO)), NumberOf("REFUSE_FROM", 1),
              NumberOf("REFUSE_COUNT", UINT64_MAX));
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names of libc
extern "C" {

void RefuseCalls(const char* directory, int error, std::uint64_t from, std::uint64_t count) {
  std::snprintf(g_below.data(), g_below.size(), "%s", directory);
  g_error = error;
  g_from = from;
  g_count = count;
  g_calls = 0;
  g_first[0] = '\0';
  g_refused = false;
  g_armed = true;
}

std::uint64_t RefuseNothing() {
  g_armed = false;
  return g_calls.load();
}

const char* FirstRefused() { return g_first.data(); }

#define CAIRN_OPEN(name)                                                \
  int name(const char* path, int flags, ...) {                          \
    mode_t mode = 0;                                                    \
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {                         \
      va_list rest;                                                     \
      va_start(rest, flags);                                            \
      mode = va_arg(rest, mode_t);                                      \
      va_end(rest);                                                     \
    }                                                                   \
    static auto* const real = Real<int(const char*, int, ...)>(#name);  \
    return Refuses("open", #name, path) ? -1 : real(path, flags, mode); \
  }
CAIRN_OPEN(open)
CAIRN_OPEN(open64)

#define CAIRN_OPENAT(name)                                                                      \
  int name(int directory, const char* path, int flags, ...) {                                   \
    mode_t mode = 0;                                                                            \
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {                                                 \
      va_list rest;                                                                             \
      va_start(rest, flags);                                                                    \
      mode = va_arg(rest, mode_t);                                                              \
      va_end(rest);                                                                             \
    }                                                                                           \
    static auto* const real = Real<int(int, const char*, int, ...)>(#name);                     \
    return RefusesAt("open", #name, directory, path) ? -1 : real(directory, path, flags, mode); \
  }
CAIRN_OPENAT(openat)
CAIRN_OPENAT(openat64)

#define CAIRN_FOPEN(name)                                                   \
  FILE* name(const char* path, const char* mode) {                          \
    static auto* const real = Real<FILE*(const char*, const char*)>(#name); \
    return Refuses("open", #name, path) ? nullptr : real(path, mode);       \
  }
CAIRN_FOPEN(fopen)
CAIRN_FOPEN(fopen64)

DIR* opendir(const char* path) {
  static auto* const real = Real<DIR*(const char*)>("opendir");
  return Refuses("list", "opendir", path) ? nullptr : real(path);
}
dirent* readdir(DIR* directory) {
  static auto* const real = Real<dirent*(DIR*)>("readdir");
  return RefusesFile("list", "readdir", ::dirfd(directory)) ? nullptr : real(directory);
}
dirent64* readdir64(DIR* directory) {
  static auto* const real = Real<dirent64*(DIR*)>("readdir64");
  return RefusesFile("list", "readdir64", ::dirfd(directory)) ? nullptr : real(directory);
}

#define CAIRN_PATH(kind, name, arguments, call)           \
  int name arguments {                                    \
    static auto* const real = Real<int arguments>(#name); \
    return Refuses(kind, #name, path) ? -1 : real call;   \
  }
CAIRN_PATH("look", stat, (const char* path, struct stat* facts), (path, facts))
CAIRN_PATH("look", stat64, (const char* path, struct stat64* facts), (path, facts))
CAIRN_PATH("look", lstat, (const char* path, struct stat* facts), (path, facts))
CAIRN_PATH("look", lstat64, (const char* path, struct stat64* facts), (path, facts))
CAIRN_PATH("look", statvfs, (const char* path, struct statvfs* facts), (path, facts))
CAIRN_PATH("look", statvfs64, (const char* path, struct statvfs64* facts), (path, facts))
CAIRN_PATH("change", unlink, (const char* path), (path))
CAIRN_PATH("change", rmdir, (const char* path), (path))
CAIRN_PATH("change", mkdir, (const char* path, mode_t mode), (path, mode))
CAIRN_PATH("change", rename, (const char* path, const char* to), (path, to))
CAIRN_PATH("change", link, (const char* path, const char* to), (path, to))
CAIRN_PATH("write", truncate, (const char* path, off_t size), (path, size))

#define CAIRN_FILE(kind, result, name, arguments, call)      \
  result name arguments {                                    \
    static auto* const real = Real<result arguments>(#name); \
    return RefusesFile(kind, #name, file) ? -1 : real call;  \
  }
CAIRN_FILE("look", int, fstat, (int file, struct stat* facts), (file, facts))
CAIRN_FILE("look", int, fstat64, (int file, struct stat64* facts), (file, facts))
CAIRN_FILE("read", ssize_t, read, (int file, void* to, size_t count), (file, to, count))
CAIRN_FILE("read", ssize_t, pread, (int file, void* to, size_t count, off_t at),
           (file, to, count, at))
CAIRN_FILE("read", ssize_t, pread64, (int file, void* to, size_t count, off64_t at),
           (file, to, count, at))
CAIRN_FILE("write", ssize_t, write, (int file, const void* from, size_t count), (file, from, count))
CAIRN_FILE("write", ssize_t, pwrite, (int file, const void* from, size_t count, off_t at),
           (file, from, count, at))
CAIRN_FILE("write", ssize_t, pwrite64, (int file, const void* from, size_t count, off64_t at),
           (file, from, count, at))
CAIRN_FILE("write", int, ftruncate, (int file, off_t size), (file, size))
CAIRN_FILE("write", int, ftruncate64, (int file, off64_t size), (file, size))
CAIRN_FILE("write", int, fallocate, (int file, int mode, off_t at, off_t size),
           (file, mode, at, size))
CAIRN_FILE("write", int, fallocate64, (int file, int mode, off64_t at, off64_t size),
           (file, mode, at, size))
CAIRN_FILE("sync", int, fsync, (int file), (file))
CAIRN_FILE("sync", int, fdatasync, (int file), (file))
CAIRN_FILE("lock", int, flock, (int file, int what), (file, what))

int access(const char* path, int mode) {
  static auto* const real = Real<int(const char*, int)>("access");
  if (!Refuses("look", "access", path)) {
    return real(path, mode);
  }
  errno = g_error == EACCES ? EACCES : EIO;  // The kernel gives few others here.
  return -1;
}

int unlinkat(int directory, const char* path, int flags) {
  static auto* const real = Real<int(int, const char*, int)>("unlinkat");
  return RefusesAt("change", "unlinkat", directory, path) ? -1 : real(directory, path, flags);
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
