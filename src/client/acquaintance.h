#pragma once
// Which cluster a cluster file has led to. Two clusters that were made from one file (all those of
// the template) have one genesis; their blocks 1 differ, for they name random incarnations. So a
// client keeps the hash of block 1 for each cluster file, and refuses another: a wrong address in
// the file must not lead it to somebody else's data.
//
// It is kept in $XDG_STATE_HOME/cairn/clusters (else ~/.local/state/cairn/clusters), a small file
// for each cluster file, and believed from its first use on. Where it can't be kept, the client
// goes on without. A file comes into being whole and is never changed, so that clients side by side
// can't disturb each other.

#include <optional>
#include <string>

#include "client/transport.h"
#include "common/types.h"
#include "config/cluster.h"

namespace cairn::client {

class Acquaintance {
 public:
  /// With the cluster that this file describes. `directory`: where it is kept; empty: nowhere.
  Acquaintance(const config::Cluster& cluster, const std::string& directory);

  /// The place that the environment variables name; empty if they name none.
  [[nodiscard]] static std::string Directory();

  /// Nothing if there is none, or it can't be read.
  [[nodiscard]] std::optional<Hash> Recall() const;
  /// Has no effect if there is one.
  void Keep(const Hash& formed) const;
  /// Its file, which a person may remove; empty if it is kept nowhere.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string directory_;
  std::string path_;
  std::string cluster_file_;
};

/// The real world, for clients of this cluster that remember which one it is across processes.
[[nodiscard]] Environment RememberingEnvironment(const config::Cluster& cluster);

}  // namespace cairn::client
