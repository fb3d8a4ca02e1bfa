#pragma once
// SHA-256 (FIPS 180-4) by OpenSSL: the only file of cairn that knows OpenSSL.

#include <initializer_list>
#include <string_view>

#include "common/types.h"

namespace cairn::chain {

[[nodiscard]] Hash Sha256(std::string_view bytes);
/// The digest of the parts as if they stood one behind the other.
[[nodiscard]] Hash Sha256(std::initializer_list<std::string_view> parts);

}  // namespace cairn::chain
