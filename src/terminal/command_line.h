#pragma once
// A line that a person or a script gives to a console, taken apart: a word and its arguments.
// Two forms mean the same:
//
//   Operation(put, my key, "a, b")     between commas; spaces around them are no data
//   put "my key" "a, b"                between spaces
//
// An argument that begins with a double or single quote ends with the same one; between them the
// escapes \" \' \\ \n \r \t \0 and \xNN mean what they mean everywhere. Elsewhere a backslash is
// a backslash and a quote a quote. An argument that begins with { or [ ends with the bracket that
// closes it, so that JSON needs no quotes around it. In the first form the last parenthesis of the line closes. A
// space before the parenthesis is allowed, but not after put, get and del, whose arguments may
// begin with one. Bytes are bytes: UTF-8 needs no quotes.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "common/types.h"

namespace cairn::terminal {

struct CommandLine {
  std::string word;  ///< As it was typed; empty if the line is.
  std::vector<std::string> arguments;

  /// `word` is this one; upper and lower case count as equal.
  [[nodiscard]] bool Is(std::string_view name) const;
};

/// Usage with a sentence that says what is wrong with the line.
[[nodiscard]] Result<CommandLine> ParseCommandLine(std::string_view line);

/// All of `text` as a decimal number up to `last`; nothing if it is none.
[[nodiscard]] std::optional<std::uint64_t> ParseNumber(std::string_view text, std::uint64_t last);

/// Every argument as one or more node ids, "2" or "P2", between which commas may stand. Usage if one is none.
[[nodiscard]] Result<std::vector<NodeId>> ParseNodeIds(const std::vector<std::string>& arguments);

[[nodiscard]] bool SameWord(std::string_view a, std::string_view b);

}  // namespace cairn::terminal
