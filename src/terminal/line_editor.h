#pragma once
// Where the lines of a console come from. On a terminal: libedit, with a prompt, a history in
// memory and completion of the commands by TAB. From a pipe or a file: the lines as they are, of
// any length, with no prompt and no echo, so that scripts can drive a console.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/status.h"

namespace cairn::terminal {

class LineEditor {
 public:
  /// Reads standard input. `commands` are the words that TAB completes at the start of a line, as
  /// they are to be written; one that takes arguments in parentheses ends with "(".
  LineEditor(std::string prompt, std::vector<std::string> commands);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// The next line without its newline; nothing at the end of the input, or if it can't be read.
  /// Blocks.
  std::optional<std::string> Next();
  /// From any thread: takes the prompt and what is typed from the terminal, has `write` write its
  /// lines there, and draws them again below. Where nobody is being asked for a line it only
  /// writes.
  void Beside(const std::function<void()>& write);
  /// Why the input could not be read any more; ok at its end.
  [[nodiscard]] const Status& error() const;
  /// Standard input and output are a terminal.
  [[nodiscard]] bool interactive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What TAB makes of the beginning of a line.
struct Completion {
  std::string text;                  ///< What to write in its place: all that is certain.
  std::vector<std::string> choices;  ///< The commands that begin with it, if there are several.
};

/// Upper and lower case count as equal. Nothing begins with `start`: text is `start`.
[[nodiscard]] Completion Complete(const std::string& start,
                                  const std::vector<std::string>& commands);

}  // namespace cairn::terminal
