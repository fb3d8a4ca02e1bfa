#pragma once
// The cluster file: who the nodes are and where they listen. TOML:
//
//   [cluster]
//   name = "cairn"          # part of the genesis block: other name, other cluster
//   allow_faults = true     # failLink, fixLink, failProcess and `cairn fault` work
//   insecure = false        # true: listen on other addresses than loopback, without encryption
//
//   [[node]]
//   id = 1                  # 1 .. 9
//   host = "127.0.0.1"
//   client_port = 5001
//   peer_port = 5101
//
// An unknown key is an error that suggests the nearest known one.

#include <string>
#include <vector>

#include "chain/block_format.h"
#include "common/status.h"
#include "common/types.h"

namespace cairn::config {

struct NodeAddress {
  NodeId id = 0;
  std::string host;
  std::uint16_t client_port = 0;
  std::uint16_t peer_port = 0;
};

struct Cluster {
  std::string path;  ///< Absolute path of the file.
  std::string name;
  bool allow_faults = false;
  bool insecure = false;
  std::vector<NodeAddress> nodes;  ///< Ascending by id.

  /// Null if there is no such node.
  [[nodiscard]] const NodeAddress* Find(NodeId id) const;
};

/// Reads and checks a cluster file: name not empty and at most 64 bytes; 1 to 9 nodes with distinct
/// ids and addresses; ports 1..65535; every host a loopback address or `insecure = true`. Usage
/// with file, line where known, what is wrong and what to write instead.
[[nodiscard]] Result<Cluster> LoadCluster(const std::string& path);

/// "node 2 (127.0.0.1:5002)", where its clients find it.
[[nodiscard]] std::string NodeText(const NodeAddress& node);

/// The cluster file to use: `flag` if not empty, else $CAIRN_CONFIG, else data/cluster.toml
/// below the working directory, else ../data/cluster.toml beside the program. Usage, naming
/// the places, if there is none.
[[nodiscard]] Result<std::string> FindClusterFile(const std::string& flag);

/// Where node `id` keeps its data unless told otherwise: node<ID> beside the cluster file.
[[nodiscard]] std::string DefaultDataDirectory(const Cluster& cluster, NodeId id);

/// What the cluster file fixes for ever (name, node ids, kMaxSessions). Addresses are not part of
/// it, so that a node can move to another machine.
[[nodiscard]] chain::GenesisParameters ParametersOf(const Cluster& cluster);

}  // namespace cairn::config
