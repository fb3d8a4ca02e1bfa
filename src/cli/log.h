#pragma once
// The log of a server: lines with date and time in UTC, on standard error. On a terminal they are
// drawn above the console's prompt and what is typed there; in a file they go on in a new one when
// the old one was moved away.

#include <array>
#include <string>

#include "common/types.h"
#include "terminal/line_editor.h"

namespace cairn::cli {

/// spdlog's default logger writes the log of this node from now on.
void BeginLog(NodeId id);
/// The console's editor, which draws on the terminal of the log. It must outlive the process.
void DrawLogBeside(terminal::LineEditor* editor);

/// Standard output and standard error, where they are files.
class LogFiles {
 public:
  /// Remembers the paths as they are now.
  LogFiles();
  /// Opens the files again by their paths, as whoever moved them away expects (logrotate), and logs
  /// where the lines go from now on.
  void Reopen() const;

 private:
  struct File {
    int fd;
    std::string path;  // Empty: no file that has a path.
  };
  std::array<File, 2> files_;
};

}  // namespace cairn::cli
