#include "terminal/command_line.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <functional>

#include "text/text.h"

namespace cairn::terminal {
namespace {

constexpr std::array<std::string_view, 3> kSpaceOnly = {"put", "get", "del"};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && IsSpace(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

/// The value of a hexadecimal digit; -1 if it is none.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const int letter = std::tolower(static_cast<unsigned char>(c));
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// Takes one argument after the other off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  void SkipSpaces() {
    while (!rest_.empty() && IsSpace(rest_.front())) {
      rest_.remove_prefix(1);
    }
  }
  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
  [[nodiscard]] bool AtQuote() const {
    return !rest_.empty() && (rest_.front() == '"' || rest_.front() == '\'');
  }
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  /// All up to the first byte for which `stop` holds.
  template <typename Stop>
  std::string_view TakeUntil(Stop stop) {
    const auto end = std::find_if(rest_.begin(), rest_.end(), stop);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }
  /// "{…}" or "[…]" up to the bracket that closes it, commas, spaces and strings within included, if
  /// `stop` comes right behind it, or the end. Else nothing is taken.
  std::optional<std::string_view> TakeBracketed(const std::function<bool(char)>& stop) {
    const std::size_t length = BracketedLength();
    const std::string_view behind = Trim(rest_.substr(length));
    const bool space = length < rest_.size() && IsSpace(rest_[length]);
    if (length == 0 || !(behind.empty() || stop(behind.front()) || (space && stop(' ')))) {
      return std::nullopt;
    }
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }
  /// Requires: AtQuote().
  Result<std::string> TakeQuoted() {
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    std::string text;
    while (!Take(quote)) {
      if (rest_.empty()) {
        return Status::Usage(std::string("a quote is not closed; end the argument with ") + quote +
                             ", or write \\" + quote + " for a quote in it");
      }
      if (!Take('\\')) {
        text.push_back(rest_.front());
        rest_.remove_prefix(1);
      } else if (Status status = TakeEscape(&text); !status.ok()) {
        return status;
      }
    }
    return text;
  }

 private:
  /// 0 if no bracket is here, or none closes it.
  [[nodiscard]] std::size_t BracketedLength() const {
    if (rest_.empty() || (rest_.front() != '{' && rest_.front() != '[')) {
      return 0;
    }
    std::string open;
    bool quoted = false;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (quoted) {
        i += c == '\\' ? 1 : 0;
        quoted = c != '"';
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        open.push_back(c == '{' ? '}' : ']');
      } else if (c == '}' || c == ']') {
        if (open.empty() || open.back() != c) {
          return 0;
        }
        open.pop_back();
        if (open.empty()) {
          return i + 1;
        }
      }
    }
    return 0;
  }
  Status TakeEscape(std::string* text) {
    static constexpr std::string_view kNames = "\"'\\nrt0";
    static constexpr std::string_view kBytes("\"'\\\n\r\t\0", 7);
    const char name = rest_.empty() ? ' ' : rest_.front();
    if (const std::size_t at = kNames.find(name); at != std::string_view::npos) {
      text->push_back(kBytes[at]);
      rest_.remove_prefix(1);
      return Status::Ok();
    }
    if (name == 'x' && rest_.size() >= 3 && HexDigit(rest_[1]) >= 0 && HexDigit(rest_[2]) >= 0) {
      text->push_back(static_cast<char>(HexDigit(rest_[1]) * 16 + HexDigit(rest_[2])));
      rest_.remove_prefix(3);
      return Status::Ok();
    }
    return Status::Usage(
        "a backslash between quotes begins \\\" \\' \\\\ \\n \\r \\t \\0 or \\xNN; write \\\\ for "
        "a "
        "backslash itself");
  }

  std::string_view rest_;
};

