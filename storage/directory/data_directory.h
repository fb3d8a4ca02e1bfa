#pragma once
// A node's data directory: made on first start, never silently elsewhere.
//
//   identity     cluster (hash and name), node, incarnation, format version: text, synced
//   LOCK         held while a process uses the directory; names its pid
//   guard        see guard.h
//   ledger/      see ledger.h: the truth
//   state/       see state.h: derived, may be deleted
//   quarantine/  what was found damaged is moved here
//   salvage      asks the next start to salvage the ledger, see open_or_salvage.h
//   ledger.salvage/, ledger.salvaged/   a salvage under way, see salvage.h
//
// Every message about it gives its absolute path.

#include <functional>
#include <optional>
#include <string>

#include "common/status.h"
#include "common/types.h"
#include "storage/directory/identity.h"
#include "storage/files/files.h"

namespace cairn::storage {

/// Gets a sentence for a person.
using Say = std::function<void(const std::string& sentence)>;

class DataDirectory {
 public:
  /// Opens the directory for node `node` of the cluster, or makes it if there is none. A new
  /// directory gets a random incarnation. Missing parents are made too.
  ///
  /// A directory with an identity, but with neither a guard nor data of a ledger, gets a new
  /// incarnation: its creation was cut short before anything was said under the old one, or ledger
  /// and guard were deleted, and then it has forgotten what it said (R7).
  ///
  /// A damaged or missing identity is made again from the ledger, which names its node, its
  /// incarnation and its cluster. Where nothing of the ledger can be read, or where there is none,
  /// the directory gets a new incarnation. The damaged file goes to quarantine/, and `say` says so.
  ///
  /// Errors (each one sentence that says what, where, why and what to do next): another process
  /// holds the LOCK (Other; names the pid); the directory belongs to another node or cluster
  /// (Usage; names both); not empty but with nothing of a node in it (Usage: refuses to take a
  /// directory that once held something for new; a crash while making it does not lead here, for
  /// the identity is written first, to a temporary name, synced, renamed, directory synced); a
  /// newer format (Usage; names both); no permission, read-only file system (Other).
  static Result<DataDirectory> Open(const std::string& path, const Hash& cluster,
                                    const std::string& cluster_name, NodeId node,
                                    const Say& say = {});
  /// Opens what is there for `verify` and tools; makes nothing but the LOCK, and that only where
  /// the file system lets it. Usage if there is no directory or no identity; Integrity if that is
  /// damaged.
  static Result<DataDirectory> OpenExisting(const std::string& path);

  /// Block 1 is decided and has that hash, or this node was a member of a cluster whose block 1 it
  /// does not know (zeros): makes it part of the identity, durably. Usage if the identity names
  /// another block 1: then this is another cluster of the same name.
  Status NoteFormed(const Hash& block1);
  /// Another life: draws a new incarnation, and writes it durably.
  Status Renew();

  [[nodiscard]] const std::string& path() const { return path_; }  ///< Absolute.
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] bool created() const { return created_; }  ///< This start made it, or made it anew.
  [[nodiscard]] std::string Sub(const std::string& name) const { return path_ + "/" + name; }

 private:
  DataDirectory(std::string path, Identity identity, FileDescriptor lock, bool created);

  std::string path_;
  Identity identity_;
  FileDescriptor lock_;
  bool created_ = false;
};

}  // namespace cairn::storage
