#pragma once
// The text of the identity file: "key = value" lines that a person can read, and a checksum line
// over them, because one wrong digit would make a node speak as somebody else.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/status.h"
#include "common/types.h"

namespace cairn::storage {

struct Identity {
  std::uint32_t format = 1;
  Hash cluster;  ///< Hash of the genesis block.
  std::string cluster_name;
  NodeId node = 0;
  Incarnation incarnation = 0;
  /// The hash of block 1, once that is decided: this node was a member of that cluster, and never
  /// takes part in forming another one (membership.h). Zeros: of one whose hash is not known.
  std::optional<Hash> formed;

  friend bool operator==(const Identity&, const Identity&) = default;
};

inline constexpr std::uint32_t kIdentityFormat = 1;

/// Requires: the cluster's name has no control characters.
[[nodiscard]] std::string FormatIdentity(const Identity& identity);
/// `path` is for the messages. Integrity if the text does not fit its check line, which every
/// format ends with; Usage if it does and the format is newer.
[[nodiscard]] Result<Identity> ParseIdentity(std::string_view text, const std::string& path);

/// Random, never 0.
[[nodiscard]] Result<Incarnation> DrawIncarnation();

}  // namespace cairn::storage
