// A library to preload into a node (LD_PRELOAD): remembers of each file how much of it was synced,
// so that a test that kills the process can afterwards take away what a power loss would have
// taken. kill -9 alone takes nothing: the kernel keeps what was written.
//
// After every fsync and fdatasync that succeeds, the size that the file had when the call began,
// and where the zeros at its end began, are written to a note in the directory $POWER_LOSS_NOTES,
// named by the file's device, inode and time of birth; so a note holds through renames and is never
// taken for another file's. Small files, which may be overwritten in place, are noted whole.
// tests/process/power_loss.py reads the notes.
//
//   note: u64 size at the last sync | u64 size without the zeros at the end | the content, if it is
//   at most kSmallFile bytes
//
// Not covered: directory entries that were not synced stay, and large files that are overwritten
// in place (RocksDB only appends, and a ledger's log is written over the zeros at its end).

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t kSmallFile = 16 * 1024;

struct Note {
  std::uint64_t size = 0;
  std::uint64_t end = 0;  // without zeros
  std::array<char, kSmallFile> content;
};

/// Fails if the file is none that can lose bytes.
bool NameOf(int file, std::array<char, 512>& path, std::uint64_t* size) {
  const char* const directory = std::getenv("POWER_LOSS_NOTES");
  struct statx facts = {};
  if (directory == nullptr ||
      ::statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &facts) != 0 ||
      !S_ISREG(facts.stx_mode)) {
    return false;
  }
  *size = facts.stx_size;
  const int length = std::snprintf(
      path.data(), path.size(), "%s/%x-%x-%llx-%llx.%x", directory, facts.stx_dev_major,
      facts.stx_dev_minor, static_cast<unsigned long long>(facts.stx_ino),
      static_cast<unsigned long long>(facts.stx_btime.tv_sec), facts.stx_btime.tv_nsec);
  return length > 0 && static_cast<std::size_t>(length) < path.size();
}

/// A test whose notes are wrong would prove nothing.
void Stop(const char* what) {
  std::perror(what);
  std::abort();
}

void Read(int file, char* bytes, std::size_t count, std::uint64_t at) {
  if (::pread(file, bytes, count, static_cast<off_t>(at)) != static_cast<ssize_t>(count)) {
    Stop("power_loss: could not read what is synced");
  }
}

std::uint64_t EndWithoutZeros(int file, std::uint64_t size) {
  std::array<char, kSmallFile> part{};
  for (std::uint64_t end = size; end > 0;) {
    const std::uint64_t from = end > part.size() ? end - part.size() : 0;
    Read(file, part.data(), end - from, from);
    for (; end > from; --end) {
      if (part[end - from - 1] != '\0') {
        return end;
      }
    }
  }
  return 0;
}

int SyncAndNote(int file, const char* function) {
  using Sync = int (*)(int);
  Sync sync = nullptr;
  void* const found = ::dlsym(RTLD_NEXT, function);
  std::memcpy(&sync, &found, sizeof sync);
  std::array<char, 512> path{};
  Note note;
  if (!NameOf(file, path, &note.size)) {
    return sync(file);
  }
  // Another descriptor, for this one may be open for writing only.
  std::array<char, 64> self{};
  std::snprintf(self.data(), self.size(), "/proc/self/fd/%d", file);
  const int reader = ::open(self.data(), O_RDONLY | O_CLOEXEC);
  if (reader < 0) {
    Stop("power_loss: could not open what is synced");
  }
  note.end = EndWithoutZeros(reader, note.size);
  std::size_t length = sizeof note.size + sizeof note.end;
  if (note.size <= kSmallFile) {
    Read(reader, note.content.data(), note.size, 0);
    length += note.size;
  }
  ::close(reader);
  if (sync(file) != 0) {
    return -1;
  }
  const int out = ::open(path.data(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (out < 0 || ::pwrite(out, &note, length, 0) != static_cast<ssize_t>(length) ||
      ::ftruncate(out, static_cast<off_t>(length)) != 0) {
    Stop("power_loss: could not write a note");
  }
  ::close(out);
  return 0;
}

}  // namespace

extern "C" int fsync(int file) { return SyncAndNote(file, "fsync"); }
extern "C" int fdatasync(int file) { return SyncAndNote(file, "fdatasync"); }
