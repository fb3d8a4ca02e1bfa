#pragma once
// Reads a file or a pipe to its end. Streams of the library can't tell an error from the end of the
// input; who takes half of a value for the whole one has made up data.

#include <cstddef>
#include <string>

#include "common/status.h"

namespace cairn::system {

/// All bytes up to the end, or the first `most`. Other, with the system's words, if one of the
/// reads fails.
[[nodiscard]] Result<std::string> ReadAll(int descriptor, std::size_t most);

}  // namespace cairn::system
