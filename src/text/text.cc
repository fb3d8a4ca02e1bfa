#include "text/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace cairn::text {
namespace {

std::uint8_t ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

/// Bytes of the UTF-8 character at `at`; 0 if there is none.
std::size_t CharacterLength(std::string_view bytes, std::size_t at) {
  const std::uint8_t first = ByteAt(bytes, at);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() - at < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((ByteAt(bytes, at + i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const std::uint8_t second = ByteAt(bytes, at + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second > 0x9F;
  const bool too_large = first == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

/// The C1 controls U+0080 … U+009F: terminals obey some of them.
bool IsControl(std::string_view bytes, std::size_t at, std::size_t length) {
  const std::uint8_t first = ByteAt(bytes, at);
  return first < 0x20 || first == 0x7F ||
         (length == 2 && first == 0xC2 && ByteAt(bytes, at + 1) < 0xA0);
}

void AppendEscape(std::uint8_t byte, std::string* text) {
  switch (byte) {
    case '\n':
      *text += "\\n";
      return;
    case '\r':
      *text += "\\r";
      return;
    case '\t':
      *text += "\\t";
      return;
    default:
      break;
  }
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), "\\x%02x", byte);
  *text += escape.data();
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = CharacterLength(bytes, at);
    if (length == 0) {
      return false;
    }
    at += length;
  }
  return true;
}

std::string Base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = (group << 8) | (i < count ? ByteAt(bytes, at + i) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text.push_back(i <= count ? kDigits[(group >> (18 - 6 * i)) & 63] : '=');
    }
  }
  return text;
}

std::string Quote(std::string_view bytes, std::size_t limit) {
  std::string text = "\"";
  std::size_t at = 0;
  while (at < bytes.size() && at < limit) {
    const std::size_t length = CharacterLength(bytes, at);
    const std::uint8_t first = ByteAt(bytes, at);
    if (first == '"' || first == '\\') {
      text.push_back('\\');
      text.push_back(static_cast<char>(first));
    } else if (length == 0 || IsControl(bytes, at, length)) {
      for (std::size_t i = 0; i < std::max<std::size_t>(length, 1); ++i) {
        AppendEscape(ByteAt(bytes, at + i), &text);
      }
    } else {
      text += bytes.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  text += "\"";
  if (at < bytes.size()) {
    text += "... (" + std::to_string(bytes.size()) + " bytes)";
  }
  return text;
}

std::string ClientText(ClientId client) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(client));
  return text.data();
}

std::string TimeText(Micros wall) {
  const auto seconds = static_cast<std::time_t>(wall / 1'000'000);
  std::tm parts{};
  std::array<char, 32> day{};
  if (gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(day.data(), day.size(), "%Y-%m-%d %H:%M:%S", &parts) == 0) {
    return std::to_string(wall) + " us after 1970";
  }
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%06u UTC",
                static_cast<unsigned>(wall % 1'000'000));
  return std::string(day.data()) + fraction.data();
}

std::string SecondsText(Micros time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(time) / 1e6);
  return text.data();
}

std::string MillisText(Micros time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f ms", static_cast<double>(time) / 1e3);
  return text.data();
}

std::string CountText(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t place = text.size(); place > 3;) {
    place -= 3;
    text.insert(place, ",");
  }
  return text;
}

}  // namespace cairn::text
