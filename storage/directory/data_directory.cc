#include "storage/directory/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "common/roster.h"
#include "storage/files/quarantine.h"
#include "storage/ledger/ledger.h"
#include "storage/ledger/ledger_fragments.h"
#include "storage/salvage/salvage.h"

namespace cairn::storage {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{64} * 1024;
constexpr std::string_view kElsewhere = "Check the disk, or name another directory with --data.";

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
    return SystemError("open", lock, errno, kElsewhere);
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
  const Result<std::vector<std::string>> names = ListNames(path);
  if (!names.ok()) {
    return names.status();
  }
  for (const std::string& name : names.value()) {
    if (name != "LOCK" && name != temporary && name != "lost+found") {
      return NotEmpty(path, name);
    }
  }
  return Status::Ok();
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

Status BelongsToAnother(const std::string& path, const Identity& found, const Identity& wanted) {
  return Status::Usage("the data directory " + path + " belongs to " + Owner(found) + ", not to " +
                       Owner(wanted) +
                       ". Name this node's own directory with --data, or start the node that "
                       "the directory belongs to with the cluster file that it was made with.");
}

/// Whose ledger lies there, whatever its state; nothing if nothing of it can be read.
Result<std::optional<Identity>> OwnerOfLedger(const std::string& path, const Identity& wanted) {
  Result<LedgerFragments> fragments = LedgerFragments::Open(path + "/ledger", nullptr);
  if (!fragments.ok()) {
    return fragments.status();
  }
  if (fragments->heads().empty()) {
    return fragments->foreign_version().ok()
               ? Result<std::optional<Identity>>(std::optional<Identity>())
               : Status::Usage("the ledger " + path +
                               "/ledger is not usable: " + fragments->foreign_version().message() +
                               ". Start the program that wrote it, or name another directory with "
                               "--data.");
  }
  const HeadRecord& head = fragments->heads().front();
  Identity owner = wanted;
  owner.cluster = head.genesis;
  owner.cluster_name = head.genesis == wanted.cluster ? wanted.cluster_name : "(unknown)";
  owner.node = head.node;
  owner.incarnation = head.incarnation;
  return std::optional(owner);
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

/// The identity file is damaged, or gone though there is a ledger or a guard: says who the
/// directory is now. `wanted` gets the incarnation.
Status RestoreIdentity(const std::string& path, const std::string& problem, Identity* wanted,
                       const Say& say) {
  if (Status finished = FinishSalvage(path); !finished.ok()) {
    return finished;
  }
  const Result<std::optional<Identity>> owner = OwnerOfLedger(path, *wanted);
  if (!owner.ok()) {
    return owner.status();
  }
  if (owner.value() &&
      (owner.value()->cluster != wanted->cluster || owner.value()->node != wanted->node)) {
    return BelongsToAnother(path, *owner.value(), *wanted);
  }
  // A copy: the file itself is replaced at one stroke, so that the directory is never without one.
  std::string moved;
  const Result<std::string> damaged = ReadSmallFile(path + "/identity", kMaxTextBytes);
  if (!damaged.ok() && damaged.status().code() != Code::kNotFound) {
    return damaged.status();
  }
  if (damaged.ok()) {
    const Result<std::string> kept = KeepInQuarantine(path, "identity", damaged.value());
    if (!kept.ok()) {
      return kept.status();
    }
    moved = " The damaged file is kept as " + kept.value() + ".";
  }
  Status written = owner.value() ? ReplaceFile(path + "/identity", FormatIdentity(*owner.value()))
                                 : MakeAnew(path, wanted);
  if (!written.ok()) {
    return written;
  }
  if (owner.value()) {
    *wanted = *owner.value();
  }
  if (say) {
    say(problem + moved +
        (owner.value() ? " The ledger beside it names its owner, and so it was made again: "
                       : " The ledger does not say either whose it is, so this is somebody new: ") +
        Owner(*wanted) + ", incarnation " + FormatIncarnation(wanted->incarnation) + ".");
  }
  return Status::Ok();
}

}  // namespace

DataDirectory::DataDirectory(std::string path, Identity identity, FileDescriptor lock, bool created)
    : path_(std::move(path)),
      identity_(std::move(identity)),
      lock_(std::move(lock)),
      created_(created) {}

Result<DataDirectory> DataDirectory::Open(const std::string& path, const Hash& cluster,
                                          const std::string& cluster_name, NodeId node,
                                          const Say& say) {
  if (HasControlCharacters(cluster_name)) {
    return Status::Usage("the cluster's name has control characters. Name it in printable ones.");
  }
  const std::string absolute = AbsolutePath(path);
  if (Status made = MakeDirectories(absolute); !made.ok()) {
    return made;
  }
  const Result<bool> identified = Exists(absolute + "/identity");
  const Result<bool> holds = HoldsLedger(absolute);
  for (const auto& known : {identified, holds}) {
    if (!known.ok()) {
      return known.status();
    }
  }
  if (!identified.value() && !holds.value()) {
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
  const Result<Identity> found = ReadIdentity(absolute);
  if (found.ok()) {
    if (found->cluster != cluster || found->node != node) {
      return BelongsToAnother(absolute, found.value(), wanted);
    }
    if (holds.value()) {
      return DataDirectory(absolute, found.value(), std::move(lock).value(), false);
    }
    wanted.formed = found->formed;
  } else if (found.status().code() == Code::kIntegrity ||
             (found.status().code() == Code::kNotFound && holds.value())) {
    if (Status restored = RestoreIdentity(absolute, found.status().message(), &wanted, say);
        !restored.ok()) {
      return restored;
    }
    return DataDirectory(absolute, wanted, std::move(lock).value(), false);
  } else if (found.status().code() != Code::kNotFound) {
    return found.status();
  }
  if (Status made = MakeAnew(absolute, &wanted); !made.ok()) {
    return made;
  }
  return DataDirectory(absolute, wanted, std::move(lock).value(), true);
}

Status DataDirectory::NoteFormed(const Hash& block1) {
  const bool known = identity_.formed && *identity_.formed != Hash{};
  if (identity_.formed && (block1 == Hash{} || block1 == *identity_.formed)) {
    return Status::Ok();
  }
  if (known) {
    return Status::Usage("the data directory " + path_ +
                         " belongs to the cluster whose block 1 is " + identity_.formed->Hex() +
                         ", and this chain's block 1 is " + block1.Hex() +
                         ": it is another cluster of the same name. Start the node with the "
                         "addresses of its own cluster, or name another directory with --data.");
  }
  Identity noted = identity_;
  noted.formed = block1;
  if (Status written = ReplaceFile(path_ + "/identity", FormatIdentity(noted)); !written.ok()) {
    return written;
  }
  identity_ = noted;
  return Status::Ok();
}

Status DataDirectory::Renew() { return MakeAnew(path_, &identity_); }

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

}  // namespace cairn::storage
