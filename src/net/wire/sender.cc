#include "net/wire/sender.h"

#include <algorithm>

namespace cairn::net {
namespace {

// A stranger's name goes into a log line: no control characters, no endless line.
std::string Printable(const std::string& name) {
  constexpr std::size_t kShown = 64;
  std::string shown = name.substr(0, kShown);
  for (char& c : shown) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) {
      c = '?';
    }
  }
  return shown;
}

std::string Short(const Hash& hash) {
  constexpr std::size_t kDigits = 12;
  return hash.Hex().substr(0, kDigits) + "…";
}

std::string Describe(const ClusterTag& cluster) {
  return '"' + Printable(cluster.name) + "\" (genesis " + Short(cluster.genesis) + ")";
}

// `who` belongs to `theirs`.
Status OtherCluster(const std::string& who, const ClusterTag& theirs,
                    const Membership& membership) {
  std::string words = who + " belongs to cluster " + Describe(theirs) + ", this node " +
                      std::to_string(membership.self) + " to " + Describe(membership.cluster) +
                      ": compare the cluster files";
  if (theirs.name == membership.cluster.name) {
    words += ", for they have the same name but not the same nodes or parameters";
  }
  return Status::Usage(words);
}

// Block 1 names random incarnations: so two clusters of one file are told apart once both know it.
bool SameLife(const ClusterTag& a, const ClusterTag& b) {
  return !a.formed || !b.formed || *a.formed == *b.formed;
}

Status OtherLife(const std::string& who, const ClusterTag& theirs, const Membership& membership) {
  return Status::Usage(who + " belongs to another cluster with the name \"" +
                       Printable(theirs.name) + "\" (block 1 is " + Short(*theirs.formed) +
                       "), this node " + std::to_string(membership.self) +
                       " to the one whose block 1 is " + Short(*membership.cluster.formed) +
                       ": compare the addresses in the two cluster files");
}

Status OtherVersion(const std::string& who, std::uint32_t version, NodeId self) {
  return Status::Usage(who + " speaks protocol version " + std::to_string(version) +
                       ", this node " + std::to_string(self) + " version " +
                       std::to_string(kWireVersion) +
                       ": run the same version of cairn on both sides");
}

}  // namespace

Result<NodeId> SenderOf(const PeerHeader& header, const std::string& remote,
                        const Membership& membership) {
  if (header.version != kWireVersion) {
    return OtherVersion("a node at " + remote, header.version, membership.self);
  }
  const std::string who = "node " + std::to_string(header.from) + " at " + remote;
  if (header.cluster.genesis != membership.cluster.genesis) {
    return OtherCluster(who, header.cluster, membership);
  }
  if (!SameLife(header.cluster, membership.cluster)) {
    return OtherLife(who, header.cluster, membership);
  }
  if (header.from == membership.self) {
    return Status::Usage(who + " says that it is this node: one id is used twice");
  }
  const auto& peers = membership.peers;
  if (std::find(peers.begin(), peers.end(), header.from) == peers.end()) {
    return Status::Usage(who + " is not in this node's cluster file");
  }
  if (header.to != membership.self) {
    return Status::Usage(who + " takes this node " + std::to_string(membership.self) +
                         " for node " + std::to_string(header.to) +
                         ": compare the addresses in the cluster files");
  }
  return header.from;
}

Status ClientAllowed(const ClientHeader& header, const Membership& membership) {
  if (header.version != kWireVersion) {
    return OtherVersion("the client", header.version, membership.self);
  }
  if (header.cluster.genesis != membership.cluster.genesis) {
    return OtherCluster("the client", header.cluster, membership);
  }
  if (!SameLife(header.cluster, membership.cluster)) {
    return OtherLife("the client", header.cluster, membership);
  }
  return Status::Ok();
}

}  // namespace cairn::net
