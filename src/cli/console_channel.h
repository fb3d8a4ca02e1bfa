#pragma once
// Between the console's thread, which blocks on a terminal or a pipe, and the node's loop, which
// must not: one line goes in, pages of text come out. The loop is woken by a file descriptor
// and never waits for a slow reader.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

namespace cairn::cli {

/// A part of an answer.
struct Page {
  std::string text;
  bool more = false;   ///< Ask again for the next part.
  bool leave = false;  ///< The console ends, and the node with it.
};

class ConsoleChannel {
 public:
  ConsoleChannel();
  ~ConsoleChannel();
  ConsoleChannel(const ConsoleChannel&) = delete;
  ConsoleChannel& operator=(const ConsoleChannel&) = delete;

  // The console's side.
  /// Asks with a line and blocks until the first page is there.
  Page Ask(const std::string& line);
  /// The next page of the same answer. Requires: the last one had `more`.
  Page Next();

  // The loop's side.
  /// Readable while a question waits.
  [[nodiscard]] int fd() const { return fd_; }
  struct Question {
    std::string line;
    bool next = false;  ///< The next page of the answer before; `line` is empty.
  };
  /// The question that waits, if any; it must be answered.
  std::optional<Question> Take();
  void Answer(Page page);

 private:
  Page Exchange(Question question);

  int fd_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::optional<Question> question_;
  std::optional<Page> page_;
};

}  // namespace cairn::cli
