#include "terminal/line_editor.h"

#include <histedit.h>
#include <langinfo.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <mutex>
#include <string_view>

#include "terminal/command_line.h"

namespace cairn::terminal {
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

/// Of UTF-8, as a terminal shows it, but for the few characters that take two.
std::size_t Columns(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
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
  // Held by whoever draws on the terminal: by the thread that edits a line, but for the time that
  // it waits for a key.
  std::mutex drawing;
  bool waits_for_key = false;
  Status error;

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

  /// 1: a character, 0: the end of the input, -1: an error.
  static int GetCharacter(EditLine* edit, wchar_t* character) {
    Impl* impl = Of(edit);
    std::mbstate_t state{};
    for (;;) {
      impl->WaitForKey();
      char byte = 0;
      const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
      if (got <= 0) {
        return got < 0 && errno == EINTR ? GetCharacter(edit, character) : static_cast<int>(got);
      }
      const std::size_t used = std::mbrtowc(character, &byte, 1, &state);
      if (used == static_cast<std::size_t>(-2)) {
        continue;  // there is more of it to come
      }
      if (used == static_cast<std::size_t>(-1)) {
        *character = L'?';
      }
      return 1;
    }
  }

  /// Others may draw meanwhile. Requires: this thread draws.
  void WaitForKey() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    waits_for_key = true;
    drawing.unlock();
    const int ready = ::poll(&input, 1, -1);
    drawing.lock();
    waits_for_key = false;
    if (ready < 0) {
      el_resize(edit);  // a signal: the window has another size, or the process was stopped
      el_set(edit, EL_REFRESH);
    }
  }

  /// Takes the prompt and what is typed from the terminal; the cursor is where they began.
  void Erase() {
    const LineInfo* line = el_line(edit);
    winsize window{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0;
    const std::size_t columns = known ? window.ws_col : 80;
    const std::size_t rows = (Columns(prompt) + Columns({line->buffer, line->cursor})) / columns;
    if (rows > 0) {
      std::printf("\r\x1b[%zuA\x1b[J", rows);
    } else {
      std::printf("\r\x1b[J");
    }
    std::fflush(stdout);
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
    el_set(edit, EL_GETCFN, &Impl::GetCharacter);
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
    const std::lock_guard<std::mutex> lock(drawing);
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
    if (std::ferror(stdin) != 0) {
      error = Status::Other(std::strerror(errno));  // What came of the line may be half of it.
      return std::nullopt;
    }
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

void LineEditor::Beside(const std::function<void()>& write) {
  const std::lock_guard<std::mutex> lock(impl_->drawing);
  if (!impl_->waits_for_key) {
    write();
    return;
  }
  impl_->Erase();
  write();
  el_set(impl_->edit, EL_REFRESH);
}

const Status& LineEditor::error() const { return impl_->error; }

bool LineEditor::interactive() const { return impl_->edit != nullptr; }

}  // namespace cairn::terminal
