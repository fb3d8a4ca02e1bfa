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
/// `path` is for the messages. Integrity if the text does not fit its check line, which every
/// format ends with; Usage if it does and the format is newer.
[[nodiscard]] Result<Identity> ParseIdentity(std::string_view text, const std::string& path);

/// Sixteen hexadecimal digits, as in the identity file.
[[nodiscard]] std::string FormatIncarnation(Incarnation incarnation);
/// Random, never 0.
[[nodiscard]] Result<Incarnation> DrawIncarnation();

}  // namespace cairn::storage
