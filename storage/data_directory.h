#pragma once
// A node's data directory: made on first start, never silently elsewhere.
//
//   identity     cluster (hash and name), node, incarnation, format version: text, synced
//   LOCK         held while a process uses the directory; names its pid
//   guard        see guard.h
//   ledger/      see ledger.h: the truth
//   state/       see state.h: derived, may be deleted
//   quarantine/  what was found damaged is moved here
//
// Every message about it gives its absolute path.

#include <string>

#include "common/status.h"
#include "common/types.h"

namespace cairn::storage {

struct Identity {
  std::uint32_t format = 1;
  Hash cluster;  ///< Hash of the genesis block.
  std::string cluster_name;
  NodeId node = 0;
  Incarnation incarnation = 0;
};

class DataDirectory {
 public:
  /// Opens the directory for node `node` of the cluster, or makes it if there is none. A new
  /// directory gets a random incarnation. The parent directory must exist or be creatable.
  ///
  /// Errors (each one sentence that says what, where, why and what to do next): another process
  /// holds the LOCK (Other; names the pid); the directory belongs to another node or cluster
  /// (Usage; names both); not empty but without an identity (Usage: refuses to take a directory
  /// that once held something for new; a crash while making it must not lead here: identity is
  /// written first, to a temporary name, synced, renamed, directory synced); a newer format (Usage;
  /// names both); no permission, read-only file system (Other).
  static Result<DataDirectory> Open(const std::string& path, const Hash& cluster,
                                    const std::string& cluster_name, NodeId node);
  /// Opens what is there, without making anything: for `verify` and tools. Takes the LOCK too.
  static Result<DataDirectory> OpenExisting(const std::string& path);

  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&&) = delete;
  ~DataDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }  ///< Absolute.
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] bool created() const { return created_; }  ///< This start made it.
  [[nodiscard]] std::string Sub(const std::string& name) const { return path_ + "/" + name; }

 private:
  DataDirectory(std::string path, Identity identity, int lock_fd, bool created);

  std::string path_;
  Identity identity_;
  int lock_fd_ = -1;
  bool created_ = false;
};

}  // namespace cairn::storage
