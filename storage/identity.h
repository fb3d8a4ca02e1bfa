#pragma once
// The text of the identity file: "key = value" lines that a person can read, and a checksum line
// over them, because one wrong digit would make a node speak as somebody else.

#include <string>
#include <string_view>

#include "storage/data_directory.h"

namespace cairn::storage {

inline constexpr std::uint32_t kIdentityFormat = 1;

/// Requires: the cluster's name has no control characters.
[[nodiscard]] std::string FormatIdentity(const Identity& identity);
/// `path` is for the messages. Usage if the format is newer, Integrity if the text is damaged.
[[nodiscard]] Result<Identity> ParseIdentity(std::string_view text, const std::string& path);

/// Random, never 0.
[[nodiscard]] Result<Incarnation> DrawIncarnation();

}  // namespace cairn::storage
