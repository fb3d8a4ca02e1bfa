#pragma once
// "Did you mean …?": the known word that is nearest to a mistyped one, for the messages about
// unknown keys of a file and unknown commands of a console.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::text {

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the
/// other; upper and lower case count as equal.
[[nodiscard]] std::size_t EditDistance(std::string_view a, std::string_view b);

/// The known word with the smallest distance to `word` (the first of several), or an empty string
/// if even that one is too far away to have been meant.
[[nodiscard]] std::string Nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace cairn::text