/// "a, b, c": what stands between the parentheses.
Status SplitAtCommas(std::string_view text, std::vector<std::string>* arguments) {
  Scanner scanner(text);
  scanner.SkipSpaces();
  if (scanner.AtEnd()) {
    return Status::Ok();
  }
  do {
    scanner.SkipSpaces();
    const auto is_comma = [](char c) { return c == ','; };
    if (const std::optional<std::string_view> value = scanner.TakeBracketed(is_comma)) {
      arguments->emplace_back(*value);
      scanner.SkipSpaces();
      continue;
    }
    if (!scanner.AtQuote()) {
      arguments->emplace_back(Trim(scanner.TakeUntil(is_comma)));
      continue;
    }
    Result<std::string> quoted = scanner.TakeQuoted();
    if (!quoted.ok()) {
      return quoted.status();
    }
    arguments->push_back(std::move(quoted).value());
    const std::string_view behind = scanner.TakeUntil([](char c) { return c == ','; });
    if (!Trim(behind).empty()) {
      return Status::Usage("after the closing quote stands " + text::Quote(Trim(behind)) +
                           "; write a comma or the closing parenthesis there");
    }
  } while (scanner.Take(','));
  return Status::Ok();
}

Status SplitAtSpaces(std::string_view text, std::vector<std::string>* arguments) {
  Scanner scanner(text);
  for (scanner.SkipSpaces(); !scanner.AtEnd(); scanner.SkipSpaces()) {
    if (const std::optional<std::string_view> value = scanner.TakeBracketed(IsSpace)) {
      arguments->emplace_back(*value);
      continue;
    }
    if (!scanner.AtQuote()) {
      arguments->emplace_back(scanner.TakeUntil(IsSpace));
      continue;
    }
    Result<std::string> quoted = scanner.TakeQuoted();
    if (!quoted.ok()) {
      return quoted.status();
    }
    arguments->push_back(std::move(quoted).value());
    if (const std::string_view behind = scanner.TakeUntil(IsSpace); !behind.empty()) {
      return Status::Usage("after the closing quote stands " + text::Quote(behind) +
                           "; write a space there");
    }
  }
  return Status::Ok();
}

}  // namespace

bool SameWord(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

bool CommandLine::Is(std::string_view name) const { return SameWord(word, name); }

Result<CommandLine> ParseCommandLine(std::string_view line) {
  CommandLine command;
  Scanner scanner(Trim(line));
  command.word = scanner.TakeUntil([](char c) { return IsSpace(c) || c == '('; });
  const std::string_view rest = scanner.TakeUntil([](char) { return false; });
  const std::string_view behind = Trim(rest);
  const bool space_only = std::any_of(kSpaceOnly.begin(), kSpaceOnly.end(),
                                      [&](std::string_view name) { return command.Is(name); });
  if (behind.empty() || behind.front() != '(' || (space_only && rest.front() != '(')) {
    const Status status = SplitAtSpaces(behind, &command.arguments);
    return status.ok() ? Result<CommandLine>(std::move(command)) : status;
  }
  if (behind.size() < 2 || behind.back() != ')') {
    return Status::Usage("the parenthesis is not closed; end the line with )");
  }
  const Status status = SplitAtCommas(behind.substr(1, behind.size() - 2), &command.arguments);
  return status.ok() ? Result<CommandLine>(std::move(command)) : status;
}

std::optional<std::uint64_t> ParseNumber(std::string_view text, std::uint64_t last) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number > last) {
    return std::nullopt;
  }
  return number;
}

Result<std::vector<NodeId>> ParseNodeIds(const std::vector<std::string>& arguments) {
  std::vector<NodeId> ids;
  for (const std::string& argument : arguments) {
    Scanner scanner(argument);
    do {
      std::string_view text = Trim(scanner.TakeUntil([](char c) { return c == ','; }));
      if (text.empty()) {
        continue;  // "1, 3" typed with a space is "1," and "3".
      }
      text.remove_prefix(text.size() > 1 && SameWord(text.substr(0, 1), "P") ? 1 : 0);
      const std::optional<std::uint64_t> id = ParseNumber(text, kMaxNodes);
      if (!id || *id == 0) {
        return Status::Usage(text::Quote(text) + " is no node; write a number from 1 to " +
                             std::to_string(kMaxNodes));
      }
      ids.push_back(static_cast<NodeId>(*id));
    } while (scanner.Take(','));
  }
  return ids;
}

}  // namespace cairn::terminal
