#pragma once
// Keys and values are any bytes. This is how they become text: for people (quoted, with
// escapes that the consoles read back) and for JSON (base64 where they are no UTF-8). And how
// times, counts and lists are written in sentences.

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/types.h"

namespace cairn::text {

/// Well-formed UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool IsUtf8(std::string_view bytes);

/// RFC 4648, section 4, with padding.
[[nodiscard]] std::string Base64(std::string_view bytes);

/// The bytes in double quotes, with \" \\ \n \r \t and \xNN for all that is not printable UTF-8.
/// More than `limit` bytes are cut, and the text says how many there are.
[[nodiscard]] std::string Quote(std::string_view bytes, std::size_t limit = 64);

/// 16 lower-case hexadecimal digits: 64 bits do not fit into a number of JSON.
[[nodiscard]] std::string ClientText(ClientId client);

/// "2024-05-01 12:00:00.000123 UTC" from microseconds since the Unix epoch.
[[nodiscard]] std::string TimeText(Micros wall);

/// "2.5 s".
[[nodiscard]] std::string SecondsText(Micros time);

/// "2.5 ms".
[[nodiscard]] std::string MillisText(Micros time);

/// "1,234,567".
[[nodiscard]] std::string CountText(std::uint64_t count);

/// "1", "1 and 2", "1, 2 and 3".
template <typename Container>
[[nodiscard]] std::string JoinWords(const Container& words, std::string_view last = "and") {
  std::string text;
  std::size_t left = words.size();
  for (const auto& word : words) {
    --left;
    if (!text.empty()) {
      text += left == 0 ? " " + std::string(last) + " " : ", ";
    }
    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(word)>>) {
      text += std::to_string(word);
    } else {
      text += word;
    }
  }
  return text;
}

/// "node 1", "nodes 1 and 2", "nodes 1, 2 and 3".
template <typename Container>
[[nodiscard]] std::string NodesText(const Container& nodes) {
  return (nodes.size() == 1 ? "node " : "nodes ") + JoinWords(nodes);
}

}  // namespace cairn::text
