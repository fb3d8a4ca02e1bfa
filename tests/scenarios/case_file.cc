#include "scenarios/case_file.h"

#include <fstream>
#include <sstream>
#include <utility>

namespace cairn::scenarios {
namespace {

constexpr const char* kSeparator = "----";

void AppendLines(const std::vector<std::string>& lines, std::string* text) {
  for (const std::string& line : lines) {
    *text += line + "\n";
  }
}

}  // namespace

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

Result<CaseFile> ParseCase(const std::string& text) {
  CaseFile file;
  CaseBlock block;
  bool in_output = false;
  std::size_t number = 0;
  for (const std::string& line : LinesOf(text)) {
    ++number;
    if (in_output && !line.empty()) {
      block.output.push_back(line);
    } else if (in_output) {
      file.blocks.push_back(std::exchange(block, {}));
      block.before.push_back(line);
      in_output = false;
    } else if (line == kSeparator) {
      if (block.commands.empty()) {
        return Status::Usage("line " + std::to_string(number) + ": output without a command");
      }
      in_output = true;
    } else if (block.commands.empty() && (line.empty() || line[0] == '#')) {
      block.before.push_back(line);
    } else if (line.empty()) {
      return Status::Usage("line " + std::to_string(number) +
                           ": commands must be followed by a line ---- before an empty line");
    } else {
      block.line = block.commands.empty() ? number : block.line;
      block.commands.push_back(line);
    }
  }
  if (in_output) {
    file.blocks.push_back(std::move(block));
  } else if (!block.commands.empty()) {
    return Status::Usage("the last commands have no line ---- after them");
  } else {
    file.after = std::move(block.before);
  }
  return file;
}

std::string RenderCase(const CaseFile& file) {
  std::string text;
  for (const CaseBlock& block : file.blocks) {
    AppendLines(block.before, &text);
    AppendLines(block.commands, &text);
    text += std::string(kSeparator) + "\n";
    AppendLines(block.output, &text);
  }
  AppendLines(file.after, &text);
  return text;
}

Result<std::string> ReadText(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) {
    return Status::Other("can't read " + path.string());
  }
  return text.str();
}

Status WriteText(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return out ? Status::Ok() : Status::Other("can't write " + path.string());
}

}  // namespace cairn::scenarios
