#include "client/line_editor.h"

#include <histedit.h>
#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "client/command_line.h"

namespace cairn::client {
namespace {

constexpr int kHistorySize = 1000;

/// libedit takes bytes beyond ASCII only in a locale with UTF-8.
void UseUtf8() {
  if (std::setlocale(LC_CTYPE, "") == nullptr || std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
  }
}

std::size_t CommonLength(const std::string& a, const std::string& b) {
  std::size_t length = 0;
  while (length < std::min(a.size(), b.size()) &&
         SameWord(a.substr(length, 1), b.substr(length, 1))) {
    ++length;
  }
  return length;
}

}  // namespace

Completion Complete(const std::string& start, const std::vector<std::string>& commands) {
  Completion completion;
  for (const std::string& command : commands) {
    if (SameWord(command.substr(0, start.size()), start)) {
      completion.choices.push_back(command);
    }
  }
  if (completion.choices.empty()) {
    return {start, {}};
  }
  completion.text = completion.choices.front();
  for (const std::string& choice : completion.choices) {
    completion.text.resize(CommonLength(completion.text, choice));
  }
  if (completion.choices.size() == 1) {
    completion.text += completion.text.back() == '(' ? "" : " ";
    completion.choices.clear();
  }
  return completion;
}

struct LineEditor::Impl {
  std::string prompt;
  std::vector<std::string> commands;
  // On a terminal.
  EditLine* edit = nullptr;
  History* past = nullptr;
  // From a pipe: a buffer that getline owns and lengthens.
  char* buffer = nullptr;
  std::size_t capacity = 0;

  ~Impl() {
    if (past != nullptr) {
      history_end(past);
    }
    if (edit != nullptr) {
      el_end(edit);
    }
    std::free(buffer);
  }

  static Impl* Of(EditLine* edit) {
    void* data = nullptr;
    el_get(edit, EL_CLIENTDATA, &data);
    return static_cast<Impl*>(data);
  }
  static char* Prompt(EditLine* edit) { return Of(edit)->prompt.data(); }

  static unsigned char OnTab(EditLine* edit, int /*key*/) {
    const LineInfo* line = el_line(edit);
    const std::string start(line->buffer, line->cursor);
    if (start.find_first_of(" (") != std::string::npos) {
      return CC_NORM;
    }
    const Completion completion = Complete(start, Of(edit)->commands);
    if (completion.text != start) {
      el_deletestr(edit, static_cast<int>(start.size()));
      return el_insertstr(edit, completion.text.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    }
    if (completion.choices.empty()) {
      return CC_ERROR;
    }
    std::string list = "\n";
    for (const std::string& choice : completion.choices) {
      list += choice + "  ";
    }
    std::printf("%s\n", list.c_str());
    std::fflush(stdout);
    return CC_REDISPLAY;
  }

  void Open() {
    UseUtf8();
    edit = el_init("cairn", stdin, stdout, stderr);
    if (edit == nullptr) {
      return;
    }
    el_set(edit, EL_CLIENTDATA, this);
    el_set(edit, EL_PROMPT, &Impl::Prompt);
    el_set(edit, EL_EDITOR, "emacs");
    // A signal first gives the terminal back as it was.
    el_set(edit, EL_SIGNAL, 1);
    el_set(edit, EL_ADDFN, "cairn-complete", "complete a command", &Impl::OnTab);
    el_set(edit, EL_BIND, "^I", "cairn-complete", nullptr);
    past = history_init();
    HistEvent event;
    if (past != nullptr && history(past, &event, H_SETSIZE, kHistorySize) >= 0) {
      el_set(edit, EL_HIST, history, past);
    }
  }

  std::optional<std::string> NextFromTerminal() {
    int length = 0;
    const char* line = nullptr;
    do {
      line = el_gets(edit, &length);
    } while (line == nullptr && length < 0 && errno == EINTR);
    if (line == nullptr || length <= 0) {
      return std::nullopt;
    }
    std::string text(line, static_cast<std::size_t>(length));
    if (text.find_first_not_of(" \t\r\n") != std::string::npos && past != nullptr) {
      HistEvent event;
      history(past, &event, H_ENTER, text.c_str());
    }
    return text;
  }

  std::optional<std::string> NextFromPipe() {
    ssize_t length = 0;
    do {
      std::clearerr(stdin);
      errno = 0;
      length = getline(&buffer, &capacity, stdin);
    } while (length < 0 && errno == EINTR);
    if (length < 0) {
      return std::nullopt;
    }
    return std::string(buffer, static_cast<std::size_t>(length));
  }
};

LineEditor::LineEditor(std::string prompt, std::vector<std::string> commands)
    : impl_(std::make_unique<Impl>()) {
  impl_->prompt = std::move(prompt);
  impl_->commands = std::move(commands);
  if (isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1) {
    impl_->Open();
  }
}

LineEditor::~LineEditor() = default;

std::optional<std::string> LineEditor::Next() {
  std::optional<std::string> line =
      interactive() ? impl_->NextFromTerminal() : impl_->NextFromPipe();
  if (line && !line->empty() && line->back() == '\n') {
    line->pop_back();
  }
  return line;
}

bool LineEditor::interactive() const { return impl_->edit != nullptr; }

}  // namespace cairn::client
