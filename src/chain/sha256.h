#pragma once
// SHA-256 (FIPS 180-4) by OpenSSL: only the .cc of this file knows OpenSSL.

#include <array>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "common/types.h"

namespace cairn::chain {

[[nodiscard]] Hash Sha256(std::string_view bytes);
/// The digest of the parts as if they stood one behind the other.
[[nodiscard]] Hash Sha256(std::initializer_list<std::string_view> parts);

/// The parts of a message; empty ones say nothing.
using MessageParts = std::array<std::string_view, 4>;
/// The digest of each message: the same, in less time.
[[nodiscard]] std::vector<Hash> Sha256Each(std::span<const MessageParts> messages);

}  // namespace cairn::chain
